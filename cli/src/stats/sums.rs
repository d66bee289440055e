//! Adds up runs, in all and by server, tool or day. Reads no file.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use clap::ValueEnum;
use serde::Serialize;

use super::record::Run;

/// What the runs are added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Server,
    Tool,
    Day,
}

/// Sums of some runs.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Sums {
    pub(super) runs: u64,
    /// Part of `runs`: those without a result.
    pub(super) failed: u64,
    pub(super) calls: u64,
    /// Part of `calls`.
    pub(super) errors: u64,
    /// Bytes of arguments.
    pub(super) bytes_to_tools: u64,
    /// Bytes of results.
    pub(super) bytes_from_tools: u64,
    /// Bytes of answers. Not known for a server or a tool: an answer is that of a whole run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes_to_model: Option<u64>,
}

impl Sums {
    /// Bytes that tools gave and the model did not get. Negative where a script writes more than it reads.
    pub(super) fn saved(&self) -> Option<i128> {
        let model = self.bytes_to_model?;
        Some(i128::from(self.bytes_from_tools) - i128::from(model))
    }

    fn add(&mut self, run: &Run) {
        *self.bytes_to_model.get_or_insert(0) += run.answer;
        if run.is_answer() {
            return;
        }
        self.runs += 1;
        self.failed += u64::from(run.outcome != "finished");
        for tool in &run.tools {
            self.add_tool(tool);
        }
    }

    fn add_tool(&mut self, tool: &super::record::Tool) {
        self.calls += tool.calls;
        self.errors += tool.errors;
        self.bytes_to_tools += tool.sent;
        self.bytes_from_tools += tool.received;
    }
}

/// The sums of all runs, and those by server, tool or day: the largest first, days in their order.
pub(super) fn sums(runs: &[Run], by: By) -> (Sums, Vec<(String, Sums)>) {
    let mut all = Sums {
        bytes_to_model: Some(0),
        ..Sums::default()
    };
    let mut parts: BTreeMap<String, Sums> = BTreeMap::new();
    for run in runs {
        all.add(run);
        if by == By::Day {
            parts.entry(day(run.at_ms)).or_default().add(run);
            continue;
        }
        let mut seen = Vec::new();
        for tool in &run.tools {
            let key = match by {
                By::Tool => format!("{}/{}", tool.server, tool.tool),
                By::Server | By::Day => tool.server.clone(),
            };
            let sums = parts.entry(key.clone()).or_default();
            sums.add_tool(tool);
            if !seen.contains(&key) {
                sums.runs += 1;
                sums.failed += u64::from(run.outcome != "finished");
                seen.push(key);
            }
        }
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    if by != By::Day {
        parts.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.bytes_from_tools));
    }
    (all, parts)
}

/// `2026-11-30`, in UTC.
fn day(at_ms: u64) -> String {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(at_ms));
    let text = time.and_then(|time| {
        // A time beyond the year 9999 has no such form.
        let most = Duration::from_secs(253_402_300_799);
        let is_shown = time
            .duration_since(UNIX_EPOCH)
            .is_ok_and(|since| since <= most);
        is_shown.then(|| humantime::format_rfc3339_seconds(time).to_string())
    });
    text.map_or_else(|| "unknown".to_owned(), |text| text[..10].to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::record::Tool;
    use super::*;

    fn tool(server: &str, tool: &str, received: u64) -> Tool {
        Tool {
            server: server.to_owned(),
            tool: tool.to_owned(),
            calls: 2,
            errors: 1,
            sent: 10,
            received,
        }
    }

    fn runs() -> [Run; 2] {
        let run = |at_ms, outcome: &str, answer, tools| Run {
            at_ms,
            by: "serve".to_owned(),
            outcome: outcome.to_owned(),
            answer,
            tools,
        };
        let first = vec![
            tool("a", "x", 500),
            tool("a", "y", 100),
            tool("b", "x", 300),
        ];
        [
            run(0, "finished", 50, first),
            run(86_400_000, "failed", 2_000, vec![tool("b", "x", 900)]),
        ]
    }

    #[test]
    fn an_answer_of_another_tool_is_no_run_and_went_to_the_model() {
        let answers = ["search_tools", "describe_tools"].map(|tool| Run::of_answer(tool, 70));
        let (all, parts) = sums(&answers, By::Day);
        assert_eq!(
            (all.runs, all.failed, all.bytes_to_model),
            (0, 0, Some(140))
        );
        assert_eq!(parts[0].1.saved(), Some(-140));
    }

    #[test]
    fn bytes_and_calls_are_those_of_all_runs() {
        let (all, _) = sums(&runs(), By::Server);
        let expected = Sums {
            runs: 2,
            failed: 1,
            calls: 8,
            errors: 4,
            bytes_to_tools: 40,
            bytes_from_tools: 1_800,
            bytes_to_model: Some(2_050),
        };
        assert_eq!(all, expected);
        assert_eq!(all.saved(), Some(-250));
        assert_eq!(sums(&[], By::Day).0.saved(), Some(0));
    }

    #[test]
    fn run_counts_once_for_each_server_and_tool_that_it_used() {
        let shown = |by| {
            let (_, parts) = sums(&runs(), by);
            let parts = parts.iter();
            parts
                .map(|(key, sums)| {
                    format!(
                        "{key} {} {} {}",
                        sums.runs, sums.failed, sums.bytes_from_tools
                    )
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(By::Server), ["b 2 1 1200", "a 1 0 600"]);
        assert_eq!(
            shown(By::Tool),
            ["b/x 2 1 1200", "a/x 1 0 500", "a/y 1 0 100"]
        );
        assert_eq!(shown(By::Day), ["1970-01-01 1 0 900", "1970-01-02 1 1 900"]);
        assert_eq!(day(u64::MAX), "unknown");
    }
}
