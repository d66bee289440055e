//! `describe_tools`: declarations of the tools' own JSON, in TypeScript, as `mcp-codegen types` writes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use mcp_bridge::nearest;
use mcp_codegen::declarations;
use mcp_codegen::names::shown;

use crate::answer::Answer;
use crate::door::Door;
use crate::servers::Known;

/// Tools of one request.
const MOST: usize = 50;

/// How long a declaration waits for lists that are read.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of one answer.
const LONGEST: usize = 64 << 10;

pub(crate) async fn describe(door: &Door, names: &[String]) -> Answer {
    if names.is_empty() {
        return Answer {
            text: "`names` is empty: give the names that `search_tools` shows".to_owned(),
            is_error: true,
        };
    }
    let snapshot = door.known(PATIENCE).await;
    let known = &snapshot.servers;
    let mut wanted: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let mut missing = Vec::new();
    for name in names.iter().take(MOST) {
        let found = find(known, name);
        if found.is_empty() {
            missing.push(name);
        }
        for (server, tool) in found {
            wanted.entry(server).or_default().push(tool);
        }
    }
    let mut text = String::new();
    for (server, tools) in &wanted {
        let Known {
            listed, tools: all, ..
        } = &known[*server];
        let definitions: Vec<_> = all.iter().map(mcp_host::definition).collect();
        let is_wanted = |name: &str| tools.contains(&name);
        if let Ok(declared) = declarations(&listed.name, &definitions, is_wanted) {
            text.push_str(module(&declared.text));
            for refusal in &declared.refused {
                if is_wanted(&refusal.tool) {
                    let _ = writeln!(text, "// {}", mcp_bridge::text::line(&refusal.to_string()));
                }
            }
        }
    }
    let all = || {
        known.iter().flat_map(|server| {
            let tools = server.tools.iter();
            tools.map(|tool| format!("{}.{}", server.listed.name, tool.name))
        })
    };
    for name in &missing {
        let _ = write!(text, "// no tool `{}`", shown(name));
        let names: Vec<_> = all().collect();
        if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
            let _ = write!(text, "; did you mean `{}`?", shown(near));
        }
        text.push('\n');
    }
    if names.len() > MOST {
        let _ = writeln!(text, "// only the first {MOST} names are described");
    }
    Answer {
        text: mcp_bridge::text::cut(text.trim_end(), LONGEST).into_owned(),
        is_error: wanted.is_empty(),
    }
}

/// The tools that a name means: `server.tool`, `server/tool`, `mcp:server/tool`, or `tool` of every server that has it. Both
/// parts may be spelled in another way, as in a signature.
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

/// The module with the tools, without the comment of the file and the module of the short name.
fn module(text: &str) -> &str {
    let start = text.find("declare module").unwrap_or_default();
    let text = &text[start..];
    let end = text.find("\n}\n").map_or(text.len(), |end| end + 3);
    &text[..end]
}
