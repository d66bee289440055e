//! Runs the tools of other languages. Prints each command, passes a tool's error output on unchanged, and reports a
//! tool that is missing or too old with a hint how to get it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, anyhow};
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::project::Project;
use crate::exit::{Exit, Failure};
use crate::out;
use crate::progress::Progress;

/// A program that must be installed.
pub(super) struct Needed {
    pub(super) program: &'static str,
    /// The oldest version that works.
    pub(super) oldest: &'static str,
    /// The arguments that print the version.
    pub(super) asked: &'static [&'static str],
    /// How to get it.
    pub(super) get: &'static str,
}

impl Needed {
    /// Checks that the program is installed and new enough.
    pub(super) async fn check(&self, project: &Project) -> Result<(), Failure> {
        let mut command = Command::new(self.program);
        command.args(self.asked).current_dir(&project.dir);
        let found = match run(&mut command).await {
            Ok(ran) if ran.success => ran.stdout.trim().to_owned(),
            Ok(_) | Err(_) => return Err(self.lacking(project, "which is not here")),
        };
        if is_older(&found, self.oldest) {
            let why = format!("and this is {found}");
            return Err(self.lacking(project, &why));
        }
        Ok(())
    }

    fn lacking(&self, project: &Project, why: &str) -> Failure {
        let error = anyhow!(
            "building `{}` needs {} {} or newer, {why}",
            project.dir.display(),
            self.program,
            self.oldest
        );
        Failure::host(error).hint(Some(format!("get it with `{}`", self.get)))
    }
}

/// Whether a version is older than another one. Ignores text before the digits (`v20.1`, `Python 3.11`), and everything
/// after the third number.
pub(super) fn is_older(found: &str, oldest: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let start = text
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(text.len());
        text[start..]
            .split(|c: char| !c.is_ascii_digit())
            .map_while(|number| number.parse().ok())
            .take(3)
            .collect()
    };
    numbers(found) < numbers(oldest)
}

/// Prints the command, and runs it in the project's directory. If it fails, its own output comes first.
pub(super) async fn step(
    project: &Project,
    command: &mut Command,
    progress: &Progress,
) -> Result<(), Failure> {
    let shown = shown(command, &project.dir);
    progress.begin(format!("running {shown}"));
    let mut show = |line: &str| {
        if !line.trim().is_empty() {
            progress.detail(line.trim());
        }
    };
    let ran = run_watched(command.current_dir(&project.dir), &mut show)
        .await
        .with_context(|| format!("failed to run `{shown}`"))
        .map_err(Failure::host)?;
    progress.clear();
    if ran.success {
        return Ok(());
    }
    out::pass_on(&format!("{}{}", ran.stdout, ran.stderr));
    Err(Failure::new(
        Exit::Host,
        anyhow!(
            "failed to build skill `{}`; `{shown}` there says the same",
            project.dir.display()
        ),
    ))
}

/// The command as a user would type it in the directory.
fn shown(command: &Command, dir: &Path) -> String {
    let command = command.as_std();
    let dir = format!("{}/", dir.display());
    let mut text = String::new();
    for part in std::iter::once(command.get_program()).chain(command.get_args()) {
        let part = part.to_string_lossy().replace(&dir, "");
        let space = if text.is_empty() { "" } else { " " };
        // A `String` takes any text.
        let _ = if part.contains(|c: char| c.is_whitespace() || "'\"*<>|;&$()".contains(c)) {
            write!(text, "{space}'{}'", part.replace('\'', "'\\''"))
        } else {
            write!(text, "{space}{part}")
        };
    }
    text
}

/// The output of a program.
pub(super) struct Ran {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Runs a program to its end, as `run_watched` does.
pub(super) async fn run(command: &mut Command) -> anyhow::Result<Ran> {
    run_watched(command, &mut |_| {}).await
}

/// Gives each line on stderr to `watch` when it comes. Runs the program in a process group of its own, which is killed
/// if the future is dropped: `rustc` must not continue after Ctrl-C.
pub(super) async fn run_watched(
    command: &mut Command,
    watch: &mut dyn FnMut(&str),
) -> anyhow::Result<Ran> {
    let mut wrapped = CommandWrap::from(std::mem::replace(command, Command::new("")));
    wrapped.wrap(ProcessGroup::leader());
    wrapped
        .command_mut()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = KillGroup(wrapped.spawn()?);
    let stdout = child.0.stdout().take();
    let stderr = child.0.stderr().take();
    let mut ignore = |_: &str| {};
    let (stdout, stderr) = tokio::try_join!(read(stdout, &mut ignore), read(stderr, watch))?;
    let status = child.0.wait().await?;
    Ok(Ran {
        success: status.success(),
        stdout,
        stderr,
    })
}

async fn read(
    stream: Option<impl tokio::io::AsyncRead + Unpin>,
    watch: &mut dyn FnMut(&str),
) -> std::io::Result<String> {
    let mut text = String::new();
    let Some(stream) = stream else {
        return Ok(text);
    };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 {
        let read = String::from_utf8_lossy(&line);
        watch(read.trim_end_matches(['\r', '\n']));
        text.push_str(&read);
        line.clear();
    }
    Ok(text)
}

struct KillGroup(Box<dyn ChildWrapper>);

impl Drop for KillGroup {
    fn drop(&mut self) {
        // Killing fails if everything has ended already.
        let _ = self.0.start_kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(is_older("v18.20.1", "20"));
        assert!(!is_older("v20.0.0", "20"));
        assert!(!is_older("Python 3.12.0rc1", "3.11"));
        assert!(is_older("Python 3.9.2", "3.11"));
        assert!(is_older("0.4.2", "0.4.3"));
        assert!(is_older("nothing", "1"));
    }

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/home/ada/skill/.venv/bin/python");
        command.args(["-m", "pip", "install", "idna>=3", "it's"]);
        assert_eq!(
            shown(&command, Path::new("/home/ada/skill")),
            r".venv/bin/python -m pip install 'idna>=3' 'it'\''s'"
        );
    }
}
