//! The text of an answer to the agent. Each failure has a code, and says how many calls were made and whether it is
//! safe to run the script again.

mod calls;
mod fitting;
pub(crate) mod unavailable;

pub(crate) use calls::{Calls, Made};
pub(crate) use fitting::grouped;

use std::fmt::Write as _;
use std::time::Duration;

use fitting::fitting;
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
    /// A failure with this text.
    pub(crate) fn error(text: String) -> Self {
        Self {
            text,
            is_error: true,
            attached: Vec::new(),
            paused: None,
        }
    }

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
    /// A saved skill whose tools, or whose bytes, are not those that were saved.
    SkillDrifted,
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
            Self::SkillDrifted => "skill_drifted",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }

    /// Whether the same script may give another result when it is sent again. A refusal stays one.
    fn is_safe_again(self) -> bool {
        match self {
            Self::Syntax
            | Self::NotStatic
            | Self::ImportDenied
            | Self::BadArguments
            | Self::RunNotFound
            | Self::RunExpired
            | Self::ReplayDiverged
            | Self::ApprovalDenied
            | Self::ApprovalExpired
            | Self::SkillNotFound
            | Self::SkillDrifted => false,
            Self::UnknownImport
            | Self::Exception
            | Self::ToolFailed
            | Self::ServerUnavailable
            | Self::LoginRequired
            | Self::LimitFuel
            | Self::LimitMemory
            | Self::LimitCalls
            | Self::LimitTime
            | Self::ResultTooLarge
            | Self::Cancelled
            | Self::Busy
            | Self::Internal => true,
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

/// A failure before a script ran, or went on.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: Code, what: impl Into<String>) -> Self {
        Self {
            code,
            what: what.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(self, hint: Option<impl Into<String>>) -> Self {
        Self {
            hint: hint.map(Into::into),
            ..self
        }
    }

    /// The answer. `made` are the calls of earlier parts of this run.
    pub(crate) fn answer(&self, run: &str, made: Made) -> Answer {
        let words = made.words(self.code.is_safe_again());
        let mut text = format!("error {}  run {run}  {words}\n", self.code.name());
        text.push_str(&cut(&self.what));
        if let Some(hint) = &self.hint {
            let _ = write!(text, "\n{}", cut(hint));
        }
        Answer::error(text)
    }
}

/// A failure before anything ran.
pub(crate) fn refused(code: Code, run: &str, what: &str) -> Answer {
    Refusal::new(code, what).answer(run, Made::NONE)
}

/// A run that does not go on.
pub(crate) fn given_up(code: Code, run: &str, made: Made, what: &str) -> Answer {
    Refusal::new(code, what).answer(run, made)
}

/// A run that gave no result.
pub(crate) fn failed(run: &str, report: &Report, tools: &[LinkedTool], code: Code) -> Answer {
    let calls = Calls::of(report, tools);
    let words = calls
        .made
        .words(code.is_safe_again() && !fails_again(report));
    let mut text = format!("error {}  run {run}  {words}\n", code.name());
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
    Answer::error(text)
}

/// Whether the call that failed the script fails in the same way when it is made again. The script's error says
/// `retryable: no` then.
fn fails_again(report: &Report) -> bool {
    let is_final = |case: &str| !matches!(case, "timed-out" | "unavailable");
    let call = report.failed_call.as_ref();
    matches!(report.outcome, Outcome::Failed { .. }) && call.is_some_and(|call| is_final(call.case))
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

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    mcp_bridge::text::cut(text, LONGEST_ERROR)
}

#[cfg(test)]
#[path = "answer/tests.rs"]
mod tests;
