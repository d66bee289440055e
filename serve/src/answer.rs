//! The text of an answer to the agent. Each failure has a code, and says how many calls were made and whether it is
//! safe to run the script again.

mod fitting;
pub(crate) mod unavailable;

pub(crate) use fitting::grouped;

use std::fmt::Write as _;
use std::time::Duration;

use fitting::fitting;
use mcp_codegen::names::shown;
use mcp_host::{Attachment, LinkedTool, Outcome, Report};

use crate::question::Shown;

/// Bytes of the text of an error.
const LONGEST_ERROR: usize = 8_000;

/// What an agent gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) is_error: bool,
    /// Bytes beside the text.
    pub(crate) attached: Vec<Attachment>,
    /// What the user has to decide first.
    pub(crate) paused: Option<Paused>,
}

/// A run that waits for the user.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paused {
    pub(crate) run: String,
    /// The questions that are shown now. What the user says holds for these.
    pub(crate) questions: Vec<Shown>,
    /// How long it still waits.
    pub(crate) left: Duration,
}

impl Paused {
    /// The digests of the questions.
    pub(crate) fn digests(&self) -> Vec<String> {
        let questions = self.questions.iter();
        questions.map(|shown| shown.digest.clone()).collect()
    }
}

impl Answer {
    /// The code of a refusal, and why.
    pub(crate) fn refusal(&self) -> (&str, &str) {
        let text = self.text.strip_prefix("error ").unwrap_or(&self.text);
        let code = text.split_whitespace().next().unwrap_or_default();
        let why = text.split_once('\n').map_or("", |(_, why)| why);
        (code, why)
    }
}

/// How the command begins that an error about a login names.
const LOGIN: &str = "`mcp-host login ";

/// Why a script gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Syntax,
    UnknownImport,
    NotStatic,
    ImportDenied,
    BadArguments,
    /// The script threw something of its own.
    Exception,
    ToolFailed,
    ServerUnavailable,
    LoginRequired,
    LimitFuel,
    LimitMemory,
    LimitCalls,
    LimitTime,
    ResultTooLarge,
    RunNotFound,
    /// The run is over.
    RunExpired,
    /// The run does not do again what its ledger says.
    ReplayDiverged,
    /// The user refused a call, and the script did not catch that.
    ApprovalDenied,
    /// The user did not decide in time.
    ApprovalExpired,
    SkillNotFound,
    Cancelled,
    /// Too many scripts wait or run.
    Busy,
    Internal,
}

impl Code {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownImport => "unknown_import",
            Self::NotStatic => "not_static",
            Self::ImportDenied => "import_denied",
            Self::BadArguments => "bad_arguments",
            Self::Exception => "exception",
            Self::ToolFailed => "tool_failed",
            Self::ServerUnavailable => "server_unavailable",
            Self::LoginRequired => "login_required",
            Self::LimitFuel => "limit_fuel",
            Self::LimitMemory => "limit_memory",
            Self::LimitCalls => "limit_calls",
            Self::LimitTime => "limit_time",
            Self::ResultTooLarge => "result_too_large",
            Self::RunNotFound => "run_not_found",
            Self::RunExpired => "run_expired",
            Self::ReplayDiverged => "replay_diverged",
            Self::ApprovalDenied => "approval_denied",
            Self::ApprovalExpired => "approval_expired",
            Self::SkillNotFound => "skill_not_found",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    /// The code of an outcome that is not a result.
    pub(crate) fn of(report: &Report) -> Self {
        match &report.outcome {
            Outcome::Failed { message } => match &report.failed_call {
                Some(call) if call.case == "invalid-arguments" => Self::BadArguments,
                // The bridge's error has the command that logs in.
                Some(call) if call.case == "unavailable" && message.contains(LOGIN) => {
                    Self::LoginRequired
                }
                Some(_) => Self::ToolFailed,
                None => Self::Exception,
            },
            Outcome::Finished | Outcome::Paused | Outcome::Trapped { .. } => Self::Exception,
            Outcome::OutOfFuel { .. } => Self::LimitFuel,
            Outcome::OutOfMemory { .. } => Self::LimitMemory,
            Outcome::TimedOut { .. } => Self::LimitTime,
            Outcome::BudgetExhausted { .. } => Self::LimitCalls,
            Outcome::OutputTooLarge { .. } => Self::ResultTooLarge,
            Outcome::Denied { .. } => Self::ImportDenied,
            Outcome::LinkError { .. } => Self::UnknownImport,
            Outcome::Cancelled { .. } => Self::Cancelled,
        }
    }
}

/// A failure before anything ran.
pub(crate) fn refused(code: Code, run: &str, what: &str, hint: Option<&str>) -> Answer {
    let mut text = format!(
        "error {}  run {run}  0 calls made: safe to retry\n",
        code.name()
    );
    text.push_str(&cut(what));
    if let Some(hint) = hint {
        let _ = write!(text, "\n{}", cut(hint));
    }
    Answer {
        text,
        is_error: true,
        attached: Vec::new(),
        paused: None,
    }
}

