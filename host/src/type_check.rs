//! Checks the types of a script with TypeScript's own compiler, where the machine has one: a bounded child process,
//! whose messages become warnings. Decides nothing: a script with such warnings runs.

mod child;
mod files;
mod messages;

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mcp_bridge::text;
use mcp_script::Diagnostic;
use tokio::sync::Semaphore;

use crate::link::Linked;

/// How long the compiler may take. The native one takes 0.1 s to 0.5 s.
const DEADLINE: Duration = Duration::from_secs(20);

/// Compilers that run at once: each takes all processors.
const AT_ONCE: usize = 2;

/// The names of the compiler, the one that is always native first.
const PROGRAMS: [&str; 2] = ["tsgo", "tsc"];

/// The compiler of TypeScript on this machine.
#[derive(Debug, Clone)]
pub struct TypeChecker {
    program: PathBuf,
    /// The compilers that may run at once; further ones wait, within their deadline.
    room: Arc<Semaphore>,
}

/// Why the types of a script were not checked.
#[derive(Debug, thiserror::Error)]
pub enum TypeCheckError {
    /// No compiler is there.
    #[error(
        "no `tsgo` and no `tsc` is on the PATH; install TypeScript 7 with `npm install --global typescript@7.0.2`, \
         or name a compiler with `type-check = \"PROGRAM\"` under `[scripts]` in mcp-host.toml"
    )]
    Missing,
    /// The configured compiler does not exist.
    #[error("`{}` is no program; correct `type-check` under `[scripts]` in mcp-host.toml", .0.display())]
    NotAProgram(PathBuf),
    /// It cannot be run.
    #[error("failed to run `{}`", .program.display())]
    Process {
        /// The compiler.
        program: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It did not end.
    #[error("`{}` was not done after {} s", .program.display(), .after.as_secs())]
    TimedOut {
        /// The compiler.
        program: PathBuf,
        /// Its deadline.
        after: Duration,
    },
    /// It failed for a reason of its own.
    #[error("`{}` failed: {said}", .program.display())]
    Failed {
        /// The compiler.
        program: PathBuf,
        /// Its first message.
        said: String,
    },
}

impl TypeChecker {
    /// The configured compiler, or else the first on the PATH.
    ///
    /// # Errors
    ///
    /// [`TypeCheckError::Missing`] and [`TypeCheckError::NotAProgram`].
    pub fn find(configured: Option<&Path>) -> Result<Self, TypeCheckError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = match configured {
            // A name alone is looked for on the PATH, as a shell does.
            Some(name) if name.components().count() == 1 => on_path(&path, name.as_os_str()),
            Some(program) => is_program(program).then(|| program.to_owned()),
            None => PROGRAMS
                .iter()
                .find_map(|name| on_path(&path, OsStr::new(name))),
        };
        match (found, configured) {
            (Some(program), _) => Ok(Self {
                room: Arc::new(Semaphore::new(AT_ONCE)),
                program: std::path::absolute(&program).unwrap_or(program),
            }),
            (None, Some(program)) => Err(TypeCheckError::NotAProgram(program.to_owned())),
            (None, None) => Err(TypeCheckError::Missing),
        }
    }

    /// What the compiler objects to in a script that was linked, as warnings. Empty for a component, and for a script
    /// that is not TypeScript as it stands.
    ///
    /// # Errors
    ///
    /// Everything but [`TypeCheckError::Missing`].
    pub async fn check(&self, linked: &Linked) -> Result<Vec<Diagnostic>, TypeCheckError> {
        let Some((script, text)) = linked
            .skill
            .script()
            .and_then(|script| Some((script, script.read.typescript()?)))
        else {
            return Ok(Vec::new());
        };
        let failed = |source| TypeCheckError::Process {
            program: self.program.clone(),
            source,
        };
        let dir = tempfile::Builder::new()
            .prefix("mcp-host-types-")
            .tempdir()
            .map_err(failed)?;
        let file = files::write(dir.path(), script, &text, linked).map_err(failed)?;
        let ran = async {
            // The semaphore is never closed.
            let _held = self.room.acquire().await;
            child::run(&self.program, dir.path()).await
        };
        let ran = tokio::time::timeout(DEADLINE, ran).await;
        let output = ran
            .map_err(|_| TypeCheckError::TimedOut {
                program: self.program.clone(),
                after: DEADLINE,
            })?
            .map_err(failed)?;
        let said = String::from_utf8_lossy(&output.text);
        if !output.status.success() && !messages::any(&said) {
            let first = said.trim().lines().next().unwrap_or("it said nothing");
            return Err(TypeCheckError::Failed {
                program: self.program.clone(),
                said: text::short(first, 200).into_owned(),
            });
        }
        Ok(messages::warnings(
            &said,
            file,
            &text,
            &linked.diagnostics(),
        ))
    }
}

/// The first program of this name in a directory of the PATH. A relative directory is skipped: what stands there
/// depends on where the host was started.
fn on_path(path: &OsStr, name: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_compiler_is_a_program_in_an_absolute_directory_of_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("tsc");
        std::fs::write(&program, "").unwrap();
        let path = std::env::join_paths([Path::new("."), dir.path()]).unwrap();
        assert_eq!(on_path(&path, OsStr::new("tsc")), None);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, executable).unwrap();
        assert_eq!(on_path(&path, OsStr::new("tsc")), Some(program));
        assert_eq!(on_path(OsStr::new("."), OsStr::new("tsc")), None);
        let error = TypeChecker::find(Some(dir.path())).unwrap_err();
        assert!(matches!(error, TypeCheckError::NotAProgram(_)), "{error}");
    }
}
