//! The servers of another client's file as entries of a file of this program, with the meaning that they had there.
//! Reads one key. Decides which entries work here, and not which the user wants.

use std::path::Path;

use serde_json::Value as Json;

use super::entry;
use super::foreign::{self, Meaning};
use super::node::{self, Member, Node, Value};
use super::notice::Notices;
use crate::config::ConfigError;

/// How a client's file is read.
#[derive(Debug, Clone, Copy)]
pub struct ClientFormat {
    /// The key of the top that holds the servers.
    pub key: &'static str,
    /// What the client expands in their values.
    pub expressions: Expressions,
}

/// What stands for a variable of the environment in a client's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expressions {
    /// Nothing does: a `${NAME}` is text.
    None,
    /// `${NAME}`, `${env:NAME}` or both, as here.
    Braces,
    /// `$NAME` as well: Gemini CLI.
    Dollar,
    /// `{env:NAME}`: opencode.
    Opencode,
}

/// A server of a client's file.
#[derive(Debug)]
pub struct ClientServer {
    /// Its name there.
    pub name: String,
    /// The entry for `mcpServers` of this program, or why it stays where it is.
    pub entry: Result<Json, String>,
    /// The variables of the environment that the entry takes values from.
    pub variables: Vec<String>,
}

/// The servers of the file, in its order. `directory` is the project that the file belongs to; a file for all projects
/// has none.
pub(crate) fn servers_of(
    text: &str,
    origin: &Path,
    format: ClientFormat,
    directory: Option<&Path>,
) -> Result<Vec<ClientServer>, ConfigError> {
    let Some(root) = node::parse(text.strip_prefix('\u{feff}').unwrap_or(text), origin)? else {
        return Ok(Vec::new());
    };
    let members = root.get(format.key).and_then(Node::members);
    let members = members.unwrap_or_default();
    let is_twice = |name: &str| members.iter().filter(|one| one.key == name).count() > 1;
    let servers = members.iter().map(|Member { key, node }| {
        let mut node = translated(node, format.expressions);
        let entry = match is_twice(key) {
            true => Err("there are two entries of this name".to_owned()),
            false => {
                usable(key, &node, format.expressions).and_then(|()| anchored(&mut node, directory))
            }
        };
        let mut variables = Vec::new();
        named(&node, &mut variables);
        ClientServer {
            name: key.clone(),
            entry: entry.map(|()| json(&node)),
            variables,
        }
    });
    Ok(servers.collect())
}

/// The value of a key of the top, to see if it changed.
pub(crate) fn value_of(text: &str, origin: &Path, key: &str) -> Result<Option<Json>, ConfigError> {
    let root = node::parse(text.strip_prefix('\u{feff}').unwrap_or(text), origin)?;
    Ok(root.as_ref().and_then(|root| root.get(key)).map(json))
}

/// The entry in the language of this program's files.
fn translated(node: &Node, expressions: Expressions) -> Node {
    match expressions {
        Expressions::Braces => map(node, &|text| text.to_owned()),
        // `${` would become an expression here.
        Expressions::None => map(node, &|text| text.replace("${", "$${")),
        Expressions::Dollar => map(node, &braced),
        Expressions::Opencode => {
            let mut node = foreign::of_opencode(node);
            if let Value::Object(members) = &mut node.value {
                for member in members.iter_mut().filter(|one| one.key == "timeout") {
                    "startup_timeout_ms".clone_into(&mut member.key);
                }
            }
            node
        }
    }
}

fn map(node: &Node, change: &impl Fn(&str) -> String) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Number(number) => Value::Number(number.clone()),
        Value::Text(text) => Value::Text(change(text)),
        Value::List(items) => Value::List(items.iter().map(|item| map(item, change)).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|member| Member {
                key: member.key.clone(),
                node: map(&member.node, change),
            });
            Value::Object(members.collect())
        }
    };
    Node { at: node.at, value }
}

/// `$NAME` as `${NAME}`.
fn braced(text: &str) -> String {
    let mut parts = text.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        let end = part.find(|letter| !is_name(letter)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        match name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()) {
            true => whole.push_str(&format!("${{{name}}}{rest}")),
            false => whole.push_str(&format!("${part}")),
        }
    }
    whole
}

/// Whether the entry works here as it did there, and otherwise why not.
fn usable(name: &str, node: &Node, expressions: Expressions) -> Result<(), String> {
    if entry::is_disabled(node) {
        return Err("it is disabled".to_owned());
    }
    let opencode = expressions == Expressions::Opencode;
    entry::server(name, node, opencode, &mut Notices::default()).map_err(|fault| {
        match fault.key {
            Some(key) => format!("key `{key}`: {}", fault.message),
            None => fault.message,
        }
    })?;
    for member in node.members().unwrap_or_default() {
        if let Some(Meaning::Lost(why)) = foreign::meaning(&member.key, &member.node) {
            return Err(format!("`{}`: {why}", member.key));
        }
    }
    Ok(())
}

