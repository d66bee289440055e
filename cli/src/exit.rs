//! Exit codes of both programs, and failed commands. Prints nothing: `out` does.

use std::process::ExitCode;

use mcp_host::{Digest, LinkError, Outcome, Report, ScriptError, Times};

/// For the `--help` of `mcp-host`; docs/cli.md has the same table.
pub(crate) const HELP: &str = "\
Exit codes:
  0    the skill finished; its result is on stdout
  1    the skill failed, or trapped, or a replay differs from its recording
  2    bad usage: an option, the input, the configuration, or a missing file
  3    a limit was hit: fuel, memory, time, calls or output
  4    refused by policy: the skill needs a grant that it does not have
  5    cannot link: not a skill, an import without a provider, or a tool that changed
  6    host fault: a server, a build, a disk, stdout or the host itself failed
  130  stopped by a signal";

/// The same for `mcp-codegen`, which has some of the codes.
pub(crate) const CODEGEN_HELP: &str = "\
Exit codes:
  0    done; tools that had to be left out are named on stderr
  1    `--check` found files that are stale or missing
  2    bad usage: an option, the configuration, or a file that is missing or not a tools/list answer
  6    host fault: a server failed, or the result could not be written
  130  stopped by a signal";

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Finished,
    SkillFailed,
    /// A replay differs from its recording.
    Differs,
    /// A case of `policy test` has another decision.
    CaseDiffers,
    /// Generated files are stale.
    Stale,
    Usage,
    Limit,
    Denied,
    Link,
    Host,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Finished => 0,
            Exit::SkillFailed | Exit::Differs | Exit::CaseDiffers | Exit::Stale => 1,
            Exit::Usage => 2,
            Exit::Limit => 3,
            Exit::Denied => 4,
            Exit::Link => 5,
            Exit::Host => 6,
            Exit::Interrupted => 130,
        })
    }
}

impl From<&Outcome> for Exit {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Finished => Self::Finished,
            Outcome::Failed { .. } | Outcome::Trapped { .. } => Self::SkillFailed,
            Outcome::OutOfFuel { .. }
            | Outcome::OutOfMemory { .. }
            | Outcome::TimedOut { .. }
            | Outcome::BudgetExhausted { .. }
            | Outcome::OutputTooLarge { .. } => Self::Limit,
            Outcome::Denied { .. } => Self::Denied,
            Outcome::LinkError { .. } => Self::Link,
            Outcome::Cancelled { .. } => Self::Interrupted,
        }
    }
}

impl Exit {
    /// The `outcome` of a JSON report if nothing ran.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::SkillFailed => "failed",
            Self::Differs => "replay-differs",
            Self::CaseDiffers => "case-differs",
            Self::Stale => "stale",
            Self::Usage => "usage-error",
            Self::Limit => "limit",
            Self::Denied => "denied",
            Self::Link => "link-error",
            Self::Host => "host-fault",
            Self::Interrupted => "cancelled",
        }
    }
}

/// A failed command: what failed, why, and a hint.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
    pub(crate) hint: Option<String>,
    pub(crate) report: Option<Box<Report>>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, error: anyhow::Error) -> Self {
        Self {
            exit,
            error,
            hint: None,
            report: None,
        }
    }

    pub(crate) fn usage(error: anyhow::Error) -> Self {
        Self::new(Exit::Usage, error)
    }

    pub(crate) fn host(error: anyhow::Error) -> Self {
        Self::new(Exit::Host, error)
    }

    pub(crate) fn interrupted(signal: &str) -> Self {
        Self::new(Exit::Interrupted, anyhow::anyhow!("stopped by {signal}"))
    }

    pub(crate) fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// The report of a run that failed before anything ran, with the error as its outcome.
    pub(crate) fn report(mut self, digest: Digest, time: Times) -> Self {
        let message = chain(self.error.as_ref());
        let outcome = match self.exit {
            Exit::Link => Outcome::LinkError { message },
            Exit::Denied => Outcome::Denied { message },
            // The others are not outcomes of a run.
            _ => return self,
        };
        self.report = Some(Box::new(Report::unstarted(outcome, digest, time)));
        self
    }

    /// The same error with a context.
    pub(crate) fn context(mut self, context: String) -> Self {
        self.error = self.error.context(context);
        self
    }

    /// Whether the reader of the result closed the pipe, as in `mcp-codegen wit github | head`.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
            .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

/// The error with its causes and without secrets, on one line unless they have several lines.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    hidden(&mcp_bridge::with_causes(error))
}

/// The text without the known secrets of the servers.
pub(crate) fn hidden(text: &str) -> String {
    String::from_utf8_lossy(&mcp_bridge::without_secrets(text.as_bytes())).into_owned()
}

/// What is wrong with a script, as JSON: code, place, message and hint of each.
pub(crate) fn diagnostics(error: &anyhow::Error) -> Option<serde_json::Value> {
    let found = error.chain().find_map(|cause| {
        let own = cause.downcast_ref::<ScriptError>();
        own.or_else(|| match cause.downcast_ref::<LinkError>() {
            Some(LinkError::Script { error, .. }) => Some(&**error),
            _ => None,
        })
    });
    found.map(|error| serde_json::json!(error.diagnostics()))
}
