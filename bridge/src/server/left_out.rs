//! What of a list of tools is left out or is not as MCP has it, for its warnings. Decides on no tool.

use mcp_codegen::mend::NOT_UNICODE;
use rmcp::model::Tool;

use super::replaced;
use crate::text::short;

/// How many tools that are left out are named, and how many bytes of the name and of the reason are shown.
const MAX_NAMED: usize = 10;
const MAX_SHOWN_NAME: usize = 100;
pub(super) const MAX_SHOWN: usize = 300;

/// Tools that are left out, and parts of tools. A server may list as many of them as fit into its pages, so only some
/// are named.
#[derive(Default)]
pub(super) struct LeftOut {
    named: Vec<String>,
    count: usize,
    flaws: Vec<String>,
    flawed: usize,
}

impl LeftOut {
    pub(super) fn because(&mut self, name: &str, why: &str) {
        self.count += 1;
        if self.named.len() < MAX_NAMED {
            let (name, why) = (short(name, MAX_SHOWN_NAME), short(why, MAX_SHOWN));
            self.named.push(format!("`{name}`: {why}"));
        }
    }

    /// A tool that is used in spite of what is wrong with it, or all of them where it has no name.
    pub(super) fn flawed(&mut self, name: Option<&str>, flaws: &[String]) {
        if flaws.is_empty() {
            return;
        }
        self.flawed += 1;
        if self.flaws.len() < MAX_NAMED {
            let flaws = flaws.join("; ");
            let flaws = short(&flaws, MAX_SHOWN);
            self.flaws.push(match name {
                Some(name) => format!("tool `{}`: {flaws}", short(name, MAX_SHOWN_NAME)),
                None => flaws.into_owned(),
            });
        }
    }

    /// What is wrong with a page. Text that was no Unicode is named where it stands. Returns whether there was some.
    pub(super) fn page(&mut self, mut flaws: Vec<String>, tools: &[Tool]) -> bool {
        let all = flaws.len();
        flaws.retain(|flaw| flaw != NOT_UNICODE);
        let is_mended = flaws.len() < all;
        self.flawed(None, &flaws);
        let mut is_named = !is_mended;
        for tool in tools.iter().filter(|_| is_mended) {
            let places = replaced::members(tool);
            is_named |= !places.is_empty();
            let flaws = places
                .iter()
                .map(|place| format!("`{place}`: {NOT_UNICODE}"));
            self.flawed(Some(&tool.name), &flaws.collect::<Vec<_>>());
        }
        if !is_named {
            self.flawed(None, &[NOT_UNICODE.to_owned()]);
        }
        is_mended
    }

    pub(super) fn warn(&self, server: &str) {
        for flaw in &self.flaws {
            tracing::warn!(server, "list of tools is not as MCP has it: {flaw}");
        }
        let more = self.flawed - self.flaws.len();
        if more > 0 {
            tracing::warn!(server, more, "more tools are not as MCP has them");
        }
        for tool in &self.named {
            tracing::warn!(server, "tool is left out: {tool}");
        }
        let more = self.count - self.named.len();
        if more > 0 {
            tracing::warn!(server, more, "more tools are left out");
        }
    }
}
