//! Writes a report: the result to stdout, and a line about the run to stderr.

use bytesize::ByteSize;
use mcp_codegen::names::shown;
use mcp_host::{FailedCall, Limit, Outcome, Report};

use super::exit::Failure;
use super::format::Format;
use super::out;
use super::out::print_error;

/// stdout carries the result, or the whole report as JSON, and nothing else.
pub(crate) async fn write(report: &Report, format: Format) -> Result<(), Failure> {
    say(report);
    let written = match (format, &report.result) {
        (Format::Json, _) => out::json(report).await,
        (Format::Text, Some(result)) => result_text(result).await,
        (Format::Text, None) => Ok(()),
    };
    written.map_err(|failure| {
        let outcome = report.outcome.name().replace('-', " ");
        failure
            .context(format!("the run is over ({outcome}), and its result is lost"))
            .hint(Some(
                "to run it again makes its tool calls again; write the result to a file on a disk that has room",
            ))
    })
}

/// The warnings, the problem and the summary, on stderr.
pub(crate) fn say(report: &Report) {
    for warning in &report.warnings {
        out::say("warning: ", warning);
    }
    if let Some((mut message, hint)) = problem(&report.outcome) {
        if let Some(call) = &report.failed_call {
            message.push_str(&of_call(call, &report.outcome));
        }
        print_error(&message, hint.as_deref());
    }
    out::say("", &summary(report));
}

/// A result that is a JSON string is printed as its text (such as a page of Markdown); anything else is printed
/// unchanged.
async fn result_text(result: &str) -> Result<(), Failure> {
    match serde_json::from_str::<String>(result) {
        Ok(text) => out::result(&text).await,
        Err(_) => out::json_text(result).await,
    }
}

/// Which tool call failed the skill.
fn of_call(call: &FailedCall, outcome: &Outcome) -> String {
    let (tool, server) = (shown(&call.tool), shown(&call.server));
    match outcome {
        Outcome::Trapped { .. } => format!(
            "\nthe last call before that failed: tool `{tool}` of server `{server}` ({})",
            call.case
        ),
        _ => format!(" (tool `{tool}` of server `{server}`)"),
    }
}

/// The problem, and a hint.
fn problem(outcome: &Outcome) -> Option<(String, Option<String>)> {
    Some(match outcome {
        Outcome::Finished => return None,
        Outcome::Paused => ("the run waits for a decision about a call".to_owned(), None),
        Outcome::Failed { message } => (format!("the skill failed: {message}"), None),
        Outcome::Trapped { message } => (
            format!("the skill trapped: {message}"),
            Some("its own messages, if it wrote any, are in the log above".to_owned()),
        ),
        Outcome::OutOfFuel { fuel } => (
            format!("the skill used up its {fuel} units of fuel"),
            Some(raise(Limit::Fuel)),
        ),
        Outcome::OutOfMemory { quota, limit } => {
            let limit = quota.show(*limit);
            let problem = match quota {
                Limit::Memory => format!("the skill needed more memory than its {limit}"),
                Limit::Transfer => format!("the skill gave one host call more than {limit}"),
                quota => {
                    let what = quota.key().replace('-', " ");
                    format!("the skill needed more than its {limit} {what}")
                }
            };
            (problem, Some(raise(*quota)))
        }
        Outcome::TimedOut { timeout_ms } => (
            format!("the skill was not done after {timeout_ms} ms"),
            Some(raise(Limit::Timeout)),
        ),
        Outcome::BudgetExhausted { calls } => (
            format!("the skill used up its budget of {calls} tool calls"),
            Some(raise(Limit::Calls)),
        ),
        Outcome::OutputTooLarge { output } => (
            format!("the skill's result is larger than {output} bytes"),
            Some("return less: a summary, or a file under a `--dir` grant".to_owned()),
        ),
        Outcome::Denied { message } if message.contains(mcp_host::REFUSED_BY_USER) => {
            (message.clone(), None)
        }
        Outcome::Denied { message } => (format!("refused by policy: {message}"), None),
        Outcome::LinkError { message } | Outcome::Cancelled { message } => (message.clone(), None),
    })
}

fn raise(limit: Limit) -> String {
    format!(
        "if it needs more, raise the limit with `--{} {}`",
        limit.option(),
        limit.placeholder()
    )
}

/// `finished in 1.21 s: fuel 12345678, peak memory 1.9 MiB, 14 tool calls; tools returned 48213 bytes, the skill 1305`
fn summary(report: &Report) -> String {
    let outcome = report.outcome.name().replace('-', " ");
    let calls = report.calls();
    let dropped = match report.log_lines_dropped {
        0 => String::new(),
        n => format!(", {n} log lines dropped"),
    };
    format!(
        "{outcome} in {}: fuel {}, peak memory {}, {calls} tool call{}{dropped}; \
         tools returned {} bytes, the skill {} bytes",
        time(report.time.total_ms()),
        report.fuel,
        ByteSize(report.peak_memory as u64).display().iec(),
        if calls == 1 { "" } else { "s" },
        report.tool_bytes(),
        report.result.as_ref().map_or(0, String::len),
    )
}

fn time(ms: f64) -> String {
    if ms < 1000.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{:.2} s", ms / 1000.0)
    }
}
