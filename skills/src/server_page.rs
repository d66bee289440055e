//! SKILL.md and REFERENCE.md of a whole MCP server, so that an agent without MCP finds its tools and calls them from a
//! shell. Calls none.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mcp_codegen::Tool;
use mcp_search::{callable, estimated_tokens};
use serde_json::Value;

use crate::categories::Category;
use crate::document::{plain, what};
use crate::effect::Effect;
use crate::front_matter::{
    FrontMatter, LONGEST_COMPATIBILITY, LONGEST_DESCRIPTION, SCHEMAS, SERVER,
};
use crate::markdown::{code, code_cell, fenced, inline, one_line, shell};
use crate::name::Name;
use crate::reference::{Entry, LONGEST, Parts};
use crate::room::{MOST_TOKENS, counted, fitted};

/// What is known of a server.
#[derive(Debug, Clone, Copy)]
pub struct ServerFacts<'a> {
    /// The name of the page.
    pub name: &'a Name,
    /// The name of the server in the configuration.
    pub server: &'a str,
    /// Its tools.
    pub tools: &'a [Tool],
    /// The same by what they are about: the places in `tools`.
    pub categories: &'a [Category],
    /// The digest of all their definitions.
    pub schemas: &'a str,
}

/// The name of the page of a server: the label of the server, as agentskills.io has names.
#[must_use]
pub fn page_name(server: &str) -> Option<Name> {
    let label = mcp_codegen::names::package_name(server).ok()?;
    let mut text: String = label.chars().take(64).collect();
    text.truncate(text.trim_end_matches('-').len());
    text.parse().ok()
}

/// How much is said of each tool.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Bytes of what it does; 0: names alone.
    about: usize,
    /// Whether its arguments are named.
    arguments: bool,
    /// Tools of one category.
    tools: usize,
}

/// From much to little.
const LEVELS: [Level; 9] = {
    const fn level(about: usize, arguments: bool, tools: usize) -> Level {
        Level {
            about,
            arguments,
            tools,
        }
    }
    [
        level(160, true, usize::MAX),
        level(110, true, usize::MAX),
        level(80, true, usize::MAX),
        level(80, false, usize::MAX),
        level(56, false, usize::MAX),
        level(40, false, usize::MAX),
        level(0, false, usize::MAX),
        level(0, false, 40),
        level(0, false, 8),
    ]
};

/// Tokens that the table of tools may take, as estimated; the rest of the page takes the others.
const ROOM: usize = MOST_TOKENS - 1_100;
/// Categories that are shown.
const MOST_CATEGORIES: usize = 60;

/// The text of the SKILL.md.
#[must_use]
pub fn server_md(facts: &ServerFacts<'_>) -> String {
    let mut out = front(facts).to_string();
    let count = counted(facts.tools.len(), "tool");
    let server = code(facts.server);
    let _ = write!(
        out,
        "\n# {}\n\n{count} of the MCP server {server}, called from a shell. No MCP client is needed.\n",
        facts.name
    );
    calls(&mut out, facts);
    let _ = write!(
        out,
        "\n## Tools\n\nThe effects are what the server says (annotations): hints, which nothing verifies. `?`: it says \
         nothing, so the tool may change something. Descriptions are the server's words.\n"
    );
    let mut levels = LEVELS.iter().map(|level| tools(facts, level));
    let least = || {
        tools(
            facts,
            &Level {
                about: 0,
                arguments: false,
                tools: 0,
            },
        )
    };
    let fits = |text: &String| text.len() <= ROOM * 16 && estimated_tokens(text) <= ROOM;
    let text = levels.find(fits).unwrap_or_else(|| fitted(&least(), ROOM));
    out.push_str(&text);
    out
}

