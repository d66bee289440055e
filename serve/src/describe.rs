//! `describe_tools`: declarations of the tools' own JSON, in TypeScript, from the same source as `mcp-codegen types`,
//! but of at most 400 tokens for each tool.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use mcp_codegen::declarations::Reader;
use mcp_codegen::names::shown;
use mcp_codegen::near::nearest;
use mcp_codegen::{Tool, declarations_for};
use mcp_search::{callable, estimated_tokens};

use crate::answer::Answer;
use crate::door::Door;
use crate::learned::Types;
use crate::search::line;
use crate::servers::{Known, Standing};
use crate::unaccepted::note;

/// Tools of one request.
const MOST: usize = 50;

/// How long a declaration waits for lists that are read.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of a name of a tool with its server. A longer one is that of no tool.
const LONGEST_NAME: usize = 1_000;

/// Bytes of one answer.
const LONGEST: usize = 64 << 10;

/// Tokens of one tool with the module around it, as estimated. Declarations take fewer than the estimate says; a test
/// counts them with the tokenizer, and compares them with the 400 of the contract.
const MOST_TOKENS: usize = 430;

/// A longer declaration is not counted: no token is shorter than a byte, and few are longer than this.
const TOKEN: usize = 8;

/// What stands behind the name of a tool of which all is wanted.
const FULL: &str = ":full";

/// The tools of one server that are wanted: those in short, and those with everything.
#[derive(Default)]
struct Wanted<'k> {
    brief: Vec<&'k str>,
    full: Vec<&'k str>,
}

impl Wanted<'_> {
    fn has(&self, tool: &str) -> bool {
        self.brief.contains(&tool) || self.full.contains(&tool)
    }
}

/// How the reader of a declaration has all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum More {
    /// By a call of `describe_tools`.
    Call,
    /// By `mcp-host types`.
    Shell,
}

impl More {
    fn of(self, server: &str, tool: &str) -> String {
        let name = format!("{}.{}{FULL}", shown(server), shown(tool));
        match self {
            // A list of JSON. It stands in a comment of one line.
            Self::Call => format!("All of it: describe_tools {}", serde_json::json!([name])),
            Self::Shell => format!("All of it: mcp-host types {name:?}"),
        }
    }
}

/// The declarations of these tools. `session` is the one that asks.
pub(crate) async fn describe(door: &Door, session: u64, names: &[String], more: More) -> Answer {
    if names.is_empty() {
        return Answer {
            text: "`names` is empty: give the names that `search_tools` shows".to_owned(),
            is_error: true,
            attached: Vec::new(),
            paused: None,
        };
    }
    door.servers.start_unknown();
    let mut snapshot = door.known(PATIENCE).await;
    let is_missing = |known: &[Known]| {
        let mut names = names.iter().take(MOST);
        names.any(|name| found(known, name).0.is_empty())
    };
    if is_missing(&snapshot.servers) && snapshot.servers.iter().any(Known::is_unlisted) {
        let _ = tokio::time::timeout(PATIENCE, door.servers.settled()).await;
        snapshot = door.known(PATIENCE).await;
    }
    let (names, types) = (names.to_vec(), Arc::clone(door.types()));
    // The schemas of many tools take long.
    let work = move || described(&snapshot.servers, &names, &types, more);
    let text = door.workers.run(door.part(session), work);
    text.await.unwrap_or_else(|error| Answer {
        text: format!("error internal  {error}"),
        is_error: true,
        attached: Vec::new(),
        paused: None,
    })
}

fn described(known: &[Known], names: &[String], types: &Types, more: More) -> Answer {
    let mut wanted: BTreeMap<usize, Wanted<'_>> = BTreeMap::new();
    let mut missing = Vec::new();
    for name in names.iter().take(MOST) {
        let (found, is_full) = found(known, name);
        if found.is_empty() {
            missing.push(name);
        }
        for (server, tool) in found {
            let wanted = wanted.entry(server).or_default();
            match is_full {
                true => wanted.full.push(tool),
                false => wanted.brief.push(tool),
            }
        }
    }
    let mut text = String::new();
    for (server, tools) in &wanted {
        let Known {
            listed,
            tools: all,
            unaccepted,
            ..
        } = &known[*server];
        let mut notes = BTreeMap::new();
        let definitions = all.iter().map(|tool| {
            let mut definition = mcp_host::definition(tool);
            if let Some(kind) = unaccepted.kind(&tool.name) {
                notes.insert(definition.name.clone(), note(kind).to_owned());
            } else if tools.has(&tool.name)
                && let Some(observed) = types.of(&listed.name, tool)
            {
                definition.output_schema = Some(observed.schema);
                notes.insert(definition.name.clone(), observed.note);
            }
            definition
        });
        let definitions: Vec<_> = definitions.collect();
        let asked = (tools, more);
        declare(&mut text, &listed.name, &definitions, asked, &notes);
    }
    deny(&mut text, &missing, known);
    if names.len() > MOST {
        let _ = writeln!(text, "// only the first {MOST} names are described");
    }
    Answer {
        text: mcp_bridge::text::cut(text.trim_end(), LONGEST).into_owned(),
        is_error: wanted.is_empty(),
        attached: Vec::new(),
        paused: None,
    }
}

