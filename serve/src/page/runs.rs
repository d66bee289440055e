//! Lists of runs: those that wait for a decision, those that have a ledger, and those that the audit log has.

use std::sync::Arc;
use std::time::SystemTime;

use maud::{Markup, html};

use super::audit::{AuditFilter, AuditLog, Logged};
use super::route::is_id;
use super::rows::{READ, Row};
use super::shell::{badge, scrolled};
use super::text;

/// Entries of the audit log that are looked through for runs.
const LOGGED: usize = 5_000;

/// Runs of the audit log that are listed.
const MOST: usize = 100;

/// A run as the audit log has it.
pub(super) struct LoggedRun {
    id: String,
    client: String,
    began: Option<SystemTime>,
    outcome: Option<String>,
    calls: Option<u64>,
    bytes: Option<u64>,
    ms: Option<f64>,
}

pub(super) fn waiting(rows: &[Arc<Row>]) -> Markup {
    let waiting: Vec<_> = rows.iter().filter(|row| row.waits()).collect();
    html! {
        h1 { "Waiting for your decision" }
        @if waiting.is_empty() {
            section {
                p { "No run waits." }
                p.soft { "A run that stops at a call about which the policy asks is listed here." }
            }
        }
        @for row in &waiting {
            section {
                h2 { a href={ "/runs/" (row.info.id) } { "Run " (row.info.id) } }
                @if row.calls.is_some() {
                    p { "asks about " (text::count(row.questions, "call")) ": " (asks(row)) }
                } @else {
                    p { "Its ledger is not read here: open the run to see what it asks." }
                }
                p.soft {
                    (text::name(&row.info.asked_by()))
                    @if let Some(until) = row.info.expires { ", waits until " (text::time(until)) }
                }
            }
        }
    }
}

fn asks(row: &Row) -> Markup {
    html! {
        @for (at, (name, calls)) in row.asks.iter().enumerate() {
            @if at > 0 { ", " }
            code { (text::name(name)) } @if *calls > 1 { " ×" (calls) }
        }
        @if row.tools > row.asks.len() { " and " (text::count(row.tools - row.asks.len(), "other tool")) }
    }
}

/// No directory for runs could be opened.
pub(super) fn no_store() -> Markup {
    html! {
        h1 { "Waiting for your decision" }
        p.notice.bad { "No run can wait: the directory of runs cannot be used. The log of this process says why." }
    }
}

pub(super) fn all(rows: &[Arc<Row>], left: usize, logged: &[LoggedRun]) -> Markup {
    let others: Vec<_> = logged
        .iter()
        .filter(|run| !rows.iter().any(|row| row.info.id == run.id))
        .take(MOST)
        .collect();
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Run" } th scope="col" { "State" } th scope="col" { "Began" }
                    th scope="col" { "For" } th.number scope="col" { "Calls" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { a href={ "/runs/" (row.info.id) } { (row.info.id) } }
                        td { (badge(row.word())) }
                        td.nowrap { (text::time(row.info.began)) }
                        td { (text::name(&row.info.asked_by())) }
                        td.number { @if let Some(calls) = row.calls { (calls) } @else { span.soft { "not read" } } }
                    }
                }
            }
        }
    };
    html! {
        h1 { "Runs" }
        section {
            h2 { "Runs that may ask" }
            @if rows.is_empty() { p { "None is kept." } } @else { (scrolled("Runs that may ask", &table)) }
            @if rows.iter().any(|row| row.calls.is_none()) {
                p.notice {
                    "One page reads " (text::bytes(usize::try_from(READ).unwrap_or(usize::MAX)))
                    " of ledgers. Those that are not read come when the page is loaded again."
                }
            }
            @if left > 0 { p.soft { (left) " older runs are not shown: " code { "mcp-host runs" } " lists all." } }
        }
        section {
            h2 { "Other runs of the audit log" }
            @if others.is_empty() { p { "None." } } @else { (scrolled("Other runs", &of_log(&others))) }
        }
    }
}

