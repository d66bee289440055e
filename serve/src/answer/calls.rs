//! The calls that a run made, in the words with which an agent decides whether it sends the script again. Every first
//! line of a failure has them from here.

use mcp_codegen::names::shown;
use mcp_host::{Ledger, LinkedTool, Report};

/// How many calls were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// So many, and so many of them may have changed something.
    Known { calls: u32, changing: u32 },
    /// The ledger of the run cannot be read now, or the run ended without a report.
    Unknown,
}

impl Made {
    /// Nothing ran.
    pub(crate) const NONE: Self = Self::Known {
        calls: 0,
        changing: 0,
    };

    /// The calls that a ledger has.
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let (mut calls, mut changing) = (0_u32, 0_u32);
        for call in ledger.calls() {
            if call.was_sent() && call.function() == "tool" {
                calls = calls.saturating_add(1);
                changing = changing.saturating_add(u32::from(call.may_have_changed()));
            }
        }
        Self::Known { calls, changing }
    }

    /// Both of them. `again`: the same script may give another result.
    pub(crate) fn words(self, again: bool) -> String {
        let retry = if again { ": safe to retry" } else { "" };
        match self {
            Self::Unknown => "calls may have been made: do not rerun blindly".to_owned(),
            Self::Known { calls: 0, .. } if !again => "no call was made".to_owned(),
            Self::Known { calls: 0, .. } => "0 calls made: safe to retry".to_owned(),
            Self::Known { calls, changing: 0 } => {
                format!("{}, all read-only{retry}", counted(calls))
            }
            Self::Known { calls, changing } => format!(
                "{}, {changing} may have changed data: do not rerun blindly",
                counted(calls)
            ),
        }
    }
}

fn counted(calls: u32) -> String {
    let plural = if calls == 1 { "" } else { "s" };
    format!("{calls} call{plural} made")
}

/// The calls of a run that is over.
pub(crate) struct Calls {
    pub(crate) made: Made,
    /// Those whose answer had not come.
    pub(super) unfinished: u32,
    completed: Vec<(String, u32)>,
}

impl Calls {
    pub(crate) fn of(report: &Report, tools: &[LinkedTool]) -> Self {
        let (mut changing, mut unfinished, mut completed) = (0, 0, Vec::new());
        for (name, used) in report.tools.iter() {
            let reads = tools
                .iter()
                .any(|tool| format!("{}/{}", tool.server, tool.tool) == name && tool.read_only);
            if !reads {
                changing += used.calls;
            }
            let done = used.calls.saturating_sub(used.errors + used.unfinished);
            unfinished += used.unfinished;
            if done > 0 {
                let tool = name.split_once('/').map_or(name, |(_, tool)| tool);
                completed.push((shown(tool), done));
            }
        }
        Self {
            made: Made::Known {
                calls: report.calls(),
                changing,
            },
            unfinished,
            completed,
        }
    }

    pub(super) fn completed(&self) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_may_be_sent_again_is_safe_to_retry() {
        let known = |calls, changing| Made::Known { calls, changing };
        let words = [
            (
                Made::NONE,
                "0 calls made: safe to retry",
                "no call was made",
            ),
            (
                known(1, 0),
                "1 call made, all read-only: safe to retry",
                "1 call made, all read-only",
            ),
            (
                known(3, 2),
                "3 calls made, 2 may have changed data: do not rerun blindly",
                "3 calls made, 2 may have changed data: do not rerun blindly",
            ),
            (
                Made::Unknown,
                "calls may have been made: do not rerun blindly",
                "calls may have been made: do not rerun blindly",
            ),
        ];
        for (made, again, never) in words {
            assert_eq!(made.words(true), again);
            assert_eq!(made.words(false), never);
        }
    }
}
