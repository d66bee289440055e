//! What each session searched for last, and which tools it found: a run that is kept has the searches that led to it,
//! and a skill that is made of the run is found by their words. Bounded, and gone after half an hour.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mcp_host::Linked;

const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// Searches of all sessions together.
const MOST: usize = 1_000;

/// Searches of one run.
const MOST_OF_RUN: usize = 8;

/// Hits of a search that are kept: the first ones are those that the agent wanted.
const MOST_HITS: usize = 8;

/// Bytes of a search. More is a document, and no search.
const LONGEST: usize = 200;

#[derive(Default)]
pub(crate) struct Searched(Mutex<VecDeque<Search>>);

struct Search {
    scope: u64,
    at: Instant,
    text: String,
    /// Server and tool.
    found: Vec<(String, String)>,
}

impl Searched {
    /// Keeps a search of this session, and the servers and tools that it found, if it found any.
    pub(crate) fn note<'h>(
        &self,
        scope: u64,
        text: &str,
        hits: impl Iterator<Item = (&'h str, &'h str)>,
    ) {
        let hits = hits.take(MOST_HITS);
        let search = Search {
            scope,
            at: Instant::now(),
            text: text.to_owned(),
            found: hits
                .map(|(server, tool)| (server.to_owned(), tool.to_owned()))
                .collect(),
        };
        if search.found.is_empty() || text.trim().is_empty() || text.len() > LONGEST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|old| (old.scope, &old.text) != (scope, &search.text));
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back(search);
    }

    /// The last searches of this session that found a tool that the script imports, the last one first.
    pub(crate) fn that_found(&self, scope: u64, linked: &Linked) -> Vec<String> {
        let tools = linked.tools();
        self.last(scope, |server, name| {
            tools
                .iter()
                .any(|tool| tool.server == server && tool.tool == name)
        })
    }

    fn last(&self, scope: u64, is_used: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|search| search.at.elapsed() < KEPT_FOR);
        let own = kept.iter().rev().filter(|search| search.scope == scope);
        let own = own.filter(|search| {
            let mut found = search.found.iter();
            found.any(|(server, name)| is_used(server, name))
        });
        own.take(MOST_OF_RUN)
            .map(|search| search.text.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_its_own_searches_that_found_a_tool_of_the_run() {
        let searched = Searched::default();
        searched.note(1, "stale issues", [("github", "list_issues")].into_iter());
        searched.note(1, "weather", [("weather", "forecast")].into_iter());
        searched.note(1, "nothing", [].into_iter());
        searched.note(
            1,
            &"x".repeat(LONGEST + 1),
            [("github", "list_issues")].into_iter(),
        );
        searched.note(2, "of another", [("github", "list_issues")].into_iter());
        searched.note(1, "open issues", [("github", "list_issues")].into_iter());
        searched.note(1, "stale issues", [("github", "list_issues")].into_iter());
        let is_used = |server: &str, name: &str| (server, name) == ("github", "list_issues");
        assert_eq!(searched.last(1, is_used), ["stale issues", "open issues"]);
        assert_eq!(searched.last(3, is_used), [""; 0]);
    }

    #[test]
    fn the_oldest_searches_make_room() {
        let searched = Searched::default();
        for number in 0..MOST + 5 {
            searched.note(1, &number.to_string(), [("a", "b")].into_iter());
        }
        let last = searched.last(1, |_, _| true);
        assert_eq!(last.len(), MOST_OF_RUN);
        assert_eq!(last[0], (MOST + 4).to_string());
        let kept = searched.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(kept.len(), MOST);
    }
}
