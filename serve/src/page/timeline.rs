//! The calls of a run over time: one row each, with a bar on one axis for all of them, so that those that overlap are
//! seen. A ledger knows the order of events, the audit log their times. Bounded in rows, and says what is left out.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use mcp_host::{CallState, Ledger, LedgerCall};

use super::audit::Logged;
use super::shell::scrolled;
use super::text;

/// Calls that are shown.
const MOST: usize = 500;

/// Units of the axis.
const WIDE: f64 = 1_000.0;

/// The narrowest bar that is seen.
const NARROW: f64 = 4.0;

/// One call on the axis.
struct Bar {
    from: f64,
    to: f64,
    class: &'static str,
}

/// The calls in the order of events.
pub(super) fn of_ledger(ledger: &Ledger) -> Markup {
    let calls: Vec<_> = ledger
        .calls()
        .enumerate()
        .filter(|(_, call)| call.function() != "log")
        .collect();
    let first = calls.iter().map(|(_, call)| call.began()).min();
    let last = calls
        .iter()
        .map(|(_, call)| call.ended().unwrap_or(call.began()));
    let axis = (
        first.unwrap_or_default(),
        last.max().unwrap_or_default().saturating_add(1),
    );
    let got: usize = calls.iter().map(|(_, call)| call.answer_bytes()).sum();
    let mut reading = Reading::default();
    let rows: Vec<_> = calls
        .iter()
        .take(MOST)
        .map(|(at, call)| row(at + 1, *call, axis, &mut reading))
        .collect();
    let (sent, unread) = (reading.sent, calls.len() - reading.calls);
    let table = html! {
        table {
            thead {
                tr {
                    th.number scope="col" { "Call" } th scope="col" { "What" } th scope="col" { "State" }
                    th scope="col" { "In order" } th.number scope="col" { "Sent" } th.number scope="col" { "Got" }
                }
            }
            tbody { @for row in &rows { (row) } }
        }
    };
    section(
        "Calls",
        calls.len(),
        &table,
        &html! {
            p {
                (text::count(calls.len(), "call")) ", " (text::bytes(sent)) " to tools, " (text::bytes(got))
                " from tools (" (text::tokens(got)) ")"
                @if unread > 0 { ". What " (text::count(unread, "call")) " sent is not read, and not counted" }
            }
        },
    )
}

/// Bytes of the lines of calls that one page reads for their arguments.
const READ: usize = 16 << 20;

/// What was read of the arguments of calls.
#[derive(Default)]
struct Reading {
    calls: usize,
    /// Bytes of their lines.
    read: usize,
    /// Bytes of their arguments.
    sent: usize,
}

impl Reading {
    /// The arguments of a call as text; `None`: the page has read enough.
    fn arguments(&mut self, call: LedgerCall<'_>) -> Option<String> {
        let read = self.read.saturating_add(call.line_bytes());
        if read > READ {
            return None;
        }
        self.read = read;
        self.calls += 1;
        let arguments = call.arguments();
        let text = arguments.map_or_else(String::new, ToString::to_string);
        self.sent += text.len();
        Some(text)
    }
}

fn row(n: usize, call: LedgerCall<'_>, axis: (u64, u64), reading: &mut Reading) -> Markup {
    let arguments = reading.arguments(call);
    let state = call.state();
    let got = call.answer_bytes();
    let ended = call.ended().unwrap_or(axis.1);
    let bar = Bar {
        from: place(call.began(), axis),
        to: place(ended, axis),
        class: class(state),
    };
    html! {
        tr {
            td.number { (n) }
            td.code { (text::name(&call.name('/'))) " " span.soft {
                @match &arguments { Some(text) => { (text::line(text, text::LINE)) } None => { "(not read)" } }
            } }
            td { (state.words(call.may_have_changed())) @if let Some(decided) = call.decided() { (decision(decided)) } }
            td.bar { (drawn(&bar, &format!("events {} to {ended}", call.began()))) }
            td.number { @if let Some(sent) = &arguments { (text::bytes(sent.len())) } }
            td.number { @if got > 0 { (text::bytes(got)) } }
        }
    }
}

fn decision(decided: &mcp_host::Decided) -> Markup {
    html! {
        div.soft {
            @if decided.allow { "allowed by " } @else { "refused by " }
            (text::name(&decided.by))
            @if let Some(because) = &decided.because { ": " (text::line(because, text::LINE)) }
        }
    }
}

fn class(state: CallState) -> &'static str {
    match state {
        CallState::Waits | CallState::Allowed => "waits",
        CallState::Unanswered => "unanswered",
        CallState::Refused => "refused",
        CallState::Failed => "failed",
        CallState::Done => "done",
    }
}

#[allow(clippy::cast_precision_loss, reason = "a place on a screen")]
fn place(event: u64, (first, last): (u64, u64)) -> f64 {
    event.saturating_sub(first) as f64 / last.saturating_sub(first).max(1) as f64
}

/// Whether the audit log has times of calls.
pub(super) fn is_timed(logged: &[Logged]) -> bool {
    logged.iter().any(|entry| entry.kind == "call")
}

