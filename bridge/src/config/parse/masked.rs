//! The text of a configuration without the values that may be secrets, for a person who reads what changes in it.
//! Keeps its lines. Hides too much rather than too little.

use std::ops::Range;
use std::path::Path;

use super::node::{self, Node, Value};
use crate::config::ConfigError;
use crate::config::server::address;
use crate::credential::{is_sensitive, looks_like_a_key};

/// What stands in the place of a value.
const HIDDEN: &str = "…";

/// Keys whose members are values of the environment or headers: secrets more often than not.
const PAIRS: [&str; 4] = ["env", "environment", "headers", "http_headers"];

/// Keys whose values are names of variables.
const NAMES: [&str; 3] = ["env_vars", "bearer_token_env_var", "env_http_headers"];

/// The text with each value hidden that may be a secret: values of variables and headers, those whose key or option
/// says so, parts of addresses, and words that look like a key, in comments too.
pub(crate) fn masked(text: &str, origin: &Path) -> Result<String, ConfigError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut places = Vec::new();
    if let Some(root) = node::parse(body, origin)? {
        visit(&root, &mut places);
    }
    places.sort_by_key(|(at, _)| *at);
    let mut shown = String::with_capacity(body.len());
    let mut done = 0;
    for (at, value) in places {
        let Some(inside) = inside(body, at).filter(|inside| inside.start >= done) else {
            continue;
        };
        shown.push_str(&without_keys(&body[done..inside.start]));
        shown.push_str(&value);
        // Lines are counted in a difference.
        let lines = body[inside.clone()].matches('\n').count();
        shown.push_str(&"\n".repeat(lines));
        done = inside.end;
    }
    shown.push_str(&without_keys(&body[done..]));
    Ok(shown)
}

/// Where the values are that are hidden, and what stands there instead.
fn visit(node: &Node, places: &mut Vec<(usize, String)>) {
    match &node.value {
        Value::Object(members) => {
            for member in members {
                let (key, inner) = (member.key.as_str(), &member.node);
                match &inner.value {
                    Value::Object(pairs) if PAIRS.contains(&key) => {
                        pairs.iter().for_each(|pair| whole(&pair.node, places));
                    }
                    Value::Text(_) if is_sensitive(key) && !NAMES.contains(&key) => {
                        whole(inner, places);
                    }
                    Value::Text(text) => of_text(inner.at, text, places),
                    _ => visit(inner, places),
                }
            }
        }
        Value::List(items) => {
            let mut option = "";
            for item in items {
                match &item.value {
                    Value::Text(text) => {
                        // `--token VALUE`
                        if option.starts_with('-') && is_sensitive(option) && !option.contains('=')
                        {
                            whole(item, places);
                        } else {
                            of_text(item.at, text, places);
                        }
                        option = text;
                    }
                    _ => visit(item, places),
                }
            }
        }
        Value::Text(text) => of_text(node.at, text, places),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Hides all of a text, unless it only names a variable.
fn whole(node: &Node, places: &mut Vec<(usize, String)>) {
    let Value::Text(text) = &node.value else {
        return visit(node, places);
    };
    let is_name = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
    };
    let named = text
        .strip_prefix("${")
        .or_else(|| text.strip_prefix('{'))
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| text.strip_prefix('$'));
    if !text.is_empty() && !named.is_some_and(is_name) {
        places.push((node.at, HIDDEN.to_owned()));
    }
}

/// Hides what is secret in a text of no special key: the value of an option, and the parts of an address that may be.
fn of_text(at: usize, text: &str, places: &mut Vec<(usize, String)>) {
    let plain = |text: &str| {
        let shown = text
            .chars()
            .filter(|letter| !matches!(letter, '"' | '\'' | '\\'));
        shown
            .filter(|letter| !letter.is_control())
            .collect::<String>()
    };
    if let Some((name, value)) = text.split_once(['=', ':'])
        && !value.starts_with("//")
        && is_sensitive(name)
        && !value.trim().starts_with("${")
    {
        let separator = &text[name.len()..=name.len()];
        places.push((at, format!("{}{separator}{HIDDEN}", plain(name))));
    } else if text.contains("://") && (text.contains(['?', '#', '@']) || address(text) != text) {
        places.push((at, format!("{}{HIDDEN}", plain(&address(text)))));
    }
}

/// The text inside of the quotes of a string that begins here.
fn inside(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    let triple = quote.to_string().repeat(3);
    let mark = if rest.starts_with(&triple) && rest.len() > 3 {
        &*triple
    } else {
        &triple[..1]
    };
    let start = at + mark.len();
    let mut escaped = false;
    for (offset, letter) in text[start..].char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' && quote == '"' {
            escaped = true;
        } else if text[start + offset..].starts_with(mark) {
            return Some(start..start + offset);
        }
    }
    None
}

/// The text with each word hidden that looks like a key.
fn without_keys(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_+~=.".contains(letter);
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match word.split(['.', '=']).any(looks_like_a_key) || looks_like_a_key(word) {
            true => shown.push_str(HIDDEN),
            false => shown.push_str(word),
        }
        let next = after.chars().next().map_or(0, char::len_utf8);
        shown.push_str(&after[..next]);
        rest = &after[next..];
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn values_that_may_be_secrets_are_hidden_and_the_rest_stays() {
        let text = r#"{
  // old: gh_a8B2c9D4e1F6g3H7
  "theme": "dark", "apiKey": "plain",
  "mcpServers": {
    "a": {"command": "npx", "args": ["-y", "a@1.2.3", "--token", "t0p", "--api-key=x", "--root", "/srv"],
          "env": {"A": "1 \" 2", "B": "${B}", "C": ""}},
    "b": {"url": "https://ada:pw@b.example/mcp?k=v", "headers": {"X-Team": "blue"}}
  }
}
"#;
        let shown = r#"{
  // old: …
  "theme": "dark", "apiKey": "…",
  "mcpServers": {
    "a": {"command": "npx", "args": ["-y", "a@1.2.3", "--token", "…", "--api-key=…", "--root", "/srv"],
          "env": {"A": "…", "B": "${B}", "C": ""}},
    "b": {"url": "https://b.example/mcp…", "headers": {"X-Team": "…"}}
  }
}
"#;
        assert_eq!(masked(text, Path::new("a.json")).unwrap(), shown);
    }

    #[test]
    fn lines_of_a_toml_file_stay() {
        let text = "[mcp_servers.a]\nbearer_token_env_var = \"A_TOKEN\"\n\
                    env = { K = '''one\ntwo''', L = 'it' }\nargs = [\"--name\", \"x\"]\n";
        let shown = "[mcp_servers.a]\nbearer_token_env_var = \"A_TOKEN\"\n\
                     env = { K = '''…\n''', L = '…' }\nargs = [\"--name\", \"x\"]\n";
        assert_eq!(masked(text, Path::new("a.toml")).unwrap(), shown);
    }
}
