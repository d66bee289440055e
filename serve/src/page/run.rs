//! The page of one run: what it asks, its script with the line that asks, what it may call, its calls, its result.

use std::collections::BTreeSet;

use maud::{Markup, html};
use mcp_bridge::with_causes;
use mcp_host::{LedgerView, Question, RunInfo, RunStoreError, ScriptText};

use super::audit::{AuditLog, Logged};
use super::questions::{self, Forms};
use super::shell::badge;
use super::{audit, manifest, source, text, timeline};
use crate::door::Door;
use crate::indexed::Snapshot;

/// Bytes of the input, and of the result.
const VALUE: usize = 16 << 10;

/// What the page is made from.
pub(super) struct Shown<'p> {
    pub(super) door: &'p Door,
    pub(super) audit: Option<&'p dyn AuditLog>,
    pub(super) known: Option<&'p Snapshot>,
    /// The token of the form that decides.
    pub(super) decide: String,
    /// Whether "always" can be written.
    pub(super) may_always: bool,
    /// The token of the form that cancels.
    pub(super) cancel: String,
    pub(super) notice: Option<&'p Notice>,
}

/// What came of a form.
pub(super) struct Notice(pub(super) String);

/// `None`: neither a ledger nor the audit log has the run.
pub(super) fn page(shown: &Shown<'_>, id: &str) -> Option<Markup> {
    let store = shown.door.runs.as_ref();
    let logged = audit::of_run(shown.audit, id);
    let info = match store?.info(id) {
        Ok(info) => info,
        Err(RunStoreError::NotFound(_) | RunStoreError::NoId(_)) if logged.is_empty() => {
            return None;
        }
        Err(RunStoreError::NotFound(_) | RunStoreError::NoId(_)) => {
            return Some(only_logged(id, &logged));
        }
        Err(error) => return Some(unreadable(id, &error)),
    };
    Some(match store?.look(id) {
        Ok(view) => with_ledger(shown, &info, &view, &logged),
        Err(error) => unreadable(id, &error),
    })
}

fn with_ledger(shown: &Shown<'_>, info: &RunInfo, view: &LedgerView, logged: &[Logged]) -> Markup {
    let ledger = view.ledger();
    let word = view.word(info.is_expired());
    let (open, more) = match word {
        "paused" | "expired" => ledger.first_questions(questions::MOST, QUESTIONS),
        _ => (Vec::new(), 0),
    };
    let id = &info.id;
    let text = shown
        .door
        .runs
        .as_ref()
        .and_then(|runs| runs.source(id).ok());
    let read = text
        .as_deref()
        .map(|text| ScriptText::read_within("script.ts", text, READING));
    let script = read.and_then(Result::ok);
    let lines = asking(script.as_ref(), &open);
    let forms = Forms {
        run: id,
        decide: &shown.decide,
        may_decide: word == "paused",
        may_always: shown.may_always,
    };
    html! {
        h1 { "Run " (id) " " (badge(word)) }
        @if let Some(notice) = shown.notice { p.notice.bad role="alert" { (text::line(&notice.0, 2_000)) } }
        (facts(info, word, logged))
        (next(info, word, view))
        @if !open.is_empty() { (questions::section(&forms, ledger, (&open, more))) }
        @if let Some(text) = &text { (source::section(text, &lines)) }
        (manifest::section(shown.door, shown.known, (info, ledger), script.as_ref()))
        (timeline::of_ledger(ledger))
        @if timeline::is_timed(logged) { (timeline::of_log(logged)) }
        (values(ledger.input(), ledger.result()))
        @if matches!(word, "paused" | "ready" | "expired") {
            section {
                h2 { "End the run" }
                p { "It does not go on then. What it did stays done." }
                form method="post" action={ "/runs/" (id) "/cancel" } {
                    input type="hidden" name="csrf" value=(shown.cancel);
                    button.quiet type="submit" { "Cancel the run" }
                }
            }
        }
    }
}

