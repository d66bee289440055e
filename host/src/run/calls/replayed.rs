//! Counts the calls of a replay as those of the recorded run were counted. Makes none.

use mcp_bridge::CallToolResult;
use mcp_codec::json;
use serde_json::Value;

use super::{CallTracker, answer_size, failure};
use crate::contract::ToolError;
use crate::recording::Call;
use crate::report::ToolUse;

impl CallTracker {
    /// Counts a call that an earlier part of the run made: a resumed run has no fresh budget.
    pub(crate) fn admitted_before(&self) {
        // Its answer is on record, also where it was over the budget.
        drop(self.stats.admit(self.limit));
    }

    /// Counts a call that a recording answered. A call that was rejected, or whose arguments are not a JSON object, had
    /// not reached a server.
    pub(crate) fn replayed(&self, call: &Call, answer: &Result<Box<CallToolResult>, ToolError>) {
        let Call::Tool {
            server,
            tool,
            arguments: arguments @ Value::Object(_),
        } = call
        else {
            return;
        };
        if let Err(ToolError::Denied(_) | ToolError::NotFound(_) | ToolError::BudgetExhausted(_)) =
            answer
        {
            return;
        }
        let failed = !matches!(answer, Ok(answer) if answer.is_error != Some(true));
        self.note(server, tool, failure(answer));
        let used = ToolUse {
            calls: 1,
            errors: u32::from(failed),
            bytes_in: json::size(arguments) as u64,
            bytes_out: answer.as_ref().map_or(0, |answer| answer_size(answer)) as u64,
            ..ToolUse::default()
        };
        self.stats.record(server, tool, used);
    }

    /// Counts a call of a recording that ended before an answer came: it was sent.
    pub(crate) fn unanswered(&self, call: &Call) {
        if let Call::Tool {
            server,
            tool,
            arguments: arguments @ Value::Object(_),
        } = call
        {
            let bytes_in = json::size(arguments) as u64;
            self.stats.sent(server, tool, bytes_in);
        }
    }
}
