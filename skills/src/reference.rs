//! REFERENCE.md, the long form: whole schemas, and the declaration of each tool. Its contents have line numbers, so
//! that an agent reads the lines that it needs and not all of it.

use std::fmt::Write as _;

use mcp_codegen::declarations::Reader;
use mcp_codegen::{Tool, declarations_for, hints};
use mcp_search::estimated_tokens;

use crate::document::{Facts, long};
use crate::effect::Effect;
use crate::markdown::{code, fenced, inline};
use crate::redact::{hidden, start};

/// Bytes of the whole file. What is beyond is left out, and the file says so.
pub const LONGEST: usize = 1 << 20;
/// Bytes of one schema.
const LONGEST_SCHEMA: usize = 64 << 10;
/// Tools that are declared.
const MOST_TOOLS: usize = 500;
/// Tokens of the declaration of one tool, as estimated.
const MOST_TOKENS: usize = 2_000;

/// A tool with its server.
pub(crate) struct Entry<'a> {
    pub(crate) server: &'a str,
    pub(crate) name: &'a str,
    pub(crate) tool: Option<&'a Tool>,
}

/// The text of the REFERENCE.md of a saved skill.
#[must_use]
pub fn reference_md(facts: &Facts<'_>) -> String {
    let mut out = format!("# {}: reference\n", facts.name);
    for (title, described) in [("Input", facts.input), ("Output", facts.output)] {
        if let Some(described) = &described {
            let _ = write!(out, "\n## {title}\n\n");
            long(&mut out, described, LONGEST_SCHEMA);
        }
    }
    let entries = facts.tools.iter().map(|used| Entry {
        server: used.server,
        name: used.name,
        tool: used.definition,
    });
    let entries: Vec<Entry<'_>> = entries.collect();
    if !entries.is_empty() {
        let _ = write!(
            out,
            "\n## Tools\n\nTheir declarations in TypeScript, as the skill imports them. Texts and effects are the \
             servers': nothing verifies them.\n"
        );
        let mut parts = Parts::new(LONGEST - out.len());
        for entry in &entries {
            parts.add(entry, true);
        }
        out.push_str(&parts.finish("mcp-host types SERVER.TOOL"));
    }
    out
}

/// Declarations, each under a heading, as far as there is room.
pub(crate) struct Parts {
    out: String,
    room: usize,
    written: usize,
    missing: usize,
}

impl Parts {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            out: String::new(),
            room,
            written: 0,
            missing: 0,
        }
    }

    /// Appends the declaration of a tool. Whether there was room.
    pub(crate) fn add(&mut self, entry: &Entry<'_>, with_server: bool) -> bool {
        // What follows the first that had no room is not even written.
        if self.missing > 0 || self.written == MOST_TOOLS {
            self.missing += 1;
            return false;
        }
        let mut part = String::new();
        let name = match with_server {
            true => format!("{}/{}", entry.server, entry.name),
            false => entry.name.to_owned(),
        };
        let _ = write!(part, "\n### {}\n\n", code(&name));
        match entry.tool {
            None => part.push_str("Its server was not there, or has no such tool.\n"),
            Some(tool) => declared(&mut part, entry.server, tool),
        }
        if self.out.len() + part.len() > self.room {
            self.missing += 1;
            return false;
        }
        self.written += 1;
        self.out.push_str(&part);
        true
    }

    /// What was written, and a sentence about what is missing.
    pub(crate) fn finish(mut self, command: &str) -> String {
        if self.missing > 0 {
            let _ = write!(
                self.out,
                "\nThe declarations of {} more tools are left out: `{command}` prints one.\n",
                self.missing
            );
        }
        self.out
    }

    /// Lines so far.
    pub(crate) fn lines(&self) -> usize {
        self.out.matches('\n').count()
    }

    pub(crate) fn heading(&mut self, text: &str) {
        if self.missing == 0 && self.out.len() + text.len() <= self.room {
            self.out.push_str(text);
        }
    }
}

/// The effect of a tool and its declaration, or why it has none.
fn declared(out: &mut String, server: &str, tool: &Tool) {
    let effect = Effect::of(&tool.annotations).words();
    let hints = hints(&tool.annotations).join(" ");
    let title = tool.title.as_deref().or(tool.annotations.title.as_deref());
    let title = title
        .map(|title| inline(&start(title), 120))
        .filter(|title| !title.is_empty());
    let _ = write!(
        out,
        "{}Effect: {effect}.",
        title.map_or_else(String::new, |title| format!("{title}. "))
    );
    if !hints.is_empty() {
        let _ = write!(out, " The server's hints: {hints}");
    }
    out.push_str("\n\n");
    let reader = Reader {
        fits: &|text| text.len() <= MOST_TOKENS * 16 && estimated_tokens(text) <= MOST_TOKENS,
        rest: &|_| "`mcp-host types` prints all of it".to_owned(),
        note: &|_| None,
    };
    let tools = std::slice::from_ref(tool);
    let refused = match declarations_for(server, tools, |_| true, &reader) {
        Ok(declared) => match declared.refused.first() {
            None => return fenced(out, "ts", &hidden(&inside(&declared.text))),
            Some(refusal) => refusal.to_string(),
        },
        Err(error) => error.to_string(),
    };
    let _ = writeln!(
        out,
        "It has no declaration: {}.",
        inline(&hidden(&refused), 400)
    );
}

/// What stands in the first module of a text of declarations, without its indentation.
fn inside(text: &str) -> String {
    let start = text.find("declare module").unwrap_or_default();
    let start = text[start..].find("{\n").map_or(0, |at| start + at + 2);
    let end = text[start..]
        .find("\n}\n")
        .map_or(text.len(), |at| start + at + 1);
    let lines = text[start..end]
        .lines()
        .filter(|line| *line != "  export {};");
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix("  ").unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}