/// Bytes of the lines of calls that are read for what the run asks.
const QUESTIONS: usize = 16 << 20;

/// Bytes of memory for reading a script. It ran under limits of its own.
const READING: usize = 256 << 20;

/// The lines that may have made the calls that wait.
fn asking(script: Option<&ScriptText>, open: &[Question]) -> BTreeSet<u32> {
    let questions = open.iter().filter(|question| question.function == "tool");
    let lines = questions.filter_map(|question| {
        let (server, tool) = (&question.server, &question.tool);
        Some(script?.lines_of_call(server, tool, &question.arguments))
    });
    lines.flatten().collect()
}

fn facts(info: &RunInfo, word: &str, logged: &[Logged]) -> Markup {
    // Each part of a run that waited has an end of its own.
    let parts = logged.iter().filter(|entry| entry.kind == "end");
    let ms: f64 = parts.filter_map(|entry| entry.ms).sum();
    html! {
        p.soft {
            (text::name(&info.name)) " for " (text::name(&info.asked_by()))
            ", began " (text::time(info.began))
            @match info.expires {
                Some(until) if word == "paused" => { ", waits until " (text::time(until)) }
                _ => {}
            }
            @if ms > 0.0 { ", ran for " (ms.round()) " ms" }
        }
    }
}

/// What the user or the agent does next.
fn next(info: &RunInfo, word: &str, view: &LedgerView) -> Markup {
    let id = &info.id;
    html! {
        @match word {
            "ready" if info.by == "run" => {
                p.notice.good role="status" {
                    "Decided. The run goes on with its command and " code { "--resume " (id) } "."
                }
            }
            "ready" => {
                p.notice.good role="status" {
                    "Decided. The agent goes on with " code { "run_script {\"resume\":\"" (id) "\"}" } "."
                }
            }
            "expired" => {
                p.notice { "It waited too long, and does not go on. The agent sends its script again." }
            }
            "running" => {
                @let (calls, unanswered) = view.progress();
                p.notice {
                    "It goes on just now: " (text::count(calls, "tool call")) " so far, " (unanswered) " without an answer"
                    @if let Some(at) = view.changed() { ", the last event at " (text::time(at)) }
                    "."
                }
            }
            _ => {}
        }
    }
}

fn values(input: &str, result: Option<String>) -> Markup {
    html! {
        section {
            h2 { "Input and result" }
            details #input { summary { "Input" } pre { (text::block(input, VALUE)) } }
            @if let Some(result) = &result {
                details #result open {
                    summary { "Result, " (text::bytes(result.len())) ", " (text::tokens(result.len())) }
                    pre { (text::block(result, VALUE)) }
                }
            }
        }
    }
}

/// A run that asked nothing has no ledger.
fn only_logged(id: &str, logged: &[Logged]) -> Markup {
    let began = logged.iter().find(|entry| entry.kind == "run");
    let ended = logged.iter().find(|entry| entry.kind == "end");
    let outcome = ended.and_then(|entry| entry.outcome.as_deref());
    html! {
        h1 { "Run " (id) " " (badge(&text::name(outcome.unwrap_or("not over")))) }
        p.soft {
            @if let Some(entry) = began {
                "for " (text::name(entry.client.as_deref().or(entry.by.as_deref()).unwrap_or_default()))
                ", began " (text::time(entry.time))
            }
            @if let Some(Logged { ms: Some(ms), .. }) = ended { ", ran for " (ms.round()) " ms" }
        }
        p.soft { "Script and arguments of a run that cannot ask are not kept. This is what the audit log has of it." }
        (timeline::of_log(logged))
    }
}

fn unreadable(id: &str, error: &RunStoreError) -> Markup {
    html! {
        h1 { "Run " (id) " " (badge("damaged")) }
        p.notice.bad role="alert" { (text::line(&with_causes(error), 2_000)) }
        p { "Do not go on from it. " code { "mcp-host runs prune" } " removes old runs." }
    }
}
