//! The WIT labels of one server's tools, built once: maps labels to tools and tools to labels. Never reads a schema.

use mcp_bridge::Tool;
use mcp_codegen::names;

/// The labels of one server.
pub(crate) struct Labels {
    /// Each label with the place of its tool in the server's list, in the order of that list.
    all: Vec<(Box<str>, usize)>,
    /// Places in `all`, in the order of the labels.
    sorted: Vec<usize>,
}

impl Labels {
    /// Bytes that building the labels of these tools takes.
    pub(super) fn weight(tools: &[Tool]) -> usize {
        /// A label with its index, and the data that distinguishes it from similar labels.
        const LABEL: usize = 160;
        let names = tools.iter().map(|tool| LABEL + 2 * tool.name.len());
        names.sum()
    }

    pub(super) fn of(tools: &[Tool]) -> Self {
        let labels = names::tool_labels(tools.iter().map(|tool| tool.name.as_ref()));
        let mut places = tools.iter().enumerate();
        // A name that occurs twice has one label, which belongs to its first occurrence.
        let all: Vec<_> = labels
            .into_iter()
            .filter_map(|(label, name)| {
                let (place, _) = places.find(|(_, tool)| tool.name == name)?;
                Some((label.into_boxed_str(), place))
            })
            .collect();
        let mut sorted: Vec<usize> = (0..all.len()).collect();
        sorted.sort_unstable_by(|&a, &b| all[a].0.cmp(&all[b].0));
        Self { all, sorted }
    }

    /// The place of the tool with this label in the server's list.
    pub(crate) fn place(&self, label: &str) -> Option<usize> {
        let at = self
            .sorted
            .binary_search_by(|&at| (*self.all[at].0).cmp(label))
            .ok()?;
        Some(self.all[self.sorted[at]].1)
    }

    /// Every label with the place of its tool, in the order of the server's list.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, usize)> + Clone {
        self.all.iter().map(|(label, place)| (&**label, *place))
    }
}

#[cfg(test)]
mod tests {
    use mcp_bridge::JsonObject;

    use super::*;

    #[test]
    fn a_label_leads_to_its_tool_whatever_the_order_is() {
        let names = ["zoo", "getIssue", "a", "get_issue", "getIssue", "b"];
        let tools = names.map(|name| Tool::new(name, "", JsonObject::new()));
        let labels = Labels::of(&tools);
        let all: Vec<_> = labels.iter().collect();
        // The shorter name keeps the plain label.
        let (collided, _) = all[3];
        assert!(collided.starts_with("get-issue-x"), "{collided}");
        assert_eq!(
            all,
            [
                ("zoo", 0),
                ("get-issue", 1),
                ("a", 2),
                (collided, 3),
                ("b", 5)
            ]
        );
        for (label, place) in all {
            assert_eq!(labels.place(label), Some(place));
        }
        assert_eq!(labels.place("c"), None);
        assert_eq!(labels.place(""), None);
    }
}
