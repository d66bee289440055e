//! The tools of one server, as search and declarations know them. Bounded for each server, so that a huge catalog takes
//! nothing from the others. Never used for a call: the live list is.

use std::io;
use std::sync::Arc;

use mcp_bridge::Tool;

/// Tools of one server. Later ones are left out.
pub(crate) const MOST_TOOLS: usize = 5_000;

/// Bytes of the tools of one server, as JSON.
pub(crate) const MOST_BYTES: usize = 8 << 20;

/// The tools of one server, as many as are kept.
#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) tools: Arc<[Tool]>,
    /// How many tools the server listed.
    pub(crate) all: usize,
    /// What the kept tools take as JSON.
    pub(crate) bytes: usize,
}

impl List {
    /// As many of the tools as the bounds allow. One that is too large is left out alone.
    pub(crate) fn of<'t>(tools: impl IntoIterator<Item = &'t Tool>) -> Self {
        let (mut kept, mut bytes, mut all) = (Vec::new(), 0, 0);
        for tool in tools {
            all += 1;
            if kept.len() == MOST_TOOLS {
                continue;
            }
            if let Some(size) = size(tool, MOST_BYTES - bytes) {
                bytes += size;
                kept.push(tool.clone());
            }
        }
        Self {
            tools: kept.into(),
            all,
            bytes,
        }
    }

    /// How many tools of the server are not in this list.
    pub(crate) fn left_out(&self) -> usize {
        self.all.saturating_sub(self.tools.len())
    }
}

/// What the tool takes as JSON, unless that is more than the room.
fn size(tool: &Tool, room: usize) -> Option<usize> {
    let mut counted = Counted { left: room };
    serde_json::to_writer(&mut counted, tool).ok()?;
    Some(room - counted.left)
}

/// Counts what is written, and refuses what is too much.
struct Counted {
    left: usize,
}

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len());
        self.left = left.ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mcp_bridge::JsonObject;

    use super::*;

    fn tool(name: &str, description: String) -> Tool {
        Tool::new(name.to_owned(), description, Arc::new(JsonObject::new()))
    }

    #[test]
    fn a_server_with_more_tools_than_the_bound_keeps_the_first_and_counts_all() {
        let tools: Vec<_> = (0..MOST_TOOLS + 7)
            .map(|at| tool(&format!("t{at}"), String::new()))
            .collect();
        let list = List::of(&tools);
        assert_eq!((list.tools.len(), list.all), (MOST_TOOLS, MOST_TOOLS + 7));
        assert_eq!(list.left_out(), 7);
        assert_eq!(list.tools[MOST_TOOLS - 1].name, "t4999");
    }

    #[test]
    fn a_tool_that_is_too_large_is_left_out_alone() {
        let tools = [
            tool("first", String::new()),
            tool("huge", "x".repeat(MOST_BYTES)),
            tool("last", String::new()),
        ];
        let list = List::of(&tools);
        let names: Vec<_> = list.tools.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["first", "last"]);
        assert_eq!(list.left_out(), 1);
    }

    #[test]
    fn all_tools_together_stay_within_the_bytes() {
        let tools: Vec<_> = (0..20)
            .map(|at| tool(&format!("t{at}"), "x".repeat(1 << 20)))
            .collect();
        let list = List::of(&tools);
        assert_eq!(list.tools.len(), 7);
        assert!(list.bytes <= MOST_BYTES, "{}", list.bytes);
    }
}