fn of_log(runs: &[&LoggedRun]) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Run" } th scope="col" { "Outcome" } th scope="col" { "Began" } th scope="col" { "For" }
                    th.number scope="col" { "Calls" } th.number scope="col" { "Got" } th.number scope="col" { "Took" }
                }
            }
            tbody {
                @for run in runs {
                    tr {
                        th scope="row" { a href={ "/runs/" (run.id) } { (run.id) } }
                        td { @match &run.outcome { Some(word) => { (badge(&text::name(word))) } None => { span.soft { "not over" } } } }
                        td.nowrap { @if let Some(began) = run.began { (text::time(began)) } }
                        td { (text::name(&run.client)) }
                        td.number { @if let Some(calls) = run.calls { (calls) } }
                        td.number {
                            @if let Some(bytes) = run.bytes { (text::bytes(usize::try_from(bytes).unwrap_or(usize::MAX))) }
                        }
                        td.number { @if let Some(ms) = run.ms { (ms.round()) " ms" } }
                    }
                }
            }
        }
    }
}

/// The newest runs of the audit log.
pub(super) fn logged(log: &dyn AuditLog) -> Vec<LoggedRun> {
    let entries = log.newest(&AuditFilter::default(), LOGGED);
    let mut runs: Vec<LoggedRun> = Vec::new();
    for entry in entries.unwrap_or_default() {
        let Some(id) = entry.run.clone().filter(|id| is_id(id)) else {
            continue;
        };
        let at = runs.iter().position(|run| run.id == id).unwrap_or_else(|| {
            runs.push(LoggedRun {
                id,
                client: String::new(),
                began: None,
                outcome: None,
                calls: None,
                bytes: None,
                ms: None,
            });
            runs.len() - 1
        });
        runs[at].add(&entry);
    }
    // One whose beginning is not among the entries is older than all others.
    runs.sort_by_key(|run| std::cmp::Reverse(run.began));
    runs
}

impl LoggedRun {
    fn add(&mut self, entry: &Logged) {
        match entry.kind.as_str() {
            "run" | "direct" => {
                let client = entry.client.as_ref().or(entry.by.as_ref());
                self.client = client.cloned().unwrap_or_default();
                self.began = Some(entry.time);
            }
            // The newest comes first: a run that went on has an end for each of its parts.
            "end" if self.outcome.is_none() => {
                self.outcome.clone_from(&entry.outcome);
                self.calls = entry.calls;
                self.bytes = entry.bytes_out;
                self.ms = entry.ms;
            }
            "refused" => {
                self.began = Some(entry.time);
                self.outcome.clone_from(&entry.outcome);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use mcp_host::{RunInfo, RunStore};
    use serde_json::json;

    use super::super::rows::Rows;
    use super::*;

    #[test]
    fn what_one_page_reads_of_ledgers_is_bounded_and_what_is_not_read_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let store = RunStore::open(dir.path().join("runs")).unwrap();
        for (id, bytes) in [("r_00000000", READ + 1), ("r_00000001", 9)] {
            let info = json!({ "id": id, "began": "2026-11-30T10:00:00Z", "by": "serve", "name": "script.ts" });
            let info: RunInfo = serde_json::from_value(info).unwrap();
            let file = store.create(&info, None).unwrap();
            file.set_len(bytes).unwrap();
        }
        let rows = Rows::default();
        let (listed, left) = rows.all(&store).unwrap();
        let seen: Vec<_> = listed.iter().map(|row| (row.word(), row.calls)).collect();
        assert_eq!(seen, [("unknown", None), ("damaged", None)]);
        let page = all(&listed, left, &[]).into_string();
        assert!(
            page.contains("One page reads 128.0 MiB of ledgers."),
            "{page}"
        );
        assert!(page.contains("not read"), "{page}");
    }
}