/// The entry with its paths relative to the project where they were. An entry for all projects that depends on which
/// one is open stays in the client, which knows.
fn anchored(node: &mut Node, directory: Option<&Path>) -> Result<(), String> {
    if any(node, &|text| text.contains("${input:")) {
        return Err("it asks you for a value (`${input:...}`), which this program does not".into());
    }
    if any(node, &|text| text.contains("${command:")) {
        return Err("it takes a value from a command of the editor (`${command:...}`)".into());
    }
    let Some(directory) = directory else {
        if any(node, &|text| text.contains("${workspace")) {
            return Err("it depends on the open project (`${workspaceFolder}`)".into());
        }
        return match relative(node) {
            Some(path) => Err(format!("`{path}` is relative to the open project")),
            None => Ok(()),
        };
    };
    let directory = directory.display().to_string();
    let fill = |text: &str| text.replace("${workspaceFolder}", &directory);
    *node = map(node, &fill);
    if node.get("command").is_none() {
        return Ok(());
    }
    let Value::Object(members) = &mut node.value else {
        return Ok(());
    };
    for key in ["cwd", "envFile"] {
        if let Some(member) = members.iter_mut().find(|member| member.key == key)
            && let Value::Text(path) = &mut member.node.value
            && !path.starts_with(['/', '~', '$'])
        {
            *path = format!("{directory}/{path}");
        }
    }
    if !members.iter().any(|member| member.key == "cwd") {
        members.push(Member {
            key: "cwd".to_owned(),
            node: Node {
                at: node.at,
                value: Value::Text(directory),
            },
        });
    }
    Ok(())
}

/// A program, a directory or an argument that is a relative path beyond doubt.
fn relative(node: &Node) -> Option<String> {
    let is_dotted = |text: &str| {
        matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../")
    };
    let texts = |key: &str| match node.get(key).map(|node| &node.value) {
        Some(Value::Text(text)) => vec![text.clone()],
        Some(Value::List(items)) => {
            let texts = items.iter().filter_map(|item| match &item.value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            });
            texts.collect()
        }
        _ => Vec::new(),
    };
    let is_below = |text: &str| !text.starts_with(['/', '~', '$']);
    let program = texts("command").into_iter().take(1);
    let mut programs = program.filter(|text| text.contains('/') && is_below(text));
    let places = ["cwd", "working_directory", "envFile"];
    let mut places = places.iter().flat_map(|key| texts(key));
    let words = texts("command").into_iter().chain(texts("args"));
    programs
        .next()
        .or_else(|| places.find(|text| is_below(text)))
        .or_else(|| words.into_iter().find(|text| is_dotted(text)))
}

fn any(node: &Node, is: &impl Fn(&str) -> bool) -> bool {
    match &node.value {
        Value::Text(text) => is(text),
        Value::List(items) => items.iter().any(|item| any(item, is)),
        Value::Object(members) => members.iter().any(|member| any(&member.node, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The variables that an entry names: in `${NAME}` and `${env:NAME}`, and in the keys of Codex for them.
fn named(node: &Node, found: &mut Vec<String>) {
    let mut add = |name: &str| {
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        if !name.is_empty() && name.chars().all(is_name) && !found.iter().any(|one| one == name) {
            found.push(name.to_owned());
        }
    };
    let mut texts = Vec::new();
    collect(node, &mut texts);
    for text in texts {
        // `$${` is a literal `${`.
        let text = text.replace("$${", "");
        for part in text.split("${").skip(1) {
            let name = part.split('}').next().unwrap_or_default();
            let name = name.strip_prefix("env:").unwrap_or(name);
            let name = name.split(":-").next().unwrap_or_default();
            if !["userHome", "workspaceFolder", "workspaceFolderBasename"].contains(&name) {
                add(name);
            }
        }
    }
    for key in ["env_vars", "bearer_token_env_var", "env_http_headers"] {
        let mut names = Vec::new();
        if let Some(node) = node.get(key) {
            collect(node, &mut names);
        }
        names.iter().for_each(|name| add(name));
    }
}

fn collect(node: &Node, texts: &mut Vec<String>) {
    match &node.value {
        Value::Text(text) => texts.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => members.iter().for_each(|one| collect(&one.node, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        // A number that JSON has no form for, such as TOML's `inf`, stays the text that it is.
        Value::Number(number) => number
            .parse()
            .map_or_else(|_| Json::String(number.clone()), Json::Number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Json::Object(
                members
                    .map(|one| (one.key.clone(), json(&one.node)))
                    .collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests;
