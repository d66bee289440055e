//! The audit log as the page shows it: the newest entries that a filter admits, and whether the chain is whole. Reads
//! no file: the program that serves the page does.

use std::time::SystemTime;

use maud::{Markup, html};

use super::form::Form;
use super::route::is_id;
use super::shell::scrolled;
use super::text;

/// Entries of one page.
const MOST: usize = 300;

/// Entries of one run.
const OF_RUN: usize = 25_000;

/// Reads the audit log.
pub trait AuditLog: Send + Sync {
    /// The newest entries that the filter admits, the newest first, and at most so many. Blocks.
    ///
    /// # Errors
    ///
    /// Why the log cannot be read.
    fn newest(&self, filter: &AuditFilter, most: usize) -> Result<Vec<Logged>, String>;

    /// Whether the chain of all lines is whole, in words. Blocks.
    ///
    /// # Errors
    ///
    /// The first place where it breaks.
    fn verify(&self) -> Result<String, String>;
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this run.
    pub run: Option<String>,
    /// Only these tools: `SERVER/TOOL`, where `*` stands for any characters.
    pub tool: Option<String>,
    /// Only since then: a duration before now, a day or a time.
    pub since: Option<String>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// When it was written.
    pub time: SystemTime,
    /// `run`, `call`, `end` and so on.
    pub kind: String,
    /// The id of the run.
    pub run: Option<String>,
    /// The command.
    pub by: Option<String>,
    /// The MCP client.
    pub client: Option<String>,
    /// The server of a call.
    pub server: Option<String>,
    /// The tool of a call.
    pub tool: Option<String>,
    /// How the call or the run ended.
    pub outcome: Option<String>,
    /// Calls of the run.
    pub calls: Option<u64>,
    /// Bytes of arguments, as JSON.
    pub bytes_in: Option<u64>,
    /// Bytes of responses, as JSON.
    pub bytes_out: Option<u64>,
    /// Milliseconds.
    pub ms: Option<f64>,
    /// What it says, in the words of `mcp-host audit show`.
    pub said: String,
}

impl Default for Logged {
    fn default() -> Self {
        Self {
            time: SystemTime::UNIX_EPOCH,
            kind: String::new(),
            run: None,
            by: None,
            client: None,
            server: None,
            tool: None,
            outcome: None,
            calls: None,
            bytes_in: None,
            bytes_out: None,
            ms: None,
            said: String::new(),
        }
    }
}

/// What the log has of one run, the oldest first.
pub(super) fn of_run(log: Option<&dyn AuditLog>, id: &str) -> Vec<Logged> {
    let filter = AuditFilter {
        run: Some(id.to_owned()),
        ..AuditFilter::default()
    };
    let found = log.and_then(|log| log.newest(&filter, OF_RUN).ok());
    let mut found = found.unwrap_or_default();
    found.reverse();
    found
}

pub(super) fn page(log: Option<&dyn AuditLog>, form: &Form) -> Markup {
    let asked = |name: &str| form.filled(name).map(str::to_owned);
    let filter = AuditFilter {
        run: asked("run"),
        tool: asked("tool"),
        since: asked("since"),
    };
    let Some(log) = log else {
        return html! {
            h1 { "Audit log" }
            p.notice { "The settings turn it off, or there is no directory for it." }
        };
    };
    let verified = form.one("verify").map(|_| log.verify());
    let found = log.newest(&filter, MOST);
    html! {
        h1 { "Audit log" }
        section {
            (filtered(&filter))
            @match &verified {
                None => {
                    form method="get" action="/audit" {
                        input type="hidden" name="verify" value="1";
                        p { button.quiet type="submit" { "Verify the chain" } }
                    }
                }
                Some(Ok(whole)) => { p.notice.good role="status" { (text::block(whole, 4_000)) } }
                Some(Err(broken)) => { p.notice.bad role="alert" { (text::line(broken, 2_000)) } }
            }
        }
        section {
            @match &found {
                Ok(entries) if entries.is_empty() => { p { "The audit log has no such entry." } }
                Ok(entries) => { (scrolled("Entries", &table(entries))) }
                Err(why) => { p.notice.bad role="alert" { (text::line(why, 2_000)) } }
            }
            @if found.as_ref().is_ok_and(|entries| entries.len() == MOST) {
                p.soft { "Older entries are not shown: " code { "mcp-host audit show" } " prints all." }
            }
        }
    }
}

fn filtered(filter: &AuditFilter) -> Markup {
    let fields = [
        ("run", "Run", "r_7f3k2m9q", &filter.run),
        ("tool", "Tool", "github/*", &filter.tool),
        ("since", "Since", "24h, 7d or 2026-11-30", &filter.since),
    ];
    html! {
        form method="get" action="/audit" {
            div.choices {
                @for (name, label, example, value) in fields {
                    label {
                        span { (label) ", such as " (example) }
                        input type="text" name=(name) value=[value.as_deref().map(|value| text::line(value, 200))] autocomplete="off";
                    }
                }
                button type="submit" { "Filter" }
            }
        }
    }
}

fn table(entries: &[Logged]) -> Markup {
    html! {
        table {
            thead {
                tr { th scope="col" { "Time" } th scope="col" { "Run" } th scope="col" { "Kind" } th scope="col" { "What" } }
            }
            tbody {
                @for entry in entries {
                    tr {
                        td.nowrap { (text::time(entry.time)) }
                        td.nowrap {
                            @match &entry.run {
                                Some(run) if is_id(run) => { a href={ "/runs/" (run) } { (run) } }
                                Some(run) => { (text::name(run)) }
                                None => {}
                            }
                        }
                        td { (text::name(&entry.kind)) }
                        td { (text::line(&entry.said, 3_000)) }
                    }
                }
            }
        }
    }
}
