//! Answers as results of a call.

use rmcp::model::CallToolResult;

use crate::answer::Answer;
use crate::attached;
use crate::elicit::Asked;

/// Says why a run still waits, although its client was to ask.
pub(super) fn note(answer: &mut Answer, asked: &Asked) {
    if answer.paused.is_some() && *asked == Asked::ByItself {
        answer
            .text
            .push_str("\nThe client answered by itself: the user was not asked.");
    }
}

pub(super) fn result(answer: Answer) -> CallToolResult {
    let is_error = answer.is_error;
    let content = attached::content(answer);
    match is_error {
        true => CallToolResult::error(content),
        false => CallToolResult::success(content),
    }
}
