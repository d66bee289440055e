//! Lists of runs: those that wait for a decision, those that have a ledger, and those that the audit log has.

use std::sync::Arc;
use std::time::SystemTime;

use maud::{Markup, html};

use super::audit::{AuditFilter, AuditLog, Logged};
use super::route::is_id;
use super::rows::Row;
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
                p { "asks about " (text::count(row.questions, "call")) ": " (asks(row)) }
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
                        td.number { (row.calls) }
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
