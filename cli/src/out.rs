//! Writes to stdout and stderr, and prints errors. No other module does. A closed or full stream never ends the
//! process: a result that stdout does not take is a failure of the command, and text that stderr does not take is lost.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use mcp_bridge::text;

use super::exit::{Exit, Failure, chain};
use super::next_step::with_config;
use super::spinner::aside;

/// Writes the result of a tool or a skill: unchanged to a pipe or a file, escaped on a terminal.
pub(crate) async fn result(text: &str) -> Result<(), Failure> {
    write(shown(text).into_owned()).await
}

/// The same for JSON text, which has the same values on a terminal.
pub(crate) async fn json_text(text: &str) -> Result<(), Failure> {
    write(json_shown(text).into_owned()).await
}

/// Writes a value as JSON.
pub(crate) async fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = pretty(value)?;
    // A report may hold a large result: no second copy of the text is made.
    match json_shown(&text) {
        Cow::Owned(shown) => write(shown).await,
        Cow::Borrowed(_) => write(text).await,
    }
}

/// Writes text of this program for people, escaped in every case.
pub(crate) async fn page(text: &str) -> Result<(), Failure> {
    write(text::page(text).into_owned()).await
}

/// Writes JSON at the end of a failed command. Writes nothing after a result that was not written completely.
pub(crate) fn last_json(value: &serde_json::Value) {
    if UNFINISHED.load(Ordering::Acquire) {
        return;
    }
    if let Ok(text) = pretty(value) {
        // The error is on stderr already, and the exit code is that of the failure.
        let _ = write_all(&json_shown(&text));
    }
}

/// Prints the error to stderr, and with `json` a report or an error object to stdout.
pub(crate) fn failure(failure: &Failure, json: bool) -> ExitCode {
    let message = chain(failure.error.as_ref());
    print_error(&message, failure.hint.as_deref());
    if json {
        let mut report = match &failure.report {
            Some(report) => serde_json::json!(report),
            None => {
                let message = text::cut(&message, text::LONGEST_MESSAGE);
                serde_json::json!({ "outcome": failure.exit.name(), "message": message })
            }
        };
        let hint = failure.hint.as_deref().map(with_config);
        if let Some(diagnostics) = crate::exit::diagnostics(&failure.error) {
            report["diagnostics"] = diagnostics;
        }
        report["hint"] = hint
            .map(|hint| text::cut(&hint, text::LONGEST_MESSAGE).into_owned())
            .into();
        last_json(&report);
    }
    failure.exit.into()
}

/// Handles clap's result for a command line without a command: a help text, or an error.
pub(crate) fn not_a_command(error: &clap::Error, command: impl FnOnce() -> Command) -> ExitCode {
    if error.use_stderr() {
        // Without clap's colours: an argument may contain escape sequences of its own.
        pass_on(&error.render().to_string());
        if let Some(hint) = undashed(error, command) {
            say("hint:  ", &hint);
        }
        return Exit::Usage.into();
    }
    let written = error
        .print()
        .and_then(|()| std::io::Write::flush(&mut std::io::stdout()));
    match written {
        Ok(()) => Exit::Finished.into(),
        Err(error) => {
            let error = anyhow::Error::new(error).context("failed to write the help to stdout");
            self::failure(&Failure::host(error), false)
        }
    }
}

/// `memory=64` where `--memory=64` is an option of the command.
fn undashed(error: &clap::Error, command: impl FnOnce() -> Command) -> Option<String> {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) if error.kind() == ErrorKind::UnknownArgument => {
            argument
        }
        _ => return None,
    };
    let (name, _) = argument.split_once('=')?;
    let mut command = command();
    command.build();
    let mut at = &command;
    for word in std::env::args_os().skip(1) {
        at = at.find_subcommand(&word).unwrap_or(at);
    }
    let mut options = at.get_arguments().filter_map(clap::Arg::get_long);
    options
        .any(|option| option == name)
        .then(|| format!("an option has two dashes: `--{argument}`"))
}

/// Prints one error: what happened, and a hint below it. Messages contain text of servers and skills.
pub(crate) fn print_error(message: &str, hint: Option<&str>) {
    say("error: ", message);
    if let Some(hint) = hint {
        say("hint:  ", hint);
    }
}

/// A message on stderr, whose first line starts with `label`. The other lines are indented, so that none looks like a
/// line of another kind.
pub(crate) fn say(label: &str, message: &str) {
    let indent = format!("\n{:1$}", "", label.len());
    let message = with_config(message);
    let message = text::message(&message);
    let lines = message.trim_end_matches('\n').replace('\n', &indent);
    to_stderr(&format!("{label}{lines}\n"));
}

/// Prints the output of a failed program: line by line, escaped.
pub(crate) fn pass_on(words: &str) {
    to_stderr(&text::page(words));
}

/// Stderr for the log.
pub(crate) struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line that stderr does not take is lost. The run continues.
        let shown = mcp_bridge::without_secrets(bytes);
        let _ = aside(|| io::stderr().lock().write_all(&shown));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_stderr(text: &str) {
    // No stream is left for an error message.
    let _ = aside(|| io::stderr().lock().write_all(text.as_bytes()));
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .context("failed to write the result as JSON")
        .map_err(Failure::host)
}

/// A result: unchanged for a pipe or a file, escaped on a terminal.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => text::page(text),
        false => Cow::Borrowed(text),
    }
}

/// The same for JSON text, which has the same values on a terminal.
pub(crate) fn json_shown(text: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => text::json(text),
        false => Cow::Borrowed(text),
    }
}

/// The columns of the terminal that shows the results. `None`: they go to a pipe or a file, which has any width.
pub(crate) fn width() -> Option<usize> {
    let size = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(size.0.0))
}

/// Writes on this thread, for a command that has nothing else to do meanwhile.
pub(crate) fn now(text: &str) -> Result<(), Failure> {
    write_all(text)
        .context("failed to write the result to stdout")
        .map_err(Failure::host)
}

/// Set while a result is being written, and permanently after a failed write.
static UNFINISHED: AtomicBool = AtomicBool::new(false);

/// Writes text with a newline at its end.
async fn write(text: String) -> Result<(), Failure> {
    UNFINISHED.store(true, Ordering::Release);
    // On a thread of its own: a stalled reader must not block Ctrl-C.
    let written = tokio::task::spawn_blocking(move || write_all(&text)).await;
    written
        .map_err(io::Error::other)
        .flatten()
        .context("failed to write the result to stdout")
        .map_err(Failure::host)?;
    UNFINISHED.store(false, Ordering::Release);
    Ok(())
}

fn write_all(text: &str) -> io::Result<()> {
    match io::stdout().is_terminal() {
        true => aside(|| write_whole(text)),
        false => write_whole(text),
    }
}

fn write_whole(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}