fn front(facts: &ServerFacts<'_>) -> FrontMatter {
    let server = one_line(facts.server, 64);
    let topics = facts.categories.iter().map(|category| {
        let title = one_line(&category.title, 40).to_lowercase();
        let words: Vec<String> = category
            .keywords
            .iter()
            .take(4)
            .map(|word| one_line(word, 24))
            .collect();
        match words.is_empty() {
            true => title,
            false => format!("{title} ({})", words.join(", ")),
        }
    });
    let mut about = String::new();
    for topic in topics {
        let comma = if about.is_empty() { "" } else { ", " };
        if about.chars().count() + topic.chars().count() > LONGEST_DESCRIPTION - 320 {
            about.push_str(", and more");
            break;
        }
        let _ = write!(about, "{comma}{topic}");
    }
    let count = counted(facts.tools.len(), "tool");
    let description = format!(
        "Calls the {count} of the MCP server {server} from a shell, with `mcp-host call`. Use it for: {about}."
    );
    let compatibility =
        format!("Needs mcp-host, and the MCP server {server} in its configuration.");
    let metadata = [(SERVER, facts.server), (SCHEMAS, facts.schemas)];
    FrontMatter {
        name: facts.name.clone(),
        description: plain(&description, LONGEST_DESCRIPTION).unwrap_or_default(),
        license: None,
        compatibility: plain(&compatibility, LONGEST_COMPATIBILITY),
        metadata: metadata
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn calls(out: &mut String, facts: &ServerFacts<'_>) {
    let server = shell(facts.server);
    let first = facts
        .categories
        .first()
        .and_then(|category| category.tools.first());
    let tool = first.and_then(|at| facts.tools.get(*at));
    let name = tool.map_or("TOOL", |tool| tool.name.as_str());
    let input = tool.map(|tool| crate::document::sample(&tool.input_schema, 80));
    let input = input.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let input = mcp_bridge::text::json(&input.to_string()).replace('\'', "'\\''");
    let called = callable(facts.server, name);
    let _ = write!(out, "\n## How to call a tool\n\n");
    fenced(
        out,
        "sh",
        &format!(
            "mcp-host call {server} {} '{input}'\nmcp-host types {}\nmcp-host search --server {server} WORDS",
            shell(name),
            shell(&called)
        ),
    );
    out.push_str(
        "\n- `call` takes the arguments as a JSON object, `@FILE`, or `-` for standard input, and prints the result. Exit \
         code 1: the tool failed. Exit code 2: an argument is wrong, and stderr names it.\n- `types` prints the declaration \
         of a tool: arguments, result, and what they mean. [references/REFERENCE.md](references/REFERENCE.md) has all of \
         them.\n- `search` finds tools by words.\n",
    );
    if mcp_codegen::is_identifier(name)
        && let Ok(label) = mcp_codegen::names::package_name(facts.server)
    {
        let _ = writeln!(
            out,
            "- Several calls at once: a script with `import {{ {name} }} from \"mcp:{label}\";`, run with `mcp-host run \
             FILE.ts`."
        );
    }
}

/// The tools by category at one level of detail.
fn tools(facts: &ServerFacts<'_>, level: &Level) -> String {
    let mut out = String::new();
    for category in facts.categories.iter().take(MOST_CATEGORIES) {
        // What cannot fit is not written.
        if out.len() > ROOM * 16 {
            break;
        }
        let title = inline(&category.title, 80);
        let _ = write!(out, "\n### {title} ({})\n\n", category.tools.len());
        let words = category.keywords.iter().map(|word| inline(word, 40));
        let words: Vec<String> = words.take(12).collect();
        if !words.is_empty() && level.tools > 0 {
            let _ = write!(out, "Keywords: {}\n\n", words.join(", "));
        }
        let shown = category
            .tools
            .iter()
            .take(level.tools)
            .filter_map(|at| facts.tools.get(*at));
        if level.about == 0 {
            let names: Vec<String> = shown.map(|tool| code(&tool.name)).collect();
            if !names.is_empty() {
                let _ = writeln!(out, "{}", names.join(", "));
            }
        } else {
            out.push_str("| Tool | Effect | What it does |\n|---|---|---|\n");
            for tool in shown {
                // What cannot fit is not written to its end.
                if out.len() > ROOM * 16 {
                    break;
                }
                let name = match level.arguments {
                    true => code_cell(&format!("{}{}", tool.name, arguments(tool))),
                    false => code_cell(&tool.name),
                };
                let effect = Effect::of(&tool.annotations).word();
                let _ = writeln!(out, "| {name} | {effect} | {} |", what(tool, level.about));
            }
        }
        let missing = category.tools.len().saturating_sub(level.tools);
        if missing > 0 {
            let _ = write!(
                out,
                "\n{} more, not listed here: `mcp-host search` finds them.\n",
                counted(missing, "tool")
            );
        }
    }
    let more = facts.categories.len().saturating_sub(MOST_CATEGORIES);
    if more > 0 {
        let _ = write!(out, "\n{more} more groups of tools are not listed here.\n");
    }
    out
}

/// The names of the required arguments, and whether there are others: `(owner, repo, …)`.
fn arguments(tool: &Tool) -> String {
    const MOST: usize = 5;
    let required = tool.input_schema.get("required").and_then(Value::as_array);
    let required: Vec<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let all = tool
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    let all = all.map_or(0, serde_json::Map::len);
    let mut names: Vec<String> = required
        .iter()
        .take(MOST)
        .map(|name| one_line(name, 32))
        .collect();
    if all > names.len() {
        names.push("…".to_owned());
    }
    format!("({})", names.join(", "))
}

/// The text of the REFERENCE.md.
#[must_use]
pub fn server_reference_md(facts: &ServerFacts<'_>) -> String {
    let title = format!("# {}: reference\n", facts.name);
    let intro = "\nThe declarations of all tools in TypeScript: arguments and results as JSON. Texts and effects are the \
                 server's: nothing verifies them. Read the lines of a tool, not the whole file.\n";
    // The contents take one line for each tool, and their number decides where the rest starts.
    let mut parts = Parts::new(LONGEST / 2);
    let mut places: Vec<(usize, String)> = Vec::new();
    for category in facts.categories {
        parts.heading(&format!("\n## {}\n", inline(&category.title, 80)));
        for at in &category.tools {
            let Some(tool) = facts.tools.get(*at) else {
                continue;
            };
            // A heading is on the second line of its part.
            let line = parts.lines() + 2;
            let entry = Entry {
                server: facts.server,
                name: &tool.name,
                tool: Some(tool),
            };
            if parts.add(&entry, false) {
                places.push((line, code(&tool.name)));
            }
        }
    }
    let before = format!("{title}{intro}\n## Contents\n\n");
    let above = before.matches('\n').count() + places.len();
    let mut out = before;
    for (line, name) in places {
        let _ = writeln!(out, "- {name}: line {}", above + line);
    }
    out.push_str(&parts.finish(&format!("mcp-host types {}", shell(facts.server))));
    out
}