/// A run that does not go on. Which of its calls changed something is not known any more.
pub(crate) fn given_up(code: Code, run: &str, made: usize, what: &str) -> Answer {
    let made = u32::try_from(made).unwrap_or(u32::MAX);
    let calls = Calls {
        made,
        changing: made,
        unfinished: 0,
        completed: Vec::new(),
    };
    Answer {
        text: format!(
            "error {}  run {run}  {}\n{}",
            code.name(),
            calls.risk(),
            cut(what)
        ),
        is_error: true,
        attached: Vec::new(),
        paused: None,
    }
}

/// A run that gave no result.
pub(crate) fn failed(run: &str, report: &Report, tools: &[LinkedTool], code: Code) -> Answer {
    let calls = Calls::of(report, tools);
    let mut text = format!("error {}  run {run}  {}\n", code.name(), calls.risk());
    text.push_str(&cut(&reason(report)));
    if calls.unfinished > 0 {
        let _ = write!(
            text,
            "\n{} of the calls had no answer yet",
            calls.unfinished
        );
    }
    if let Some(completed) = calls.completed() {
        let _ = write!(text, "\nCompleted before it: {completed}");
    }
    warnings(&mut text, report);
    Answer {
        text,
        is_error: true,
        attached: Vec::new(),
        paused: None,
    }
}

fn reason(report: &Report) -> String {
    match &report.outcome {
        Outcome::Failed { message }
        | Outcome::Trapped { message }
        | Outcome::Denied { message }
        | Outcome::LinkError { message }
        | Outcome::Cancelled { message } => message.clone(),
        Outcome::OutOfFuel { fuel } => {
            format!("the script used up its {fuel} units of fuel: do less, or in several runs")
        }
        Outcome::OutOfMemory { quota, limit } => {
            format!(
                "the script needed more than its limit of {} for `{}`: hold less at once",
                quota.show(*limit),
                quota.key()
            )
        }
        Outcome::TimedOut { timeout_ms } => {
            format!("the script was not done after {timeout_ms} ms: do less, or in several runs")
        }
        Outcome::BudgetExhausted { calls } => {
            format!("the script used up its {calls} tool calls: make fewer, or in several runs")
        }
        Outcome::OutputTooLarge { output } => {
            format!("the result is larger than {output} bytes: return less of it")
        }
        Outcome::Finished | Outcome::Paused => String::new(),
    }
}

/// A run that finished, with as much of its result as fits.
pub(crate) fn finished(run: &str, report: &Report, max_tokens: usize) -> Answer {
    let calls = report.calls();
    let plural = if calls == 1 { "" } else { "s" };
    let ms = report.time.run_ms.round();
    let mut text = format!("ok  run {run}  {calls} call{plural}  {ms} ms\n");
    let result = report.result.as_deref().unwrap_or("null");
    text.push_str(&fitting(result, run, max_tokens));
    warnings(&mut text, report);
    Answer {
        text,
        is_error: false,
        attached: Vec::new(),
        paused: None,
    }
}

/// The result of a run that finished before.
pub(crate) fn again(run: &str, calls: usize, result: &str, max_tokens: usize) -> Answer {
    let plural = if calls == 1 { "" } else { "s" };
    let mut text = format!("ok  run {run}  {calls} call{plural}, finished before\n");
    text.push_str(&fitting(result, run, max_tokens));
    Answer {
        text,
        is_error: false,
        attached: Vec::new(),
        paused: None,
    }
}

fn warnings(text: &mut String, report: &Report) {
    for warning in &report.warnings {
        let _ = write!(text, "\nwarning: {}", cut(warning));
    }
}

/// The calls of a run, for the agent's decision to run it again.
struct Calls {
    made: u32,
    /// Those that may have changed something.
    changing: u32,
    /// Those whose answer had not come.
    unfinished: u32,
    completed: Vec<(String, u32)>,
}

impl Calls {
    fn of(report: &Report, tools: &[LinkedTool]) -> Self {
        let mut calls = Self {
            made: report.calls(),
            changing: 0,
            unfinished: 0,
            completed: Vec::new(),
        };
        for (name, used) in report.tools.iter() {
            let reads = tools
                .iter()
                .any(|tool| format!("{}/{}", tool.server, tool.tool) == name && tool.read_only);
            if !reads {
                calls.changing += used.calls;
            }
            let done = used.calls.saturating_sub(used.errors + used.unfinished);
            calls.unfinished += used.unfinished;
            if done > 0 {
                let tool = name.split_once('/').map_or(name, |(_, tool)| tool);
                calls.completed.push((shown(tool), done));
            }
        }
        calls
    }

    fn risk(&self) -> String {
        let plural = if self.made == 1 { "" } else { "s" };
        match (self.made, self.changing) {
            (0, _) => "0 calls made: safe to retry".to_owned(),
            (made, 0) => format!("{made} call{plural} made, all read-only: safe to retry"),
            (made, changing) => format!(
                "{made} call{plural} made, {changing} may have changed data: do not rerun blindly"
            ),
        }
    }

    fn completed(&self) -> Option<String> {
        if self.completed.is_empty() {
            return None;
        }
        let calls = self.completed.iter();
        let calls: Vec<_> = calls
            .map(|(tool, times)| format!("{tool} x{times}"))
            .collect();
        Some(calls.join(", "))
    }
}

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    mcp_bridge::text::cut(text, LONGEST_ERROR)
}

#[cfg(test)]
#[path = "answer/tests.rs"]
mod tests;
