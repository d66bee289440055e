//! Makes the script engine, or takes the one that `MCP_SCRIPT_ENGINE` names, and writes where it is for `src/lib.rs`.
//! The crate builds in any case: without an engine, `engine()` says what to install.

#![allow(
    clippy::print_stdout,
    reason = "cargo reads what a build script prints"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

mod compiler;
mod component;
mod given;
mod guest;
mod snapshot;
mod sources;

/// Why there is no engine, and what to install.
type Result<T> = std::result::Result<T, String>;

fn main() {
    for name in [given::FILE, given::DIGEST] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let text = match given::engine().unwrap_or_else(|| built(&out)) {
        Ok(path) => format!("const ENGINE: Result<&[u8], &str> = Ok(include_bytes!({path:?}));\n"),
        Err(reason) => {
            println!(
                "cargo::warning=no script engine: {}",
                reason.replace('\n', " | ")
            );
            // What is missing can be installed at any time: the next build tries again.
            println!("cargo::rerun-if-changed={}", out.join("retry").display());
            format!("const ENGINE: Result<&[u8], &str> = Err({reason:?});\n")
        }
    };
    fs::write(out.join("engine.rs"), text).expect("OUT_DIR can be written");
}

/// The engine of the sources, which are compiled where their digest is new.
fn built(out: &Path) -> Result<PathBuf> {
    let sources = sources::Sources::read()?;
    let cache = target(out).join("script-engine");
    fs::create_dir_all(&cache)
        .map_err(|error| format!("cannot create {}: {error}", cache.display()))?;
    let _lock = lock(&cache)?;
    let compiler = compiler::find(&cache)?;
    let engine = cache.join(sources.digest(&compiler)?).join("engine.wasm");
    if engine.is_file() {
        return Ok(engine);
    }
    println!(
        "cargo::warning=building the script engine with {}, once: it takes about two minutes",
        compiler.name
    );
    let built = guest::build(&sources, &compiler, &cache)?;
    let bytes = component::initialized(&built)?;
    write(&engine, &bytes)?;
    eprintln!(
        "the script engine has {} bytes: {}",
        bytes.len(),
        engine.display()
    );
    Ok(engine)
}

/// The directory above the one of the profile: `OUT_DIR` is `<target>/<profile>/build/<package>/out`. So all profiles
/// share one engine. The target directory's CACHEDIR.TAG is no sign: cargo writes it only where it makes the directory
/// itself.
fn target(out: &Path) -> PathBuf {
    let in_build = out
        .ancestors()
        .nth(2)
        .is_some_and(|path| path.ends_with("build"));
    let above_profile = out.ancestors().nth(4).filter(|_| in_build);
    above_profile.unwrap_or(out).to_owned()
}

/// Waits for other builds of the engine in this target directory.
fn lock(cache: &Path) -> Result<fs::File> {
    let path = cache.join("lock");
    let file = fs::File::create(&path)
        .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    file.lock()
        .map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    Ok(file)
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path.parent().unwrap_or(path);
    let partial = path.with_extension("partial");
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&partial, bytes))
        .and_then(|()| fs::rename(&partial, path))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}
