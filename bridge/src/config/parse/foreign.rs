//! Keys and expressions of other clients that have another meaning here, or none. docs/servers.md has the same list.

use super::node::{Member, Node, Value};

/// What a key of another client is here.
pub(super) enum Meaning {
    /// It is for display, or about questions that the other client asks its user: nothing is lost.
    None,
    /// The user meant something that does not happen here.
    Lost(&'static str),
}

/// What this key of an entry means, if it is one of another client.
pub(super) fn meaning(key: &str, node: &Node) -> Option<Meaning> {
    if let Some(lost) = lost(key) {
        // Copilot writes `["*"]` for all tools, and Codex has approvals in `tools`.
        let all = key == "tools" && (is_all(node) || node.members().is_some());
        return Some(if all || is_empty(node) {
            Meaning::None
        } else {
            Meaning::Lost(lost)
        });
    }
    match key {
        // Approvals: a skill calls what it imports, and policy decides. The user is never asked.
        "alwaysAllow" | "autoApprove" | "trust" | "default_tools_approval_mode" => {
            Some(Meaning::None)
        }
        "name"
        | "title"
        | "description"
        | "icon"
        | "icons"
        | "version"
        | "gallery"
        | "dev"
        | "source"
        | "metadata"
        | "required"
        | "watchPaths"
        | "provider"
        | "supports_parallel_tool_calls"
        | "start_on_launch" => Some(Meaning::None),
        _ => None,
    }
}

/// What the user meant by this key and does not get.
fn lost(key: &str) -> Option<&'static str> {
    match key {
        "tools" | "includeTools" | "excludeTools" | "enabledTools" | "disabledTools"
        | "enabled_tools" | "disabled_tools" | "autoDisabledTools" => Some(
            "key is not honoured: every tool of the server can be used; \
             write `allow` or `deny` in `[policy]` of mcp-host.toml",
        ),
        "headersHelper" => Some(
            "key is not honoured: no program is run for headers; use `oauth`, or a variable in `headers`",
        ),
        "authProviderType" => Some(
            "key is not honoured: this program logs in by `oauth`, and not as the account of a cloud",
        ),
        "authServerMetadataUrl" | "authorizationUrl" | "tokenUrl" | "registrationUrl" => Some(
            "key is not honoured: write the issuer as `authorizationServer`, and its metadata is found there",
        ),
        "sandbox" | "sandboxEnabled" => {
            Some("key is not honoured: the server runs with your rights, outside of any sandbox")
        }
        "settings" => Some("key is not honoured: settings of an extension stay in its editor"),
        _ => None,
    }
}

fn is_all(node: &Node) -> bool {
    let is_star = |item: &Node| matches!(&item.value, Value::Text(text) if text == "*");
    matches!(&node.value, Value::List(items) if items.iter().any(is_star))
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::List(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The entry with opencode's `{env:NAME}` and `{file:PATH}` in the form that is read here. An unset variable is empty
/// there, and so it is here.
pub(super) fn of_opencode(node: &Node) -> Node {
    let value = match &node.value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(*truth),
        Value::Number(number) => Value::Number(number.clone()),
        Value::Text(text) => Value::Text(expressions(text)),
        Value::List(items) => Value::List(items.iter().map(of_opencode).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|member| Member {
                key: member.key.clone(),
                node: of_opencode(&member.node),
            });
            Value::Object(members.collect())
        }
    };
    Node { at: node.at, value }
}

fn expressions(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    // No `${...}` exists there.
    let mut rest = &*text.replace("${", "$${");
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        read.push_str(before);
        let inner = from.find('}').map(|end| (&from[1..end], &from[end + 1..]));
        rest = match inner {
            Some((inner, after)) if inner.starts_with("env:") => {
                read.push_str(&format!("${{{inner}:-}}"));
                after
            }
            Some((inner, after)) if inner.starts_with("file:") => {
                read.push_str(&format!("${{{inner}}}"));
                after
            }
            _ => {
                read.push('{');
                &from[1..]
            }
        };
    }
    read.push_str(rest);
    read
}

#[cfg(test)]
mod tests {
    use super::expressions;

    #[test]
    fn expressions_of_opencode_become_those_of_this_program() {
        let cases = [
            ("Bearer {env:KEY}", "Bearer ${env:KEY:-}"),
            ("{file:~/.key}{env:A}", "${file:~/.key}${env:A:-}"),
            ("${HOME}", "$${HOME}"),
            ("{\"a\": {env:A}}", "{\"a\": ${env:A:-}}"),
            ("{env:A", "{env:A"),
        ];
        for (written, read) in cases {
            assert_eq!(expressions(written), read, "{written}");
        }
    }
}
