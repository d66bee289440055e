//! The only place of the programs that writes to stdout and stderr, and so the one that prints an error.
//! A stream that is closed or full never ends the process: what stdout cannot take is a failure of the command, and
//! what stderr cannot take is lost.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use mcp_bridge::text;

use super::exit::{Exit, Failure, chain};

/// What a tool or a skill gave: as it is in a pipe or a file, made safe on a terminal.
pub(crate) async fn result(text: &str) -> Result<(), Failure> {
    write(shown(text).into_owned()).await
}

/// The same for JSON text, which on a terminal holds the same values.
pub(crate) async fn json_text(text: &str) -> Result<(), Failure> {
    write(json_shown(text).into_owned()).await
}

/// A value as JSON for programs.
pub(crate) async fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = pretty(value)?;
    // A report may hold a large result: no second text of it is made.
    match json_shown(&text) {
        Cow::Owned(shown) => write(shown).await,
        Cow::Borrowed(_) => write(text).await,
    }
}

/// What this program says to people: made safe wherever it goes.
pub(crate) async fn page(text: &str) -> Result<(), Failure> {
    write(text::page(text).into_owned()).await
}

/// What there is to say at the end of a command that failed. Nothing goes behind a result that was not written whole.
pub(crate) fn last_json(value: &serde_json::Value) {
    if UNFINISHED.load(Ordering::Acquire) {
        return;
    }
    if let Ok(text) = pretty(value) {
        // The error is on stderr already, and the exit code is that of the failure.
        let _ = write_all(&json_shown(&text));
    }
}

/// Prints the error to stderr, and with `json` a report to stdout, or an object in place of one.
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
        let hint = failure.hint.as_deref();
        report["hint"] = hint
            .map(|hint| text::cut(hint, text::LONGEST_MESSAGE))
            .into();
        last_json(&report);
    }
    failure.exit.into()
}

/// What clap makes of a command line that is no command: a help text, or an error.
pub(crate) fn not_a_command(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // Without its colours: an argument may hold escapes of its own.
        pass_on(&error.render().to_string());
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

/// One error: what happened, and below it what to do. Messages hold the words of servers and skills.
pub(crate) fn print_error(message: &str, hint: Option<&str>) {
    say("error: ", message);
    if let Some(hint) = hint {
        say("hint:  ", hint);
    }
}

/// A message on stderr, whose first line starts with `label`. The others are indented, so that none passes for a line
/// of another kind.
pub(crate) fn say(label: &str, message: &str) {
    let indent = format!("\n{:1$}", "", label.len());
    let message = text::message(message);
    let lines = message.trim_end_matches('\n').replace('\n', &indent);
    to_stderr(&format!("{label}{lines}\n"));
}

/// What a program said whose failure is this command's: its lines as they are, made safe.
pub(crate) fn pass_on(words: &str) {
    to_stderr(&text::page(words));
}

/// Stderr for the log.
pub(crate) struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line that stderr does not take is lost. The run goes on.
        let shown = mcp_bridge::without_secrets(bytes);
        let _ = io::stderr().lock().write_all(&shown);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_stderr(text: &str) {
    // No stream is left to say it on.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn pretty(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .context("failed to write the result as JSON")
        .map_err(Failure::host)
}

/// A result as it is in a pipe or a file, made safe on a terminal.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => text::page(text),
        false => Cow::Borrowed(text),
    }
}

/// The same for JSON text, which on a terminal holds the same values.
pub(crate) fn json_shown(text: &str) -> Cow<'_, str> {
    match io::stdout().is_terminal() {
        true => text::json(text),
        false => Cow::Borrowed(text),
    }
}

/// Writes on this thread, for a command that has nothing else to do meanwhile.
pub(crate) fn now(text: &str) -> Result<(), Failure> {
    write_all(text)
        .context("failed to write the result to stdout")
        .map_err(Failure::host)
}

/// Set while a result is written, and for good once it could not be.
static UNFINISHED: AtomicBool = AtomicBool::new(false);

/// Writes text with a newline at its end.
async fn write(text: String) -> Result<(), Failure> {
    UNFINISHED.store(true, Ordering::Release);
    // On a thread of its own: a reader that does not read must not keep Ctrl-C from being heard.
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
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}
