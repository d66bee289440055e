//! The skill that the user names: a component, or a directory that is built first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use mcp_bridge::{NamedFileError, named_file};
use mcp_host::{
    Cache, CompileError, Compiler, Digest, Engine, LoadError, MAX_COMPONENT, Needs, ScriptText,
    Skill,
};
use mcp_skills::Kind;

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::saved::Saved;
use super::{build, saved, script};

/// A skill that was read, and not compiled.
pub(crate) enum Source {
    /// The bytes of a component.
    Component(Vec<u8>),
    Script(Arc<ScriptText>),
}

impl Source {
    /// What identifies it.
    pub(crate) fn digest(&self) -> Digest {
        match self {
            Self::Component(bytes) => Digest::of(bytes),
            Self::Script(script) => script.digest(),
        }
    }

    /// The servers and tools that it imports, if that is known before it is compiled.
    pub(crate) fn needs(&self) -> Option<Needs> {
        match self {
            Self::Component(bytes) => Needs::read(bytes),
            Self::Script(script) => Some(script.needs()),
        }
    }
}

/// What a skill is on a command line.
const PASS: &str = "pass a component (.wasm), a script (.ts or .js), or the directory of a skill";

/// Builds a directory; uses a file as it is.
pub(crate) async fn component(skill: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    if script::is_script(skill) {
        return Ok(skill.to_owned());
    }
    let metadata = std::fs::metadata(skill)
        .with_context(|| unread(skill))
        .map_err(|error| {
            Failure::usage(error).hint(Some(match saved::is_name(skill) {
                false => PASS.to_owned(),
                true => format!("{PASS}; no saved skill has this name (`mcp-host skill list`)"),
            }))
        })?;
    if metadata.is_dir() {
        return build::build(skill, progress).await;
    }
    source_code(skill)?;
    Ok(skill.to_owned())
}

/// A skill on a command line that was found: a file, a directory that is built, or a saved skill.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Its bytes were compared with its digest: they are used, and the path is not read again.
    pub(crate) saved: Option<Saved>,
}

impl Found {
    /// Builds a directory. The argument becomes the place of a saved skill, whose name the settings have.
    pub(crate) async fn component(
        skill: &mut PathBuf,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        match saved::take(skill)? {
            Some(saved) => Ok(Self::of(saved)),
            None => component(skill, progress).await.map(Self::file),
        }
    }

    /// The same, and builds a directory only if `build` is set.
    pub(crate) async fn built(
        skill: &mut PathBuf,
        build: bool,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        match saved::take(skill)? {
            Some(saved) => Ok(Self::of(saved)),
            None => built(skill, build, progress).await.map(Self::file),
        }
    }

    fn file(path: PathBuf) -> Self {
        Self { path, saved: None }
    }

    fn of(saved: Saved) -> Self {
        Self {
            path: saved.path.clone(),
            saved: Some(saved),
        }
    }

    /// Reads it, for a run with so much memory, in bytes.
    pub(crate) fn read(&self, memory: usize) -> Result<Source, Failure> {
        match &self.saved {
            Some(saved) => {
                let entry = (saved.loaded.record.kind, saved.loaded.entry());
                of_bytes(entry, &self.path, memory)
            }
            None => read(&self.path, memory),
        }
    }

    /// Reads and compiles it, or loads its compiled form.
    pub(crate) async fn load(
        &self,
        engine: &Engine,
        memory: usize,
        progress: &Progress,
        cache: Option<Cache>,
    ) -> Result<Arc<Skill>, Failure> {
        load_read(engine, &self.path, &self.read(memory)?, progress, cache).await
    }
}

/// A file of source code that is no script gets the way to a skill.
fn source_code(skill: &Path) -> Result<(), Failure> {
    let extension = skill.extension().and_then(|extension| extension.to_str());
    let Some(language) = extension.and_then(language) else {
        return Ok(());
    };
    let name = skill.file_stem().unwrap_or_default().to_string_lossy();
    let error = anyhow::anyhow!(
        "`{}` is source code that mcp-host does not run as it is: it runs components and scripts (.ts, .mts, .js, .mjs)",
        skill.display()
    );
    let hint = format!(
        "make a skill of it: `mcp-codegen new {name} --lang {language}`, move the code to the file that `new` names, and \
         `mcp-host run {name}` builds and runs it"
    );
    Err(Failure::usage(error).hint(Some(hint)))
}

/// The language for `mcp-codegen new` of a file with this extension.
fn language(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "cts" | "tsx" => "ts",
        "cjs" | "jsx" => "js",
        "py" => "python",
        "rs" => "rust",
        "c" => "c",
        _ => return None,
    })
}

