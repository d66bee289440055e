//! The three tools as an agent sees them: the same bytes for every client, whatever is connected. And the instructions,
//! which name what is connected.

use std::fmt::Write as _;
use std::sync::Arc;

use mcp_codegen::names::shown;
use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::servers::{Listed, Standing};

pub(crate) const SEARCH: &str = "search_tools";
pub(crate) const DESCRIBE: &str = "describe_tools";
pub(crate) const RUN: &str = "run_script";

/// Tokens of a result, unless the agent asks for another number.
pub(crate) const DEFAULT_TOKENS: usize = 4_000;

/// Hits of one search, unless the agent asks for another number.
pub(crate) const DEFAULT_HITS: usize = 8;

/// The tools, in their order.
pub(crate) fn tools() -> Vec<Tool> {
    vec![
        tool(
            SEARCH,
            "Find tools of all connected servers. Hits are callable signatures; no query lists the servers.",
            json!({
                "query": {"type": "string"},
                "server": {"type": "string"},
                "limit": {"type": "integer", "default": DEFAULT_HITS},
                "offset": {"type": "integer"},
            }),
            &[],
            true,
        ),
        tool(
            DESCRIBE,
            "TypeScript declarations of tools, by name.",
            json!({ "names": {"type": "array", "items": {"type": "string"}} }),
            &["names"],
            true,
        ),
        tool(
            RUN,
            "Run a TypeScript module: import { list_issues } from \"mcp:github\"; await the calls, export default the \
             result. Only imported tools: no network, no files.",
            json!({
                "code": {"type": "string"},
                "skill": {"type": "string"},
                "resume": {"type": "string"},
                "input": {},
                "max_tokens": {"type": "integer", "default": DEFAULT_TOKENS},
            }),
            &[],
            false,
        ),
    ]
}

fn tool(
    name: &'static str,
    description: &'static str,
    properties: Value,
    required: &[&str],
    read_only: bool,
) -> Tool {
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    let mut tool = Tool::new(name, description, Arc::new(schema));
    if read_only {
        tool.annotations = Some(ToolAnnotations::new().read_only(true));
    }
    // Clients that load tools on demand skip those without a name that says what is behind them.
    let mut meta = JsonObject::new();
    meta.insert("anthropic/alwaysLoad".to_owned(), true.into());
    tool.meta = Some(MetaObject(meta));
    tool
}

/// The most servers that the instructions name.
const MOST_NAMED: usize = 20;

/// What is connected, and how to use it.
pub(crate) fn instructions(servers: &[Listed], skills: usize) -> String {
    let mut text = String::from("Connected: ");
    if servers.is_empty() {
        text.push_str("nothing yet");
    }
    for (at, server) in servers.iter().take(MOST_NAMED).enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&shown(&server.name));
        let standing = match &server.standing {
            Standing::Down(_) => Some("down"),
            Standing::NeedsLogin => Some("needs login"),
            Standing::Starting | Standing::Idle | Standing::Up => None,
        };
        let count = server.tools.map(|count| count.to_string());
        let notes: Vec<_> = count.as_deref().into_iter().chain(standing).collect();
        if !notes.is_empty() {
            let _ = write!(text, " ({})", notes.join(", "));
        }
    }
    if servers.len() > MOST_NAMED {
        let _ = write!(text, " and {} more", servers.len() - MOST_NAMED);
    }
    if skills > 0 {
        let _ = write!(text, ", skills ({skills})");
    }
    text.push_str(
        ". Search here before saying that something cannot be done. Prefer one run_script over many calls.",
    );
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn the_surface_is_three_tools_and_the_same_bytes_each_time() {
        let [first, second] =
            [tools(), tools()].map(|tools| serde_json::to_string(&tools).unwrap());
        assert_eq!(first, second);
        let names: Vec<_> = tools().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, [SEARCH, DESCRIBE, RUN]);
    }

    #[test]
    fn the_instructions_name_servers_with_their_tools_and_what_is_wrong() {
        let listed = |name: &str, tools, standing| Listed {
            name: name.to_owned(),
            tools,
            standing,
        };
        let servers = [
            listed("github", Some(117), Standing::Up),
            listed("linear", Some(38), Standing::NeedsLogin),
            listed("new", None, Standing::Idle),
            listed("slow", None, Standing::Down("no answer".to_owned())),
        ];
        let text = instructions(&servers, 0);
        assert!(
            text.starts_with(
                "Connected: github (117), linear (38, needs login), new, slow (down). Search here"
            ),
            "{text}"
        );
        let text = instructions(&servers[..1], 9);
        assert!(
            text.starts_with("Connected: github (117), skills (9). Search here"),
            "{text}"
        );
        assert!(instructions(&[], 0).starts_with("Connected: nothing yet. "));
    }

    /// As a client shows the surface to its model: names, descriptions and schemas, beside the instructions.
    #[test]
    fn the_surface_takes_no_more_than_350_tokens() {
        let tokenizer = tiktoken_rs::o200k_base().unwrap();
        let count = |text: &str| tokenizer.encode_ordinary(text).len();
        let tools: usize = tools()
            .iter()
            .map(|tool| {
                let schema = serde_json::to_string(&tool.input_schema).unwrap();
                let description = tool.description.as_deref().unwrap_or_default();
                count(&format!("{}\n{description}\n{schema}\n", tool.name))
            })
            .sum();
        let servers: Vec<_> = ["github", "linear", "filesystem", "postgres", "sentry"]
            .map(|name| Listed {
                name: name.to_owned(),
                tools: Some(38),
                standing: Standing::Up,
            })
            .into();
        let all = tools + count(&instructions(&servers, 9));
        assert!(all <= 350, "{all} tokens");
    }
}
