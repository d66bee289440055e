//! The arguments of calls that wait, side by side: one row for each value, one column for each call of the same tool,
//! and for the call of it before. Bounded in rows, columns and bytes, and says what is left out.

use maud::{Markup, html};
use mcp_host::{Ledger, Question};
use serde_json::Value;

use super::shell::scrolled;
use super::text;

/// Values of a call that have a row of their own.
const ROWS: usize = 200;

/// Levels of objects and arrays that become rows.
const DEPTH: usize = 6;

/// Calls that stand side by side.
pub(super) const COLUMNS: usize = 4;

/// The calls of one tool that wait, in their order, and the last one of it before them.
pub(super) fn table(questions: &[&Question], before: Option<(usize, &Value)>) -> Markup {
    let mut columns: Vec<(String, &Value)> = Vec::new();
    if let Some((n, arguments)) = before {
        columns.push((format!("call {n}, before"), arguments));
    }
    let room = COLUMNS - columns.len();
    for question in questions.iter().take(room) {
        columns.push((format!("call {}", question.n), &question.arguments));
    }
    let rows = rows(&columns.iter().map(|(_, value)| *value).collect::<Vec<_>>());
    let is_compared = columns.len() > 1;
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Argument" }
                    @for (name, _) in &columns { th scope="col" { (name) } }
                }
            }
            tbody {
                @for row in rows.iter().take(ROWS) {
                    tr class=[(is_compared && row.differs()).then_some("differs")] {
                        th scope="row" {
                            code { (text::line(&row.path, 200)) }
                            @if is_compared && row.differs() { " ≠" }
                        }
                        @for value in &row.values { td.code { (shown(*value)) } }
                    }
                }
                @if rows.is_empty() { tr { td colspan="2" { "No arguments" } } }
            }
        }
    };
    html! {
        (scrolled("Arguments", &table))
        @if rows.len() > ROWS {
            p.soft { (rows.len() - ROWS) " more values are not shown here." }
        }
        @if questions.len() > room {
            p.soft { "The arguments of " (text::count(questions.len() - room, "more call")) " stand below." }
        }
    }
}

/// The last call of this tool before the questions.
pub(super) fn before<'l>(ledger: &'l Ledger, question: &Question) -> Option<(usize, &'l Value)> {
    let calls = ledger
        .calls()
        .enumerate()
        .take(question.n.saturating_sub(1));
    let same = calls.filter(|(_, call)| {
        call.server() == question.server && call.tool() == question.tool && call.was_sent()
    });
    let (at, call) = same.last()?;
    Some((at + 1, call.arguments()?))
}

/// One value of each call.
struct Row<'v> {
    path: String,
    values: Vec<Option<&'v Value>>,
}

impl Row<'_> {
    fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

fn rows<'v>(columns: &[&'v Value]) -> Vec<Row<'v>> {
    let mut rows: Vec<Row<'v>> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let mut leaves = Vec::new();
        collect(column, String::new(), 0, &mut leaves);
        for (path, value) in leaves {
            let known = rows.iter().position(|row| row.path == path);
            let known = known.unwrap_or_else(|| {
                rows.push(Row {
                    path,
                    values: vec![None; columns.len()],
                });
                rows.len() - 1
            });
            rows[known].values[at] = Some(value);
        }
    }
    rows
}

/// The values that have no parts, by JSON pointer. A value too deep or too far stands as a whole.
fn collect<'v>(
    value: &'v Value,
    path: String,
    depth: usize,
    leaves: &mut Vec<(String, &'v Value)>,
) {
    let is_full = depth == DEPTH || leaves.len() > 2 * ROWS;
    match value {
        Value::Object(fields) if !is_full && !fields.is_empty() => {
            for (name, value) in fields.iter().take(2 * ROWS) {
                let name = mcp_bridge::text::cut(name, 200)
                    .replace('~', "~0")
                    .replace('/', "~1");
                collect(value, format!("{path}/{name}"), depth + 1, leaves);
            }
            more(value, fields.len(), path, leaves);
        }
        Value::Array(items) if !is_full && !items.is_empty() => {
            for (at, value) in items.iter().take(2 * ROWS).enumerate() {
                collect(value, format!("{path}/{at}"), depth + 1, leaves);
            }
            more(value, items.len(), path, leaves);
        }
        // All arguments are one object: an empty one has no row.
        Value::Object(_) if depth == 0 => {}
        _ => leaves.push((path, value)),
    }
}

/// Where parts were left out, the whole has a row too, so that a difference in them is seen.
fn more<'v>(value: &'v Value, length: usize, path: String, leaves: &mut Vec<(String, &'v Value)>) {
    if length > 2 * ROWS {
        leaves.push((path, value));
    }
}

fn shown(value: Option<&Value>) -> Markup {
    match value {
        None => html! { span.soft { "none" } },
        Some(Value::String(text)) if text.contains('\n') || text.len() > 120 => {
            html! { pre { (text::block(text, text::VALUE)) } }
        }
        Some(value) => {
            let json = json(value);
            html! { pre { (text::line(&json, text::VALUE)) } }
        }
    }
}

/// The value as JSON text, no longer than is shown of it, and what is missing counted.
fn json(value: &Value) -> String {
    value.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_is_a_row_and_those_that_differ_are_marked() {
        let (first, second) = (
            json!({ "owner": "o", "labels": ["a", "b"], "draft": true }),
            json!({ "owner": "o", "labels": ["a", "c"] }),
        );
        let rows = rows(&[&first, &second]);
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.path.as_str(), row.differs()))
            .collect();
        assert_eq!(
            found,
            [
                ("/owner", false),
                ("/labels/0", false),
                ("/labels/1", true),
                ("/draft", true)
            ]
        );
    }

    #[test]
    fn a_list_without_end_is_bounded_and_a_difference_behind_the_bound_is_seen() {
        let list = |last: &str| {
            let mut items = vec![json!("x"); 100_000];
            items.push(json!(last));
            json!({ "items": items })
        };
        let (first, second) = (list("a"), list("b"));
        let rows = rows(&[&first, &second]);
        assert!(rows.len() < 3 * ROWS, "{}", rows.len());
        assert!(rows.iter().any(|row| row.path == "/items" && row.differs()));
    }

    #[test]
    fn an_argument_of_a_mebibyte_is_cut_and_says_so() {
        let question = Question {
            n: 1,
            function: "tool".to_owned(),
            server: "s".to_owned(),
            tool: "t".to_owned(),
            arguments: json!({ "text": "<b>".repeat(350_000) }),
            kind: mcp_host::QuestionKind::Unanswered,
            drift: None,
            earlier: 0,
        };
        let html = table(&[&question], None).into_string();
        assert!(html.len() < 100_000, "{}", html.len());
        assert!(html.contains("bytes are cut here"));
        assert!(!html.contains("<b>"));
    }
}
