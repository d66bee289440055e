//! Compiles the engine for `wasm32-wasip2`: the same bytes wherever it is done.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    compiler::{Compiler, cargo_home, output},
    snapshot::STACK,
    sources::Sources,
};

const TARGET: &str = "wasm32-wasip2";

/// Builds the component.
pub(crate) fn build(sources: &Sources, compiler: &Compiler, cache: &Path) -> Result<Vec<u8>> {
    target_is_installed()?;
    let target = cache.join("guest");
    // Paths differ from machine to machine, and get into messages of panics and assertions.
    let home = cargo_home().unwrap_or_default();
    let moved: Vec<_> = [
        (sources.root(), "/mcp"),
        (&home, "/cargo"),
        (cache, "/build"),
    ]
    .into_iter()
    .filter(|(path, _)| !path.as_os_str().is_empty())
    .map(|(path, name)| format!("{}={name}", path.display()))
    .collect();

    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK}")];
    flags.extend(
        moved
            .iter()
            .map(|pair| format!("--remap-path-prefix={pair}")),
    );
    let header = sources.guest().join("c/stack-limit.h");
    let mut cflags = format!("-O3 -include {}", quoted(&header)?);
    for pair in &moved {
        cflags.push_str(&format!(
            " {}",
            quoted(Path::new(&format!("-ffile-prefix-map={pair}")))?
        ));
    }
    if compiler.headers {
        let headers = headers(sources)?;
        cflags.push_str(&format!(
            " --target=wasm32-wasi -isystem {}",
            quoted(&headers)?
        ));
    }

    let mut cargo = cargo(sources);
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env("RQUICKJS_SYS_NO_WASI_SDK", "1")
        .env("CC_wasm32_wasip2", &compiler.cc)
        .env("AR_wasm32_wasip2", &compiler.ar)
        .env("CFLAGS_wasm32_wasip2", cflags)
        .env("CC_SHELL_ESCAPED_FLAGS", "1")
        .env("ZIG_GLOBAL_CACHE_DIR", cache.join("zig-cache"))
        .env("ZIG_LOCAL_CACHE_DIR", cache.join("zig-cache"));
    output(&mut cargo)?;
    let built = target.join(TARGET).join("release/mcp_script_engine.wasm");
    fs::read(&built).map_err(|error| format!("cannot read {}: {error}", built.display()))
}

/// Cargo in the package of the engine, without what the outer build set for its own packages.
fn cargo(sources: &Sources) -> Command {
    const KEPT: [&str; 5] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_MAKEFLAGS",
    ];
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(sources.guest());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let outer = text.starts_with("CARGO") && !KEPT.iter().any(|kept| text.starts_with(kept));
        let compilers = text.starts_with("RUSTC")
            || ["CC", "AR", "CFLAGS", "CXXFLAGS"]
                .iter()
                .any(|kind| text.starts_with(kind));
        let one = [
            "RUSTFLAGS",
            "TARGET",
            "HOST",
            "OUT_DIR",
            "PROFILE",
            "OPT_LEVEL",
            "DEBUG",
            "NUM_JOBS",
        ]
        .contains(&&*text);
        if outer || compilers || one {
            cargo.env_remove(&name);
        }
    }
    cargo
}

fn target_is_installed() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let library =
        output(Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    // As a build of a skill does it.
    println!("cargo::warning=adding the target {TARGET}: rustup target add {TARGET}");
    if output(Command::new("rustup").args(["target", "add", TARGET])).is_ok()
        && Path::new(library.trim()).is_dir()
    {
        return Ok(());
    }
    Err(format!(
        "its Rust part needs the target {TARGET}: `rustup target add {TARGET}`, then build again"
    ))
}

/// The headers of the C library, which rquickjs-sys brings for compilers that have none.
fn headers(sources: &Sources) -> Result<PathBuf> {
    let mut metadata = cargo(sources);
    metadata.args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        TARGET,
    ]);
    let text = output(&mut metadata)?;
    let package = text
        .split("\"manifest_path\":\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|path| path.contains("/rquickjs-sys-"))
        .ok_or("cargo metadata does not list rquickjs-sys")?;
    Ok(Path::new(package).with_file_name("vendor/wasi-libc/include"))
}

/// A path as one word of flags.
fn quoted(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .ok_or_else(|| format!("the path {} is not UTF-8", path.display()))?;
    if text.contains('\'') {
        return Err(format!(
            "the path {text} has a quotation mark, which flags of compilers cannot have"
        ));
    }
    Ok(format!("'{text}'"))
}
