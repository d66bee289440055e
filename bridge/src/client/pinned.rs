//! Which tools of a server may be called. A tool is compared with its pin when that matters: a catalog is large, and a
//! run uses little of it.

use std::sync::OnceLock;

use rmcp::model::Tool;

use crate::pins::{Drift, ServerPins};

/// The tools of one server as its pins see them. The tools themselves are the server's, in the order of its list.
pub(super) struct Pinned {
    pins: ServerPins,
    /// The tools whose names are pinned, where pins leave others out. `None`: all that the server lists.
    known: Option<Vec<Tool>>,
    /// Why each known tool may not be called.
    refusals: Box<[OnceLock<Option<Box<Drift>>>]>,
    /// The known tools that may be called, where some may not.
    accepted: OnceLock<Option<Vec<Tool>>>,
    drifts: OnceLock<Vec<Drift>>,
}

impl Pinned {
    pub(super) fn new(pins: ServerPins, listed: &[Tool]) -> Self {
        let all = listed.iter().all(|tool| pins.knows(&tool.name));
        let known: Option<Vec<Tool>> = (!all).then(|| {
            let known = listed.iter().filter(|tool| pins.knows(&tool.name));
            known.cloned().collect()
        });
        let count = known.as_ref().map_or(listed.len(), Vec::len);
        Self {
            pins,
            known,
            refusals: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            accepted: OnceLock::new(),
            drifts: OnceLock::new(),
        }
    }

    /// Whether a tool of this name was accepted, in whatever form.
    pub(super) fn knows(&self, tool: &str) -> bool {
        self.pins.knows(tool)
    }

    /// The tools whose names are pinned.
    pub(super) fn known<'a>(&'a self, listed: &'a [Tool]) -> &'a [Tool] {
        self.known.as_deref().unwrap_or(listed)
    }

    /// Why the known tool at this position may not be called.
    pub(super) fn refusal(&self, at: usize, listed: &[Tool]) -> Option<&Drift> {
        let drift = self.refusals.get(at)?.get_or_init(|| {
            let tool = self.known(listed).get(at)?;
            self.pins.drift(tool).map(Box::new)
        });
        drift.as_deref()
    }

    /// The tools that may be called. Compares every tool with its pin.
    pub(super) fn accepted<'a>(&'a self, listed: &'a [Tool]) -> &'a [Tool] {
        let accepted = self.accepted.get_or_init(|| {
            let known = self.known(listed);
            let is_accepted = |at: usize| self.refusal(at, listed).is_none();
            if (0..known.len()).all(is_accepted) {
                return None;
            }
            let tools = known.iter().enumerate();
            let tools = tools.filter(|(at, _)| is_accepted(*at));
            Some(tools.map(|(_, tool)| tool.clone()).collect())
        });
        accepted.as_deref().unwrap_or_else(|| self.known(listed))
    }

    /// What differs from the pins. `place` is the position of a known tool.
    pub(super) fn drifts(
        &self,
        listed: &[Tool],
        place: impl Fn(&Tool) -> Option<usize>,
    ) -> &[Drift] {
        self.drifts.get_or_init(|| {
            let refused = listed.iter().filter_map(|tool| match place(tool) {
                Some(at) => self.refusal(at, listed).cloned(),
                None => self.pins.drift(tool),
            });
            refused.chain(self.pins.gone(listed)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;
    use crate::pins::{DriftKind, Lock};

    fn tool(name: &str, description: &str) -> Tool {
        let tool =
            json!({"name": name, "description": description, "inputSchema": {"type": "object"}});
        serde_json::from_value(tool).unwrap()
    }

    #[test]
    fn only_the_tool_that_is_asked_for_is_compared_with_its_pin() {
        let mut lock = Lock::default();
        lock.pin("s", &[tool("a", "1"), tool("b", "1"), tool("gone", "1")]);
        let listed = [tool("new", "1"), tool("a", "1"), tool("b", "2")];
        let pinned = Pinned::new(lock.of_server("s"), &listed);
        let names = |tools: &[Tool]| -> Vec<String> {
            tools.iter().map(|tool| tool.name.to_string()).collect()
        };
        assert_eq!(names(pinned.known(&listed)), ["a", "b"]);
        assert!(pinned.refusal(0, &listed).is_none());
        assert!(pinned.refusals[1].get().is_none(), "it was not asked for");
        let changed = pinned.refusal(1, &listed).unwrap();
        assert_eq!(changed.kind, DriftKind::Changed);
        assert!(
            changed.diff().contains("+description: 2"),
            "{}",
            changed.diff()
        );
        assert_eq!(names(pinned.accepted(&listed)), ["a"]);
        let place = |tool: &Tool| ["a", "b"].iter().position(|name| tool.name == *name);
        let drifts = pinned.drifts(&listed, place).iter();
        let kinds: Vec<_> = drifts.map(|drift| (&*drift.tool, drift.kind)).collect();
        let expected = [
            ("new", DriftKind::New),
            ("b", DriftKind::Changed),
            ("gone", DriftKind::Gone),
        ];
        assert_eq!(kinds, expected);
    }
}