/// The calls as the audit log has them, with their times. Time in which no call was in flight is left out.
pub(super) fn of_log(logged: &[Logged]) -> Markup {
    let calls: Vec<_> = logged.iter().filter(|entry| entry.kind == "call").collect();
    let spans: Vec<_> = calls.iter().map(|entry| span(entry)).collect();
    let axis = Axis::of(&spans);
    let bytes = |of: fn(&Logged) -> Option<u64>| {
        let sum: u64 = calls.iter().filter_map(|entry| of(entry)).sum();
        usize::try_from(sum).unwrap_or(usize::MAX)
    };
    let (sent, got) = (
        bytes(|entry| entry.bytes_in),
        bytes(|entry| entry.bytes_out),
    );
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "What" } th scope="col" { "Outcome" } th scope="col" { "When" }
                    th.number scope="col" { "Took" } th.number scope="col" { "Sent" } th.number scope="col" { "Got" }
                }
            }
            tbody {
                @for (entry, span) in calls.iter().zip(&spans).take(MOST) { (timed(entry, *span, &axis)) }
            }
        }
    };
    section(
        "Calls over time, from the audit log",
        calls.len(),
        &table,
        &html! {
            p {
                (text::count(calls.len(), "call")) " in " (ms(axis.length)) ", " (text::bytes(sent)) " to tools, "
                (text::bytes(got)) " from tools (" (text::tokens(got)) ")"
            }
        },
    )
}

fn timed(entry: &Logged, (from, to): (SystemTime, SystemTime), axis: &Axis) -> Markup {
    let outcome = entry.outcome.as_deref().unwrap_or_default();
    let bar = Bar {
        from: axis.place(from),
        to: axis.place(to),
        class: if outcome == "ok" { "done" } else { "failed" },
    };
    let size = |bytes: Option<u64>| {
        bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map(text::bytes)
    };
    let name = |part: &Option<String>| text::name(part.as_deref().unwrap_or_default());
    html! {
        tr {
            td.code { (name(&entry.server)) "/" (name(&entry.tool)) }
            td { (text::name(outcome)) }
            td.bar { (drawn(&bar, &format!("at {}", text::time(from)))) }
            td.number { (ms(to.duration_since(from).unwrap_or_default())) }
            td.number { (size(entry.bytes_in).unwrap_or_default()) }
            td.number { (size(entry.bytes_out).unwrap_or_default()) }
        }
    }
}

/// An entry is written when its call is over.
fn span(entry: &Logged) -> (SystemTime, SystemTime) {
    let ms = entry
        .ms
        .filter(|ms| ms.is_finite() && *ms >= 0.0)
        .unwrap_or_default();
    let took = Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default();
    (
        entry.time.checked_sub(took).unwrap_or(entry.time),
        entry.time,
    )
}

/// Pieces of time in which a call was in flight, one after the other.
struct Axis {
    pieces: Vec<(SystemTime, SystemTime)>,
    length: Duration,
}

impl Axis {
    fn of(spans: &[(SystemTime, SystemTime)]) -> Self {
        let mut spans = spans.to_vec();
        spans.sort();
        let mut pieces: Vec<(SystemTime, SystemTime)> = Vec::new();
        for (from, to) in spans {
            match pieces.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => pieces.push((from, to)),
            }
        }
        let length = pieces
            .iter()
            .map(|(from, to)| to.duration_since(*from).unwrap_or_default());
        Self {
            length: length.sum(),
            pieces,
        }
    }

    /// From 0 to 1.
    fn place(&self, at: SystemTime) -> f64 {
        let before = self
            .pieces
            .iter()
            .map(|(from, to)| at.min(*to).duration_since(*from).unwrap_or_default());
        let before: Duration = before.sum();
        let length = self.length.as_secs_f64();
        if length == 0.0 {
            0.0
        } else {
            before.as_secs_f64() / length
        }
    }
}

fn ms(time: Duration) -> String {
    match time.as_millis() {
        ms @ 0..10_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

fn section(title: &str, calls: usize, table: &Markup, sums: &Markup) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if calls == 0 { p.soft { "None." } } @else { (sums) (scrolled(title, table)) }
            @if calls > MOST { p.soft { (calls - MOST) " more calls are not shown." } }
        }
    }
}

/// The bar of one call. Its place is an attribute and no style, so that the policy of the page holds.
fn drawn(bar: &Bar, label: &str) -> Markup {
    let wide = ((bar.to - bar.from) * WIDE).clamp(NARROW, WIDE);
    let from = (bar.from * WIDE).clamp(0.0, WIDE - wide);
    let one_digit = |value: f64| format!("{value:.1}");
    html! {
        svg.bar viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=(label) {
            rect class=(bar.class) x=(one_digit(from)) y="1" width=(one_digit(wide)) height="8" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
    }

    #[test]
    fn calls_that_overlap_share_the_axis_and_a_wait_between_is_left_out() {
        let axis = Axis::of(&[
            (at(0), at(100)),
            (at(50), at(150)),
            (at(900_000), at(900_050)),
        ]);
        assert_eq!(axis.length, Duration::from_millis(200));
        assert_eq!(axis.pieces.len(), 2);
        let places = [0, 50, 150, 500_000, 900_050].map(|ms| (axis.place(at(ms)) * 100.0).round());
        assert_eq!(places, [0.0, 25.0, 75.0, 75.0, 100.0]);
    }

    #[test]
    fn ten_thousand_calls_are_cut_and_a_name_is_no_html() {
        let entry = Logged {
            kind: "call".to_owned(),
            time: at(1_000),
            tool: Some("<img src=x onerror=alert(1)>".to_owned()),
            ms: Some(5.0),
            ..Logged::default()
        };
        let html = of_log(&vec![entry; 10_000]).into_string();
        assert!(html.contains("9500 more calls are not shown."));
        assert!(!html.contains("<img"));
        assert!(html.len() < 500_000, "{}", html.len());
    }
}