/// Says of each name that there is no such tool, and which is near.
fn deny(text: &mut String, missing: &[&String], known: &[Known]) {
    let all = || {
        known.iter().flat_map(|server| {
            let tools = server.tools.iter();
            tools.map(|tool| callable(&server.listed.name, &tool.name))
        })
    };
    let label = mcp_codegen::names::label;
    for name in missing {
        let is_named = |server: &&Known| label(&server.listed.name) == label(name);
        if name.len() <= LONGEST_NAME
            && let Some(server) = known.iter().find(is_named)
        {
            let server = shown(&server.listed.name);
            let _ = writeln!(
                text,
                "// `{server}` is a server, and no tool: search_tools {{\"server\":\"{server}\"}} lists its tools"
            );
            continue;
        }
        let _ = write!(text, "// no tool `{}`", shown(name));
        let names: Vec<_> = all().collect();
        if name.len() <= LONGEST_NAME
            && let Some(near) = nearest(name, names.iter().map(String::as_str))
        {
            let _ = write!(text, "; did you mean `{}`?", shown(near));
        }
        text.push('\n');
    }
    if !missing.is_empty() {
        // What is missing may be a tool of these.
        for server in known.iter().filter(|server| server.is_unlisted()) {
            let again = match server.listed.standing {
                Standing::Idle | Standing::Starting => ": ask again",
                _ => "",
            };
            let _ = writeln!(text, "// server {}{again}", line(server));
        }
    }
}

/// The tools of this name, and whether all of them is wanted.
fn found<'k>(known: &'k [Known], name: &str) -> (Vec<(usize, &'k str)>, bool) {
    if name.len() > LONGEST_NAME {
        return (Vec::new(), false);
    }
    match (find(known, name), name.strip_suffix(FULL)) {
        (found, Some(name)) if found.is_empty() => (find(known, name), true),
        (found, _) => (found, false),
    }
}

/// Appends the module of one server with these of its tools.
fn declare(
    text: &mut String,
    name: &str,
    definitions: &[Tool],
    (wanted, more): (&Wanted<'_>, More),
    notes: &BTreeMap<String, String>,
) {
    let is_full = |tool: &str| wanted.full.contains(&tool);
    let around = estimated_tokens(name) + AROUND;
    let brief = Reader {
        fits: &|text| {
            text.len() <= MOST_TOKENS * TOKEN && around + estimated_tokens(text) <= MOST_TOKENS
        },
        rest: &|tool| more.of(name, tool),
        note: &|tool| notes.get(tool).cloned(),
    };
    let full = Reader {
        fits: &|_| true,
        rest: &|_| String::new(),
        ..brief
    };
    let parts = [
        declarations_for(
            name,
            definitions,
            |tool| wanted.has(tool) && !is_full(tool),
            &brief,
        ),
        declarations_for(name, definitions, is_full, &full),
    ];
    for declared in parts.into_iter().flatten() {
        if !declared.functions.is_empty() {
            text.push_str(&module(&declared.text));
        }
        for refusal in &declared.refused {
            if wanted.has(&refusal.tool) {
                let _ = writeln!(text, "// {}", mcp_bridge::text::line(&refusal.to_string()));
            }
        }
    }
}

/// Tokens of the module around a tool, without the name of the server.
const AROUND: usize = 16;

/// The tools that a name means: `server.tool`, `server/tool`, `mcp:server/tool`, or `tool` of every server that has it.
/// Both parts may be spelled in another way, as in a signature.
fn find<'k>(known: &'k [Known], name: &str) -> Vec<(usize, &'k str)> {
    let label = mcp_codegen::names::label;
    let name = name
        .trim_start_matches("mcp-server:")
        .trim_start_matches("mcp:");
    let name = name.replacen("/tools.", ".", 1);
    let mut found = Vec::new();
    for (at, server) in known.iter().enumerate() {
        let own = label(&server.listed.name);
        let mut parts = name.match_indices(['.', '/']);
        let rest = parts
            .find_map(|(end, _)| (label(&name[..end]) == own).then(|| name[end + 1..].to_owned()));
        let wanted = rest.as_deref().unwrap_or(&name);
        let exact = server.tools.iter().find(|tool| tool.name == wanted);
        let alike = || {
            let mut tools = server.tools.iter();
            tools.find(|tool| label(&tool.name) == label(wanted))
        };
        if let Some(tool) = exact.or_else(alike) {
            if rest.is_some() {
                return vec![(at, &*tool.name)];
            }
            found.push((at, &*tool.name));
        }
    }
    found
}

/// The module with the tools, without the comment of the file, the module of the short name, and what only a compiler
/// needs.
fn module(text: &str) -> String {
    let start = text.find("declare module").unwrap_or_default();
    let text = &text[start..];
    let end = text.find("\n}\n").map_or(text.len(), |end| end + 3);
    text[..end].replacen("\n  export {};\n}\n", "}\n", 1)
}

#[cfg(test)]
mod tests;
