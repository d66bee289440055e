//! `mcp-host stats`: how many runs and calls there were, and how many bytes went from tools and to the model.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytesize::ByteSize;
use clap::Args;
use mcp_codegen::names::shown;
use mcp_host::Report;
use serde_json::{Value, json};

use self::record::Run;
use self::sums::{By, Sums};
use super::exit::{Exit, Failure};
use super::format::Format;
use super::table::table;
use super::{dirs, out};

mod record;
mod sums;

pub(crate) const HELP: &str = "\
Examples:
  mcp-host stats
  mcp-host stats --since 7d --by tool
  mcp-host stats --since 2026-11-01 --by day --format json

`run` and `serve` count each run in the state directory: its tools, calls and bytes. `serve` counts the bytes of its other
answers too. No argument and no result is kept. Figures are bytes, counted: about four make a token.";

// The arguments of `mcp-host stats`.
#[derive(Args)]
pub(crate) struct StatsArgs {
    /// Only runs since then: a duration before now (`24h`, `7d`), or a day (`2026-11-30`, in UTC).
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<SystemTime>,
    /// What the runs are added up by.
    #[arg(long, value_enum, default_value_t = By::Server)]
    by: By,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl StatsArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

fn since(text: &str) -> Result<SystemTime, String> {
    if let Ok(before) = humantime::parse_duration(text) {
        let now = SystemTime::now();
        return Ok(now.checked_sub(before).unwrap_or(UNIX_EPOCH));
    }
    humantime::parse_rfc3339(&format!("{text}T00:00:00Z"))
        .map_err(|_| "write a duration such as `7d`, or a day such as `2026-11-30`".to_owned())
}

/// Counts a run of this process. `by` is the command, `answer` the bytes that went to the model or to stdout.
pub(crate) fn count(report: &Report, by: &str, answer: usize) {
    append(&Run::of(report, by, answer));
}

/// Counts an answer of `serve` to a call of this tool, which is of no run.
pub(crate) fn count_answer(tool: &str, bytes: usize) {
    append(&Run::of_answer(tool, bytes));
}

fn append(run: &Run) {
    static DIR: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    if let Some(dir) = DIR.get_or_init(|| dirs::stats().ok()) {
        record::append(dir, run);
    }
}

pub(crate) async fn run(args: &StatsArgs) -> Result<Exit, Failure> {
    let dir = dirs::stats().map_err(Failure::host)?;
    let (mut runs, unread) = record::read(&dir)
        .with_context(|| format!("failed to read the runs in `{}`", dir.display()))
        .map_err(Failure::host)?;
    if let Some(since) = args.since {
        let from = since.duration_since(UNIX_EPOCH).unwrap_or_default();
        runs.retain(|run| Duration::from_millis(run.at_ms) >= from);
    }
    if unread > 0 {
        out::say(
            "warning: ",
            &format!("{unread} lines in `{}` are no runs", dir.display()),
        );
    }
    let (all, parts) = sums::sums(&runs, args.by);
    if args.json() {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(key, sums)| value(Some(key), sums))
            .collect();
        let by = match args.by {
            By::Server => "servers",
            By::Tool => "tools",
            By::Day => "days",
        };
        out::json(&json!({ "total": value(None, &all), by: parts })).await?;
    } else if runs.is_empty() && args.since.is_some() {
        out::say("", "no run is counted since then");
    } else if runs.is_empty() {
        out::say(
            "",
            "no run is counted yet; `mcp-host run` and `mcp-host serve` count theirs",
        );
    } else {
        out::page(&text(args.by, &all, &parts)).await?;
    }
    Ok(Exit::Finished)
}

fn value(key: Option<&str>, sums: &Sums) -> Value {
    let mut value = json!(sums);
    if let Some(saved) = sums.saved() {
        value["bytes_saved"] = i64::try_from(saved).map_or(Value::Null, Value::from);
    }
    if let Some(key) = key {
        value["name"] = key.into();
    }
    value
}

fn text(by: By, all: &Sums, parts: &[(String, Sums)]) -> String {
    let head = [
        match by {
            By::Server => "SERVER",
            By::Tool => "TOOL",
            By::Day => "DAY",
        },
        "RUNS",
        "FAILED",
        "CALLS",
        "ERRORS",
        "TO TOOLS",
        "FROM TOOLS",
        "TO MODEL",
        "SAVED",
    ];
    // An answer is that of a whole run.
    let columns = if by == By::Day {
        head.len()
    } else {
        head.len() - 2
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (key, sums) in parts {
        let mut row = cells(&shown(key), sums);
        row.truncate(columns);
        rows.push(row);
    }
    rows.push(cells("total", all));
    table(&rows)
}

fn cells(name: &str, sums: &Sums) -> Vec<String> {
    let bytes = |bytes: u64| ByteSize(bytes).to_string();
    let saved = sums.saved().map_or_else(String::new, |saved| {
        let size = bytes(u64::try_from(saved.unsigned_abs()).unwrap_or(u64::MAX));
        if saved < 0 { format!("-{size}") } else { size }
    });
    vec![
        name.to_owned(),
        sums.runs.to_string(),
        sums.failed.to_string(),
        sums.calls.to_string(),
        sums.errors.to_string(),
        bytes(sums.bytes_to_tools),
        bytes(sums.bytes_from_tools),
        sums.bytes_to_model.map_or_else(String::new, bytes),
        saved,
    ]
}
