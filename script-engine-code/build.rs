//! Compiles the script engine for the machine that runs the program, so that the first script does not wait for that.
//! Where that fails the crate builds nevertheless: the host compiles the engine when the first script needs it.

#![allow(
    clippy::print_stdout,
    reason = "cargo reads what a build script prints"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

// The settings that the host's engine has.
#[path = "../host/src/component/engine/settings.rs"]
mod settings;

fn main() {
    for file in ["build.rs", "../host/src/component/engine/settings.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let text = match compiled(&out.join("engine.cwasm")) {
        Ok(Some(path)) => {
            format!(
                "static CODE: Option<&Pages<[u8]>> = Some(&Pages(*include_bytes!({path:?})));\n"
            )
        }
        // The build of the engine has said why.
        Ok(None) => NO_CODE.to_owned(),
        Err(error) => {
            println!("cargo::warning=the script engine is not compiled: {error:#}");
            NO_CODE.to_owned()
        }
    };
    fs::write(out.join("code.rs"), text).expect("OUT_DIR can be written");
}

const NO_CODE: &str = "static CODE: Option<&Pages<[u8]>> = None;\n";

/// Writes the compiled form to the file, if there is an engine.
fn compiled(path: &Path) -> wasmtime::Result<Option<&Path>> {
    let Ok(component) = mcp_script_engine_image::engine() else {
        return Ok(None);
    };
    let mut config = settings::of(settings::SCRIPTS);
    let target = |name| env::var(name).unwrap_or_default();
    if target("TARGET") != target("HOST") {
        // Without it, the code is for this processor, with all that it can do.
        config.target(&target("TARGET"))?;
    }
    let engine = wasmtime::Engine::new(&config)?;
    let code = engine.precompile_component(component)?;
    fs::write(path, code)?;
    Ok(Some(path))
}
