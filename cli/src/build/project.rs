//! A skill's directory: its language, its world, and the places of the build's outputs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use mcp_bridge::{NamedFileError, named_file};
use wit_component::WitPrinter;
use wit_parser::{Resolve, WorldId};

use super::inputs::{self, MAX_TEXT};
use super::refuse;
use crate::exit::Failure;
use crate::progress::Progress;

/// The language of a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    JavaScript,
    TypeScript,
    Python,
    C,
}

impl Language {
    /// The language whose project file the directory has.
    pub(super) fn of(dir: &Path) -> Result<Self, Failure> {
        let found: Vec<(Self, &str)> = [
            (Self::Rust, "Cargo.toml"),
            (Self::JavaScript, "package.json"),
            (Self::Python, "pyproject.toml"),
            (Self::C, "compile_flags.txt"),
        ]
        .into_iter()
        .filter(|(_, file)| dir.join(file).is_file())
        .collect();
        match found[..] {
            [(Self::JavaScript, _)] if dir.join("tsconfig.json").is_file() => Ok(Self::TypeScript),
            [(language, _)] => Ok(language),
            [] => Err(Failure::usage(anyhow!(
                "directory `{}` has no Cargo.toml, package.json, pyproject.toml or compile_flags.txt",
                dir.display()
            ))
            .hint(Some(
                "`mcp-codegen new NAME --lang LANGUAGE` makes the directory of a skill; a component (.wasm) \
                 needs no building",
            ))),
            [(_, first), (_, second), ..] => Err(Failure::usage(anyhow!(
                "directory `{}` has both {first} and {second}, so that its language is not clear",
                dir.display()
            ))
            .hint(Some(
                "keep one of them, or build the component by hand and pass that",
            ))),
        }
    }
}

/// Rejects the directory of a script, which has nothing to build.
fn refuse_script(dir: &Path) -> Result<(), Failure> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let script = dir.join(format!("{name}.ts"));
    if !script.is_file() {
        return Ok(());
    }
    let error = anyhow!("`{}` has a script, which is not built", dir.display());
    let hint = format!("`mcp-host run {}` runs it as it is", script.display());
    Err(Failure::usage(error).hint(Some(hint)))
}

/// The directory of a skill in a language other than Rust. All outputs go to its `build`.
pub(super) struct Project {
    /// Absolute.
    pub(super) dir: PathBuf,
    pub(super) resolve: Resolve,
    pub(super) world: WorldId,
}

impl Project {
    pub(super) fn open(dir: &Path, language: Language) -> Result<Self, Failure> {
        let dir = dir
            .canonicalize()
            .with_context(|| format!("failed to find `{}`", dir.display()))
            .map_err(Failure::usage)?;
        let wit = dir.join("wit");
        if !wit.is_dir() {
            refuse_script(&dir)?;
            return Err(Failure::usage(anyhow!(
                "directory `{}` has no `wit` with the skill's world",
                dir.display()
            ))
            .hint(Some(
                "`mcp-codegen new NAME --lang LANGUAGE` makes one, and `mcp-codegen wit SERVER --out wit` adds a server's tools to it",
            )));
        }
        inputs::readable(&wit).map_err(Failure::usage)?;
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(&wit).map_err(|error| {
            // With the position in the file, and the line itself.
            let shown = resolve.render_error(&error);
            Failure::usage(anyhow!(
                "failed to read the WIT in `{}`\n{shown}",
                wit.display()
            ))
        })?;
        let world = resolve
            .select_world(&[package], None)
            .with_context(|| format!("`{}` does not have one world", wit.display()))
            .map_err(Failure::usage)?;
        if language == Language::JavaScript || language == Language::TypeScript {
            refuse::refuse_async(&resolve, world)?;
        }
        Ok(Self {
            dir,
            resolve,
            world,
        })
    }

    /// The world's name for tools that build it.
    pub(super) fn world_name(&self) -> &str {
        &self.resolve.worlds[self.world].name
    }

    pub(super) fn build(&self) -> PathBuf {
        self.dir.join("build")
    }

