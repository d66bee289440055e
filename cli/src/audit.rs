//! `mcp-host audit`: shows, verifies and exports the audit log. `record` makes its entries. Changes nothing of it.

mod of_page;
mod one_call;
mod record;
mod show;
mod waiting;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use mcp_audit::{Entry, Hash, Line, Snapshot, Verified, VerifyError, verify};
use mcp_host::{Grants, ToolPattern};
use serde_json::json;
use tokio::sync::mpsc;

use super::exit::{Exit, Failure};
use super::format::Format;
use super::{dirs, out};
pub(crate) use of_page::OfPage;
pub(crate) use one_call::ObservedCall;
pub(crate) use record::{Auditor, OfAgents, close, of_command, of_settings, run_id};

/// Bytes of output that are written at once.
const PIECE: usize = 64 << 10;

pub(crate) const HELP: &str = "\
Examples:
  mcp-host audit show --since 1h
  mcp-host audit show --run r_7f3k2m9q --format json
  mcp-host audit show --head
  mcp-host audit verify
  mcp-host audit export --format csv --tool 'github/*'

`run`, `serve`, `call` and `approve` write the log; `[audit]` of mcp-host.toml says what of it. See docs/audit.md.";

// The arguments of `mcp-host audit`.
#[derive(Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show entries, the oldest first.
    Show {
        #[command(flatten)]
        filter: Filter,
        /// Print the number and the hash of the last line instead. Keep the hash elsewhere, for `verify --head`.
        #[arg(long, conflicts_with_all = ["run", "tool", "since"])]
        head: bool,
        /// Text, or JSON.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Verify the chain of all lines, and name the first place where it breaks.
    Verify {
        /// A hash that `show --head` printed earlier: a line of the log must have it.
        #[arg(long, value_name = "HASH", value_parser = hash)]
        head: Option<Hash>,
        /// Text, or JSON.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Write entries to stdout for another program.
    Export {
        #[command(flatten)]
        filter: Filter,
        /// The lines as they are, or a table.
        #[arg(long, value_enum, default_value_t = Export::Jsonl)]
        format: Export,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Export {
    Jsonl,
    Csv,
}

// Which entries.
#[derive(Args, Clone)]
struct Filter {
    /// Only this run.
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only calls of these tools; `*` stands for any characters.
    #[arg(long, value_name = "SERVER/TOOL")]
    tool: Option<ToolPattern>,
    /// Only since then: a duration before now (`24h`, `7d`), a day (`2026-11-30`) or a time (`2026-11-30T14:00:00Z`),
    /// in UTC.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<SystemTime>,
}

impl AuditArgs {
    pub(crate) fn json(&self) -> bool {
        match &self.action {
            Action::Show { format, .. } | Action::Verify { format, .. } => *format == Format::Json,
            Action::Export { .. } => false,
        }
    }
}

fn hash(text: &str) -> Result<Hash, String> {
    Hash::from_hex(text).map_err(|_| "a hash has 64 hexadecimal digits".to_owned())
}

fn since(text: &str) -> Result<SystemTime, String> {
    if let Ok(before) = humantime::parse_duration(text) {
        let now = SystemTime::now();
        return Ok(now.checked_sub(before).unwrap_or(UNIX_EPOCH));
    }
    humantime::parse_rfc3339(text)
        .or_else(|_| humantime::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .map_err(|_| {
            "write a duration such as `7d`, a day such as `2026-11-30`, or a time such as `2026-11-30T14:00:00Z`"
                .to_owned()
        })
}

pub(crate) async fn run(args: AuditArgs) -> Result<Exit, Failure> {
    let dir = dirs::audit()
        .context("failed to find the directory of the audit log")
        .map_err(Failure::host)?;
    match args.action {
        Action::Show {
            head: true, format, ..
        } => show_head(&dir, format).await?,
        Action::Show { filter, format, .. } => {
            let form = match format {
                Format::Text => Form::Text,
                Format::Json => Form::Json,
            };
            let shown = write(&dir, filter, form).await?;
            if shown == 0 && format == Format::Text {
                out::say("", "the audit log has no such entry");
            }
        }
        Action::Export { filter, format } => {
            let form = match format {
                Export::Jsonl => Form::Jsonl,
                Export::Csv => Form::Csv,
            };
            write(&dir, filter, form).await?;
        }
        Action::Verify { head, format } => verified(&dir, head, format).await?,
    }
    Ok(Exit::Finished)
}

async fn show_head(dir: &Path, format: Format) -> Result<(), Failure> {
    let head = Snapshot::take(dir).map_err(|error| Failure::host(error.into()))?;
    let head = head.and_then(|snapshot| snapshot.head());
    match (head, format) {
        (None, Format::Text) => {
            out::say("", "there is no audit log yet");
            Ok(())
        }
        (Some(head), Format::Text) => out::page(&format!("{} {}", head.n(), head.hash())).await,
        (head, Format::Json) => {
            let n = head.map(|head| head.n());
            let hash = head.map(|head| head.hash().to_string());
            out::json(&json!({ "n": n, "hash": hash })).await
        }
    }
}

async fn verified(dir: &Path, head: Option<Hash>, format: Format) -> Result<(), Failure> {
    let at = dir.to_owned();
    let done = tokio::task::spawn_blocking(move || verify(&at, head)).await;
    let done = done
        .context("failed to verify the audit log")
        .map_err(Failure::host)?;
    let found = match done {
        Ok(found) => found.unwrap_or_default(),
        Err(error @ VerifyError::Broken(_)) => {
            let hint = "a line before that place is what this program wrote; `mcp-host audit export` shows all";
            return Err(Failure::host(error.into()).hint(Some(hint)));
        }
        Err(error) => return Err(Failure::host(error.into())),
    };
    let (n, hash) = found.last.unzip();
    if format == Format::Json {
        let unfinished = found.unfinished.iter();
        let unfinished = unfinished
            .map(|piece| json!({ "file": piece.file, "line": piece.line, "bytes": piece.bytes }));
        return out::json(&json!({
            "outcome": "finished",
            "lines": found.lines,
            "files": found.files,
            "first": found.first,
            "last": n,
            "hash": hash.map(|hash| hash.to_string()),
            "unfinished": unfinished.collect::<Vec<_>>(),
            "unfinished_lines": found.unfinished_lines,
            "lost": found.lost,
        }))
        .await;
    }
    out::page(&whole(&found)).await
}

/// What is known of a log whose chain is whole.
fn whole(found: &Verified) -> String {
    if found.lines == 0 {
        return "there is no audit log yet".to_owned();
    }
    let (n, hash) = found.last.unzip();
    let (lines, files) = (found.lines, found.files);
    let mut text = format!("the chain of {lines} lines in {files} files is whole\n");
    if found.first > 1 {
        text.push_str(&format!(
            "lines 1 to {} were in files that are no longer kept\n",
            found.first - 1
        ));
    }
    for piece in &found.unfinished {
        text.push_str(&format!(
            "`{}` line {}: a writer did not finish it ({} bytes): it was killed, or the disk was full\n",
            piece.file, piece.line, piece.bytes
        ));
    }
    let more = found
        .unfinished_lines
        .saturating_sub(found.unfinished.len() as u64);
    if more > 0 {
        text.push_str(&format!("{more} more lines are unfinished\n"));
    }
    if found.lost > 0 {
        text.push_str(&format!("{} lines could not be written\n", found.lost));
    }
    if let (Some(n), Some(hash)) = (n, hash) {
        text.push_str(&format!("last line: {n} {hash}\n"));
    }
    text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Jsonl,
    Csv,
}

/// Writes the entries in pieces, and says how many there were. A thread reads, so that a signal ends the command
/// whatever the disk does.
async fn write(dir: &Path, filter: Filter, form: Form) -> Result<u64, Failure> {
    let (sender, mut pieces) = mpsc::channel(2);
    let dir = dir.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&dir, &filter, form, &sender));
    while let Some(piece) = pieces.recv().await {
        match form {
            Form::Text => out::page(&piece).await?,
            Form::Json | Form::Jsonl => out::json_text(&piece).await?,
            Form::Csv => out::result(&piece).await?,
        }
    }
    let read = reading.await.context("failed to read the audit log");
    let (entries, unread) = read.flatten().map_err(Failure::host)?;
    if unread > 0 {
        let what =
            format!("{unread} lines are no entries; `mcp-host audit verify` names the first");
        out::say("warning: ", &what);
    }
    Ok(entries)
}

fn read(
    dir: &Path,
    filter: &Filter,
    form: Form,
    pieces: &mpsc::Sender<String>,
) -> anyhow::Result<(u64, u64)> {
    let (mut entries, mut unread) = (0_u64, 0_u64);
    let mut piece = match form {
        Form::Json => "[\n".to_owned(),
        Form::Csv => show::csv_head() + "\n",
        Form::Text | Form::Jsonl => String::new(),
    };
    let wanted = Wanted::of(filter);
    if let Some(mut snapshot) = Snapshot::take(dir)? {
        let each = |line: Line<'_>| {
            let Some((entry, text)) = parsed(&line) else {
                unread += 1;
                return ControlFlow::Continue(());
            };
            if !wanted.has(&entry) {
                return ControlFlow::Continue(());
            }
            match form {
                Form::Text => piece.push_str(&show::line(&entry)),
                Form::Jsonl => piece.push_str(text),
                Form::Json if entries == 0 => piece.push_str(text),
                Form::Json => piece.push_str(&format!(",\n{text}")),
                Form::Csv => {
                    let fields = serde_json::from_str(text).unwrap_or_default();
                    piece.push_str(&show::csv(&fields));
                }
            }
            entries += 1;
            if form != Form::Json {
                piece.push('\n');
            }
            // In JSON, a piece ends where a line does too: `out` ends each with a newline.
            if piece.len() >= PIECE && pieces.blocking_send(std::mem::take(&mut piece)).is_err() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        // It breaks where the command ends already.
        let _ = snapshot.lines(each)?;
    }
    if form == Form::Json {
        piece.push_str("\n]\n");
    }
    if !piece.is_empty() {
        // Without a receiver, the command ends already.
        let _ = pieces.blocking_send(piece);
    }
    Ok((entries, unread))
}

fn parsed<'a>(line: &Line<'a>) -> Option<(Entry, &'a str)> {
    let text = std::str::from_utf8(line.text).ok()?;
    let entry = serde_json::from_str(text).ok()?;
    Some((entry, text)).filter(|_| line.is_whole)
}

/// The filter in the forms that an entry is compared with.
struct Wanted<'a> {
    run: Option<&'a str>,
    tools: Option<Grants>,
    since: Option<SystemTime>,
}

impl<'a> Wanted<'a> {
    fn of(filter: &'a Filter) -> Self {
        let tools = filter.tool.clone().map(|pattern| Grants {
            tools: vec![pattern],
            ..Grants::default()
        });
        Self {
            run: filter.run.as_deref(),
            tools,
            since: filter.since,
        }
    }

    fn has(&self, entry: &Entry) -> bool {
        if self
            .run
            .is_some_and(|run| entry.run.as_deref() != Some(run))
        {
            return false;
        }
        if let Some(tools) = &self.tools {
            let named = entry.server.as_deref().zip(entry.tool.as_deref());
            if !named.is_some_and(|(server, tool)| tools.allows(server, tool)) {
                return false;
            }
        }
        self.since.is_none_or(|since| {
            humantime::parse_rfc3339(&entry.time).is_ok_and(|time| time >= since)
        })
    }
}
