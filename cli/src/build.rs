//! `mcp-host build`: builds the component of a skill's directory with the tools of its language. Installs missing tools
//! into the directory, at pinned versions, and never anywhere else.

mod c;
mod found;
pub(super) mod inputs;
mod javascript;
mod project;
mod python;
mod refuse;
mod rust;
mod shared;
mod sources;
mod tool;

use std::path::{Path, PathBuf};

use clap::Args;
use mcp_bridge::named_file;

use super::exit::{Exit, Failure};
use super::out;
use super::progress::Progress;
use project::{Language, Project};

// The arguments of `mcp-host build`.
#[derive(Args)]
pub(crate) struct BuildArgs {
    /// The skill's directory: with a Cargo.toml, package.json, pyproject.toml, or compile_flags.txt (C).
    dir: PathBuf,
}

/// Prints the path of the component.
pub(crate) async fn run(args: BuildArgs, progress: &Progress) -> Result<Exit, Failure> {
    let component = build(&args.dir, progress).await?;
    out::result(&component.display().to_string()).await?;
    Ok(Exit::Finished)
}

/// The component of the directory. Builds it only if something changed since the last build.
pub(crate) async fn build(dir: &Path, progress: &Progress) -> Result<PathBuf, Failure> {
    let language = Language::of(dir)?;
    let built = match language {
        // Cargo itself decides whether a crate is current: path dependencies lie outside its directory.
        Language::Rust => rust::build(dir, progress).await,
        Language::JavaScript | Language::TypeScript | Language::Python | Language::C => {
            with_pinned_tools(dir, language, progress).await
        }
    };
    progress.clear();
    built
}

/// The last component of the directory, if a build now would produce the same. Runs nothing of the project.
pub(crate) async fn found(dir: &Path) -> Result<Option<PathBuf>, Failure> {
    match Language::of(dir)? {
        Language::Rust => Ok(found::of_cargo(dir)),
        language => {
            let project = Project::open(dir, language)?;
            Ok(project.is_current().await?.then(|| project.component()))
        }
    }
}

/// Whether a component has one of the names that cargo gives those of the package in this directory.
pub(crate) fn is_component_of_cargo(component: &Path, dir: &Path) -> bool {
    found::is_of_cargo(component, dir)
}

/// The hash of the inputs of the last component, if this program knows it.
pub(crate) fn made_from(dir: &Path) -> Option<String> {
    named_file::read_text(&project::made_from(dir), inputs::MAX_TEXT).ok()
}

async fn with_pinned_tools(
    dir: &Path,
    language: Language,
    progress: &Progress,
) -> Result<PathBuf, Failure> {
    let project = Project::open(dir, language)?;
    let _one_at_a_time = project.lock(progress).await?;
    if project.is_current().await? {
        return Ok(project.component());
    }
    match language {
        Language::JavaScript | Language::TypeScript => {
            javascript::declare(&project)?;
            javascript::install(&project, language == Language::TypeScript, progress).await?;
        }
        Language::Python => python::install(&project, progress).await?,
        Language::C | Language::Rust => {}
    }
    // Installing may have written a lock file. Edits after this point are not in this component.
    let inputs = project.inputs().await?;
    match language {
        Language::JavaScript => javascript::build(&project, progress).await?,
        Language::TypeScript => {
            javascript::compile(&project, progress).await?;
            javascript::build(&project, progress).await?;
        }
        Language::Python => python::build(&project, progress).await?,
        Language::C | Language::Rust => c::build(&project, progress).await?,
    }
    project.finish(&inputs)?;
    Ok(project.component())
}