    /// Writes the WIT without documentation, and returns its directory relative to the project. A server wrote the
    /// documentation, and a tool may take it for code.
    pub(super) fn bare_wit(&self) -> Result<&'static str, Failure> {
        const BARE: &str = "build/wit";
        let path = self.dir.join(BARE).join("world.wit");
        let write = || -> anyhow::Result<()> {
            let text = bare_text(&self.resolve, self.world)?;
            fs::create_dir_all(self.dir.join(BARE))?;
            Ok(named_file::write(&path, text)?)
        };
        write()
            .with_context(|| format!("failed to write `{}`", path.display()))
            .map_err(Failure::host)?;
        Ok(BARE)
    }

    /// The path of the component.
    pub(super) fn component(&self) -> PathBuf {
        self.build().join("skill.wasm")
    }

    /// The path where the component is built, so that a reader of `component` sees the old one or the new one.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.build().join("unfinished.wasm")
    }

    /// A lock for the build of the directory, held by one process at a time.
    pub(super) async fn lock(&self, progress: &Progress) -> Result<File, Failure> {
        const AGAIN: Duration = Duration::from_millis(50);
        let dir = self.build();
        let path = dir.join("lock");
        let file = fs::create_dir_all(&dir)
            .map_err(NamedFileError::from)
            .and_then(|()| {
                named_file::open_with(&path, OpenOptions::new().write(true).create(true))
            })
            .with_context(|| format!("failed to write `{}`", path.display()))
            .map_err(Failure::host)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {
                    progress.wait_for("waiting for another build of the same directory");
                    tokio::time::sleep(AGAIN).await;
                }
                Err(TryLockError::Error(error)) => {
                    let error = anyhow::Error::new(error)
                        .context(format!("failed to lock `{}`", path.display()));
                    return Err(Failure::host(error));
                }
            }
        }
    }

    /// The hash of the current inputs.
    pub(super) async fn inputs(&self) -> Result<String, Failure> {
        inputs::fingerprint(&self.dir).await.map_err(Failure::host)
    }

    /// Whether the component was built from the current inputs.
    pub(super) async fn is_current(&self) -> Result<bool, Failure> {
        let Ok(made_from) = named_file::read_text(&self.made_from(), MAX_TEXT) else {
            return Ok(false);
        };
        Ok(self.component().is_file() && made_from == self.inputs().await?)
    }

    /// Moves the component to its place, and records the hash of its inputs.
    pub(super) fn finish(&self, inputs: &str) -> Result<(), Failure> {
        let (made, component) = (self.unfinished(), self.component());
        // In this order: an interrupted build is repeated.
        let _ = fs::remove_file(self.made_from());
        fs::rename(&made, &component)
            .map_err(NamedFileError::from)
            .and_then(|()| named_file::write(&self.made_from(), inputs))
            .with_context(|| format!("failed to write `{}`", component.display()))
            .map_err(Failure::host)
    }

    fn made_from(&self) -> PathBuf {
        made_from(&self.dir)
    }
}

/// The package of the world as one text, with the packages that it refers to, and without documentation.
fn bare_text(resolve: &Resolve, world: WorldId) -> anyhow::Result<String> {
    let mut resolve = resolve.clone();
    mcp_codegen::without_docs(&mut resolve);
    let package = resolve.worlds[world]
        .package
        .context("the world belongs to no package")?;
    let mut others = resolve.topological_packages();
    others.retain(|other| *other != package);
    let mut printer = WitPrinter::default();
    printer.emit_docs(false).print(&resolve, package, &others)?;
    Ok(printer.output.into())
}

/// The file with the hash of the component's inputs.
pub(super) fn made_from(dir: &Path) -> PathBuf {
    dir.join("build/made-from")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn toolchains_read_the_same_world_without_documentation() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let hostile = "/// \"\"\"\n/// HOSTILE \\\n";
        write(
            "wit/world.wit",
            &format!(
                "{hostile}package local:x;\n{hostile}world x {{ import mcp-server:%list/tools; }}\n"
            ),
        );
        write(
            "wit/deps/list/tools.wit",
            &format!(
                "package mcp-server:%list;\n{hostile}interface tools {{ {hostile} get: func(text: string); }}\n"
            ),
        );
        let project = Project::open(dir.path(), Language::Python).unwrap();
        let bare = project.dir.join(project.bare_wit().unwrap());
        let text = fs::read_to_string(bare.join("world.wit")).unwrap();
        assert!(!text.contains("HOSTILE"), "{text}");

        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(&bare).unwrap();
        let world = resolve.select_world(&[package], Some("x")).unwrap();
        let imports: Vec<String> = resolve.worlds[world]
            .imports
            .keys()
            .map(|key| resolve.name_world_key(key))
            .collect();
        assert_eq!(imports, ["mcp-server:list/tools"]);
    }
}
