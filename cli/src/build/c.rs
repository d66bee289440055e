//! C: writes the bindings, compiles the module with zig or a WASI SDK, and encodes the component.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use mcp_bridge::named_file;
use mcp_codegen::c;
use mcp_host::MAX_COMPONENT;
use tokio::process::Command;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_bindgen_core::Files;
use wit_component::ComponentEncoder;

use super::inputs::MAX_TEXT;
use super::project::Project;
use super::python;
use super::tool::step;
use crate::exit::Failure;
use crate::progress::Progress;

/// A C compiler with a libc for WASI, as a package of PyPI.
const ZIG: &str = "ziglang==0.17.0";

/// The variable with the path of a WASI SDK, as in the SDK's own documentation.
const SDK: &str = "WASI_SDK_PATH";

/// The name of the world in the bindings.
const WORLD: &str = "skill";

/// Builds the component from `src/*.c`, with the flags of compile_flags.txt.
pub(super) async fn build(project: &Project, progress: &Progress) -> Result<(), Failure> {
    refuse_clashes(project)?;
    let sources = sources(&project.dir.join("src"))?;
    let bindings = project.build().join("bindings");
    write_bindings(project, &bindings).map_err(Failure::host)?;

    let module = project.build().join("module.wasm");
    let mut compiler = compiler(project, progress).await?;
    compiler
        // No `main`: the host calls a skill through its exports.
        .args(["-mexec-model=reactor", "-Os"])
        .args(flags(project)?)
        // Of two constants with the same name, the later one would be the value of both.
        .arg("-Werror=macro-redefined")
        .arg("-o")
        .arg(&module)
        .args(sources)
        .arg(bindings.join("skill.c"))
        .arg(bindings.join("skill_component_type.o"));
    step(project, &mut compiler, progress).await?;

    let component = encode(&module).map_err(Failure::host)?;
    let path = project.unfinished();
    named_file::write(&path, component)
        .with_context(|| format!("failed to write `{}`", path.display()))
        .map_err(Failure::host)
}

/// Rejects a world whose bindings would have one name for two items, before anything is written.
fn refuse_clashes(project: &Project) -> Result<(), Failure> {
    let clashes = c::names(&project.resolve, project.world, WORLD).clashes;
    let Some(first) = clashes.first() else {
        return Ok(());
    };
    let more = match clashes.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Err(Failure::usage(anyhow!(
        "skill `{}` cannot be written in C: {first}{more}",
        project.dir.display()
    ))
    .hint(Some(match first {
        c::Clash::Shared { .. } => {
            "import one of the two: `mcp-codegen wit SERVER --tools TOOL,... --out wit` writes a server's WIT with these tools only"
        }
        c::Clash::Keyword { .. } => {
            "leave the tool out: `mcp-codegen wit SERVER --tools TOOL,... --out wit` writes a server's WIT with these tools only; \
             another language can call it"
        }
    })))
}

/// A WASI SDK if one is installed, else zig in the project's own environment.
async fn compiler(project: &Project, progress: &Progress) -> Result<Command, Failure> {
    if let Some(sdk) = std::env::var_os(SDK) {
        let clang = Path::new(&sdk).join("bin/clang");
        if !clang.is_file() {
            return Err(Failure::host(anyhow!(
                "{SDK} is `{}`, which has no bin/clang",
                Path::new(&sdk).display()
            ))
            .hint(Some(format!(
                "let it name an unpacked WASI SDK, or unset it: then `{ZIG}` is installed into the project"
            ))));
        }
        let mut clang = Command::new(clang);
        clang.arg("--target=wasm32-wasip1");
        return Ok(clang);
    }
    python::environment(project, &[ZIG.to_owned()], progress).await?;
    let mut zig = Command::new(python::python(project));
    zig.args(["-m", "ziglang", "cc", "--target=wasm32-wasi"]);
    Ok(zig)
}

fn sources(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut sources: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    sources.sort();
    if sources.is_empty() {
        return Err(
            Failure::usage(anyhow!("`{}` has no C files", dir.display())).hint(Some(
                "one of them includes \"skill.h\" and defines `exports_skill_describe` and `exports_skill_run`",
            )),
        );
    }
    Ok(sources)
}

/// One flag per line, as clangd reads the file.
fn flags(project: &Project) -> Result<Vec<String>, Failure> {
    let path = project.dir.join("compile_flags.txt");
    let text = named_file::read_text(&path, MAX_TEXT)
        .with_context(|| format!("failed to read `{}`", path.display()))
        .map_err(Failure::usage)?;
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

/// `skill.h`, `skill.c`, and the world as an object file. Their names do not depend on the world's.
fn write_bindings(project: &Project, dir: &Path) -> anyhow::Result<()> {
    let options = wit_bindgen_c::Opts {
        rename_world: Some(WORLD.to_owned()),
        ..wit_bindgen_c::Opts::default()
    };
    let mut files = Files::default();
    let mut resolve = project.resolve.clone();
    mcp_codegen::without_docs(&mut resolve);
    quietly(|| {
        options
            .build()
            .generate(&mut resolve, project.world, &mut files)
    })
    .unwrap_or_else(|| Err(anyhow!("`wit-bindgen-c` cannot express the world")))
    .context("failed to write the bindings for C")?;
    fs::create_dir_all(dir).with_context(|| format!("failed to write `{}`", dir.display()))?;
    for (name, contents) in files.iter() {
        let path = dir.join(name);
        named_file::write(&path, contents)
            .with_context(|| format!("failed to write `{}`", path.display()))?;
    }
    Ok(())
}

/// `None` if the work panics, as the generator does on some worlds. The panic's message is meant for the generator's
/// authors.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    set_hook(hook);
    done
}

/// Encodes the component of a module that contains its world.
fn encode(module: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = named_file::read(module, MAX_COMPONENT as u64)
        .with_context(|| format!("failed to read `{}`", module.display()))?;
    let encode = || {
        ComponentEncoder::default()
            .module(&bytes)?
            .adapter(
                WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            )?
            .encode()
    };
    encode().with_context(|| format!("failed to make a component of `{}`", module.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_generator_is_no_panic_of_the_build() {
        assert_eq!(quietly(|| 1), Some(1));
        let panicked: Option<()> = quietly(|| panic!("duplicate symbols"));
        assert_eq!(panicked, None);
    }
}