/// Uses a file as it is, and the built component of a directory. Builds only if `build` is set: inspecting an untrusted
/// directory must not run its code.
pub(crate) async fn built(
    skill: &Path,
    build: bool,
    progress: &Progress,
) -> Result<PathBuf, Failure> {
    if build || !skill.is_dir() {
        return component(skill, progress).await;
    }
    if let Some(found) = build::found(skill).await? {
        return Ok(found);
    }
    let error = anyhow::anyhow!(
        "`{}` has no component that is built from what is there now",
        skill.display()
    );
    Err(Failure::usage(error).hint(Some(
        "`--build` builds it first, which runs the build scripts of the project and of all that it depends on, \
         outside of the sandbox",
    )))
}

/// A component or a script whose bytes were read of this path already.
pub(crate) fn of_bytes(
    (kind, bytes): (Kind, &[u8]),
    path: &Path,
    memory: usize,
) -> Result<Source, Failure> {
    if kind == Kind::Component {
        return Ok(Source::Component(bytes.to_vec()));
    }
    let text = std::str::from_utf8(bytes)
        .with_context(|| unread(path))
        .map_err(Failure::usage)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    script::parsed(&name, text, memory).map(Source::Script)
}

/// Reads a component or a script, for a run with so much memory, in bytes.
pub(crate) fn read(path: &Path, memory: usize) -> Result<Source, Failure> {
    if script::is_script(path) {
        return script::read(path, memory).map(Source::Script);
    }
    bytes(path).map(Source::Component)
}

/// The bytes of a component.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    named_file::read(path, MAX_COMPONENT as u64).map_err(|error| {
        let exit = match &error {
            // The same exit code as for a file that turns out not to be a skill.
            NamedFileError::TooLarge { .. } => Exit::Link,
            _ => Exit::Usage,
        };
        Failure::new(exit, anyhow::Error::new(error).context(unread(path)))
    })
}

fn unread(skill: &Path) -> String {
    format!("failed to read skill `{}`", skill.display())
}

/// Compiles what was read of this path, or loads its compiled form.
pub(crate) async fn load_read(
    engine: &Engine,
    path: &Path,
    source: &Source,
    progress: &Progress,
    cache: Option<Cache>,
) -> Result<Arc<Skill>, Failure> {
    let bytes = match source {
        Source::Component(bytes) => bytes.as_slice(),
        Source::Script(text) => return script::load(engine, text, progress, cache).await,
    };
    if let Some(cache) = &cache
        && let Some(skill) =
            Skill::cached(engine, bytes, cache).map_err(|error| not_loaded(path, error))?
    {
        return Ok(Arc::new(skill));
    }
    progress.wait_for(format!("compiling {}", path.display()));
    let skill = compiler()?
        .load(engine, bytes, cache.as_ref())
        .await
        .map_err(|error| not_loaded(path, error))?;
    progress.clear();
    Ok(Arc::new(skill))
}

/// This same program, as `worker` runs it.
pub(crate) fn compiler() -> Result<Compiler, Failure> {
    // A program that was replaced meanwhile, by an upgrade, is still this one there.
    let itself = std::path::Path::new("/proc/self/exe");
    let program = match cfg!(target_os = "linux") && itself.exists() {
        true => itself.to_owned(),
        false => std::env::current_exe()
            .context("failed to find the program of this process, which compiles components")
            .map_err(Failure::host)?,
    };
    Ok(Compiler::new(program, vec![WORKER.into()]))
}

/// The hidden command that compiles the component on stdin.
pub(crate) const WORKER: &str = "compile-worker";

// The arguments of the hidden command.
#[derive(Parser)]
pub(crate) struct WorkerArgs {
    /// Bytes of address space.
    memory: u64,
    /// Seconds of CPU time per processor.
    seconds: u64,
    /// The file of functions that are compiled already. Its key comes before the component.
    functions: Option<PathBuf>,
}

/// The child process of a `mcp-host` that compiles.
pub(crate) fn worker(args: &WorkerArgs) -> Result<Exit, Failure> {
    mcp_host::compile_worker(args.memory, args.seconds, args.functions.clone())
        .context("failed to compile")
        .map_err(Failure::host)?;
    Ok(Exit::Finished)
}

fn not_loaded(path: &Path, error: LoadError) -> Failure {
    let hint = error.hint();
    let exit = match &error {
        LoadError::Engine(_) | LoadError::Compile(CompileError::Process { .. }) => Exit::Host,
        _ => Exit::Link,
    };
    let error =
        anyhow::Error::new(error).context(format!("failed to load skill `{}`", path.display()));
    Failure::new(exit, error).hint(hint)
}
