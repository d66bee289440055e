//! Runs the `git` command on one repository.
//! Never passes a caller's text where git could read it as an option, never runs a shell, a pager,
//! a hook or an external diff, and never contacts a remote.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// The most bytes that one git command may print. A page of commits is far below it.
const MAX_OUTPUT: u64 = 8 * 1024 * 1024;

/// A repository that existed when it was opened.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    directory: PathBuf,
}

impl Repository {
    /// Checks that `directory` is inside a git repository.
    pub(crate) async fn open(directory: &Path) -> Result<Self, GitError> {
        let repository = Self {
            directory: directory.to_owned(),
        };
        if !directory.is_dir() {
            return Err(GitError::NoDirectory {
                directory: repository.directory,
            });
        }
        repository.run(["rev-parse", "--git-dir"]).await?;
        Ok(repository)
    }

    /// Runs `git ARGS` and returns what it printed. Every element of `args` is one argument.
    pub(crate) async fn run<I, S>(&self, args: I) -> Result<String, GitError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut child = self
            .command(args)
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => GitError::NotInstalled,
                _ => GitError::Io(source),
            })?;
        // Both pipes are read at once: a child that fills one while the server waits on the other never ends.
        let (stdout, stderr) = tokio::try_join!(
            read_capped(child.stdout.take()),
            read_capped(child.stderr.take()),
        )?;
        let status = child.wait().await?;
        if status.success() {
            Ok(stdout)
        } else {
            Err(GitError::from_stderr(&self.directory, &stderr))
        }
    }

    /// Resolves `revision` to the id of a commit. This is the only way a caller's revision reaches
    /// another command: as the 40 or 64 hexadecimal digits that it names.
    pub(crate) async fn resolve(&self, revision: &str) -> Result<String, GitError> {
        if revision.is_empty() || revision.contains(char::is_control) {
            return Err(GitError::UnknownRevision {
                revision: revision.to_owned(),
            });
        }
        let peeled = format!("{revision}^{{commit}}");
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &peeled,
        ];
        let unknown = || GitError::UnknownRevision {
            revision: revision.to_owned(),
        };
        match self.run(args).await {
            // git answers `^HEAD` with `^` and an id, which would reverse a range.
            Ok(id) if is_id(id.trim_end()) => Ok(id.trim_end().to_owned()),
            Ok(_) | Err(GitError::Failed { .. }) => Err(unknown()),
            Err(error) => Err(error),
        }
    }

    /// The commit that is checked out, or `None` in a repository without commits.
    pub(crate) async fn head(&self) -> Result<Option<String>, GitError> {
        match self.resolve("HEAD").await {
            Ok(id) => Ok(Some(id)),
            Err(GitError::UnknownRevision { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn command<I, S>(&self, args: I) -> Command
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.directory)
            // Paths are names here, never patterns.
            .args(["--no-pager", "--literal-pathspecs"])
            // What follows would let a repository's own config run a program or change the format.
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "log.showSignature=false",
            ])
            .args(["-c", "i18n.logOutputEncoding=UTF-8", "-c", "color.ui=false"])
            .args(args)
            // Set inside a git hook, and stronger than `-C`.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A cancelled request drops its future, and git must not keep running after that.
            .kill_on_drop(true);
        command
    }
}

/// Whether this is the whole id of an object: SHA-1 or SHA-256.
pub(crate) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

async fn read_capped(pipe: Option<impl tokio::io::AsyncRead + Unpin>) -> Result<String, GitError> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MAX_OUTPUT + 1).read_to_end(&mut bytes).await?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_OUTPUT) {
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    } else {
        Err(GitError::TooMuchOutput)
    }
}

/// Why git returned no result. The caller of a tool reads its text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    #[error("the `git` command was not found on PATH: install git")]
    NotInstalled,
    #[error("`{}` is not a directory", directory.display())]
    NoDirectory { directory: PathBuf },
    #[error("`{}` is not inside a git repository: pass `--repo DIR`", directory.display())]
    NotARepository { directory: PathBuf },
    #[error("`{revision}` names no commit: use an id, a branch, a tag, or a form such as `HEAD~3`")]
    UnknownRevision { revision: String },
    #[error("`{cursor}` is not a cursor: pass `nextCursor` of the page before, unchanged")]
    BadCursor { cursor: String },
    #[error("`{name}` is {value}, but must be between 1 and {max}")]
    OutOfRange {
        name: &'static str,
        value: u32,
        max: u32,
    },
    #[error("git failed: {message}")]
    Failed { message: String },
    #[error("git printed more than {} MiB: narrow the request", MAX_OUTPUT >> 20)]
    TooMuchOutput,
    #[error("git printed something unexpected: {what}")]
    Unexpected { what: String },
    #[error("cannot run git: {0}")]
    Io(#[from] io::Error),
}

impl GitError {
    fn from_stderr(directory: &Path, stderr: &str) -> Self {
        if stderr.contains("not a git repository") {
            return Self::NotARepository {
                directory: directory.to_owned(),
            };
        }
        // Git prints hints after the reason, and the reason is what a caller can act on.
        let reason = stderr.lines().find(|line| !line.trim().is_empty());
        Self::Failed {
            message: reason
                .unwrap_or("it gave no reason")
                .trim_start_matches("fatal: ")
                .to_owned(),
        }
    }
}

/// Splits output whose every field ends with NUL into records of `N` fields.
pub(crate) fn records<const N: usize>(output: &str) -> Result<Vec<[&str; N]>, GitError> {
    let Some(fields) = output.strip_suffix('\0') else {
        return if output.is_empty() {
            Ok(Vec::new())
        } else {
            Err(GitError::Unexpected {
                what: "a record without an end".to_owned(),
            })
        };
    };
    let fields: Vec<&str> = fields.split('\0').collect();
    let (records, rest) = fields.as_chunks::<N>();
    if rest.is_empty() {
        Ok(records.to_vec())
    } else {
        Err(GitError::Unexpected {
            what: format!("{} fields left over", rest.len()),
        })
    }
}
