//! A script as the user names it: a file of TypeScript or JavaScript, or standard input; and the engine that runs it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use mcp_bridge::{NamedFileError, named_file};
use mcp_host::{Cache, Engine, ScriptEngine, ScriptError, ScriptImage, ScriptText, Skill};

use super::exit::{Exit, Failure};
use super::progress::Progress;

/// The name that stands for standard input.
pub(crate) const STDIN: &str = "-";

/// Bytes that are read of a file: a longer one is refused with its length.
const MOST: u64 = 1 << 20;

/// What a script from standard input is called in errors.
const UNNAMED: &str = "script.ts";

/// Whether this is a file that runs as a script.
pub(crate) fn is_script(skill: &Path) -> bool {
    let extension = skill.extension().and_then(|extension| extension.to_str());
    skill == Path::new(STDIN) || matches!(extension, Some("ts" | "mts" | "js" | "mjs"))
}

/// Reads a script, and everything that its text alone shows, within this memory.
pub(crate) fn read(path: &Path, memory: usize) -> Result<Arc<ScriptText>, Failure> {
    let (text, name) = if path == Path::new(STDIN) {
        let text = named_file::read_stream(std::io::stdin().lock(), MOST)
            .context("failed to read the script from stdin")
            .map_err(Failure::usage)?;
        (text, UNNAMED.to_owned())
    } else {
        let text = text(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (text, name.into_owned())
    };
    parsed(&name, &text, memory)
}

/// The text of a script in a file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    named_file::read_text(path, MOST).map_err(|error| unread(path, error))
}

/// Reads the text of a script of this name, within this memory.
pub(crate) fn parsed(name: &str, text: &str, memory: usize) -> Result<Arc<ScriptText>, Failure> {
    let read = ScriptText::read_within(name, text, memory).map_err(refused)?;
    Ok(Arc::new(read))
}

fn unread(path: &Path, error: NamedFileError) -> Failure {
    let place = format!("failed to read script `{}`", path.display());
    Failure::usage(anyhow::Error::new(error).context(place))
}

/// A script that does not run, with each reason and its place.
pub(crate) fn refused(error: ScriptError) -> Failure {
    Failure::new(Exit::Link, error.into())
}

/// The script as a skill.
pub(crate) async fn load(
    engine: &Engine,
    script: &Arc<ScriptText>,
    progress: &Progress,
    cache: Option<Cache>,
) -> Result<Arc<Skill>, Failure> {
    let image = image()?;
    if let Some(ready) = ScriptEngine::ready(engine, &image) {
        return Ok(Arc::new(ready.skill(Arc::clone(script))));
    }
    let engine = engine.clone();
    progress.wait_for("loading the script engine, which is compiled once".to_owned());
    // Compiling it takes seconds, once: on a thread of its own, so that Ctrl-C still works.
    let loaded =
        tokio::task::spawn_blocking(move || ScriptEngine::load(&engine, &image, cache.as_ref()));
    let loaded = loaded
        .await
        .context("failed to load the script engine")
        .map_err(Failure::host)?;
    progress.clear();
    let loaded = loaded
        .context("failed to load the script engine")
        .map_err(Failure::host)?;
    Ok(Arc::new(loaded.skill(Arc::clone(script))))
}

/// Whether a run loads the engine without compiling it.
pub(crate) fn is_compiled(engine: &Engine, cache: &Cache) -> Result<bool, Failure> {
    Ok(ScriptEngine::is_compiled(engine, &image()?, cache))
}

/// The engine that this program was built with.
pub(crate) fn image() -> Result<ScriptImage, Failure> {
    let component = mcp_script_engine_image::engine().map_err(|reason| {
        let error = anyhow!("this mcp-host was built without the script engine: {reason}");
        Failure::host(error).hint(Some("build mcp-host again after that"))
    })?;
    let image = ScriptImage::from(component);
    let Some(code) = mcp_script_engine_code::code() else {
        return Ok(image);
    };
    #[allow(
        unsafe_code,
        reason = "the build script of that crate compiled this very component, and the code is a part of this program"
    )]
    // SAFETY: its build script writes what Wasmtime compiled, and nothing else.
    let image = unsafe { image.with_code(code) };
    Ok(image)
}
