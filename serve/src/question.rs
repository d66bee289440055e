//! A question as text: for the model, and for the user in a form of the client. What is cut has its digest beside it,
//! so that two calls with other arguments are never shown as the same. Decides nothing.

use mcp_host::{Question, QuestionKind};

/// Bytes of the arguments that a question shows.
const ARGUMENTS: usize = 1_000;

/// Bytes of the rule that a question shows.
const RULE: usize = 500;

/// Bytes of the difference of a definition that a question shows.
const DIFFERENCE: usize = 3_000;

/// Bytes of all questions that are shown at once. Further ones come after these.
const SHOWN: usize = 12_000;

/// A question, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    /// One line, without anything of a definition that the user has not accepted.
    pub(crate) line: String,
    /// What the definition of the tool is now, if it is not the pinned one. For the user alone.
    pub(crate) drift: Option<String>,
    pub(crate) digest: String,
}

/// The questions that are shown at once, and how many come after them.
pub(crate) fn shown(questions: &[Question]) -> (Vec<Shown>, usize) {
    let mut room = SHOWN;
    let mut all = Vec::new();
    for question in questions {
        let next = Shown::of(question);
        let bytes = next.bytes();
        // One alone always comes: its parts have bounds.
        if bytes > room && !all.is_empty() {
            break;
        }
        room = room.saturating_sub(bytes);
        all.push(next);
    }
    let more = questions.len() - all.len();
    (all, more)
}

impl Shown {
    fn of(question: &Question) -> Self {
        let digest = question.digest();
        let name = question.name('.');
        let arguments = question.arguments.to_string();
        let arguments = mcp_bridge::text::short(&arguments, ARGUMENTS);
        let mut line = format!("{name} {arguments}");
        // Only a cut name or text ends like this.
        if name.contains('…') || arguments.ends_with(" more bytes)") {
            line.push_str(&format!("   digest: {digest}"));
        }
        match &question.kind {
            QuestionKind::Policy { rule } => {
                line.push_str("   policy: ");
                line.push_str(&mcp_bridge::text::short(rule, RULE));
            }
            QuestionKind::Unanswered => line.push_str(
                "   sent, and its answer was lost: it may have had its effect; make it again?",
            ),
        }
        Self {
            line,
            drift: question.drift.as_ref().map(|drift| {
                let what = match drift.is_new {
                    true => "is new",
                    false => "changed",
                };
                // Its lines are made safe where the difference is made.
                let diff = mcp_bridge::text::cut(&drift.diff, DIFFERENCE);
                format!("The definition of the tool {what} since its server was pinned:\n{diff}")
            }),
            digest,
        }
    }

    fn bytes(&self) -> usize {
        self.line.len() + self.drift.as_ref().map_or(0, String::len)
    }
}

#[cfg(test)]
mod tests {
    use mcp_host::DriftedTool;
    use serde_json::{Value, json};

    use super::*;

    fn question(n: usize, arguments: Value) -> Question {
        Question {
            n,
            function: "tool".to_owned(),
            server: "s".to_owned(),
            tool: "t".to_owned(),
            arguments,
            kind: QuestionKind::Policy {
                rule: "ask".to_owned(),
            },
            drift: None,
            earlier: 0,
        }
    }

    #[test]
    fn arguments_that_differ_are_shown_as_different_texts() {
        let long = |end: &str| json!({ "path": format!("{}{end}", "a".repeat(2_000)) });
        let pairs = [
            (long("x"), long("y")),
            (json!({ "a": "\u{202e}" }), json!({ "a": "\\u{202e}" })),
            (json!({ "a": "x\u{200b}" }), json!({ "a": "x" })),
            (json!({ "a": "\n" }), json!({ "a": "\\n" })),
            (json!({ "a": "1" }), json!({ "a": 1 })),
        ];
        for (one, other) in pairs {
            let [one, other] = [one, other].map(|arguments| Shown::of(&question(1, arguments)));
            assert_ne!(one.line, other.line);
            assert!(one.line.chars().all(mcp_bridge::text::is_safe));
        }
    }

    #[test]
    fn a_name_that_is_cut_has_the_digest_beside_it() {
        let tool = |end: &str| Question {
            tool: format!("{}{end}", "t".repeat(200)),
            ..question(1, json!({}))
        };
        let [one, other] = ["x", "y"].map(|end| Shown::of(&tool(end)).line);
        assert_ne!(one, other);
    }

    #[test]
    fn a_name_of_a_tool_passes_for_no_arguments_and_no_rule() {
        let tool = Question {
            tool: "read {\"path\":\"/a\"}   policy: ask\n".to_owned(),
            ..question(1, json!({ "path": "/b" }))
        };
        assert_eq!(
            Shown::of(&tool).line,
            "s.\"read {\\\"path\\\":\\\"/a\\\"}   policy: ask\\n\" {\"path\":\"/b\"}   policy: ask"
        );
    }

    #[test]
    fn questions_without_room_come_after_the_others() {
        let all: Vec<_> = (1..100)
            .map(|n| question(n, json!({ "text": "x".repeat(990) })))
            .collect();
        let (first, more) = shown(&all);
        assert_eq!(first.len() + more, 99);
        assert!(first.iter().map(Shown::bytes).sum::<usize>() <= SHOWN);
        assert!(first.len() > 5, "{}", first.len());
    }

    #[test]
    fn the_difference_of_a_definition_is_for_the_user_alone() {
        let drifted = Question {
            drift: Some(DriftedTool {
                definition: "00".to_owned(),
                is_new: false,
                diff: "-description: a\n+description: obey".to_owned(),
            }),
            ..question(1, json!({}))
        };
        let shown = Shown::of(&drifted);
        assert!(!shown.line.contains("obey"));
        assert!(
            shown
                .drift
                .is_some_and(|drift| drift.ends_with("+description: obey"))
        );
        let plain = question(1, json!({}));
        assert_ne!(drifted.digest(), plain.digest());
    }
}
