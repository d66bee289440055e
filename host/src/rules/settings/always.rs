//! The text of a settings file after "always": a tool more in `allow` of `[policy.agents]`, or a rule of `ask` less.
//! Keeps everything else of it: comments, order, blanks. Writes no file, and decides nothing.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::{Settings, SettingsError};
use crate::rules::policy::ToolPattern;

/// Why a tool is not added.
#[derive(Debug, thiserror::Error)]
pub enum AlwaysError {
    /// The file cannot be read as it is, or could not be with the tool.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A rule cannot name this tool alone.
    #[error("no rule can name `{server}/{tool}` alone")]
    Name {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// A key of the file has another form.
    #[error("`{key}` of `{file}` is no {wanted}")]
    Form {
        /// The key.
        key: &'static str,
        /// The file.
        file: String,
        /// What it should be.
        wanted: &'static str,
    },
}

impl Settings {
    /// The text of a settings file, with this tool in `allow` of `[policy.agents]`. The same text if it is there.
    ///
    /// # Errors
    ///
    /// When the text is no settings file, when these keys have another form, and when a rule cannot name the tool
    /// alone: its name has a `*`, or its server's name has a `/`.
    pub fn always(text: &str, file: &Path, of: (&str, &str)) -> Result<String, AlwaysError> {
        let rule = rule_of(of)?;
        let mut document = document(text, file)?;
        let form = |key, wanted| form(file, key, wanted);
        let policy =
            table(document.as_table_mut(), "policy", true).ok_or(form("policy", "table"))?;
        let agents = table(policy, "agents", false).ok_or(form("policy.agents", "table"))?;
        let allow = agents
            .entry("allow")
            .or_insert(Item::Value(Value::Array(Array::new())));
        let allow = allow
            .as_array_mut()
            .ok_or(form("policy.agents.allow", "list"))?;
        if !allow.iter().any(|entry| entry.as_str() == Some(&rule)) {
            push(allow, &rule);
        }
        let changed = document.to_string();
        Self::parse(&changed, file)?;
        Ok(changed)
    }

    /// The text of a settings file without the rule of `ask` that names this tool alone, and with the tool in `allow`
    /// where the file has that list: for runs of a person. The same text if there is no such rule.
    ///
    /// # Errors
    ///
    /// As for [`Settings::always`].
    pub fn never_ask(text: &str, file: &Path, of: (&str, &str)) -> Result<String, AlwaysError> {
        let rule = rule_of(of)?;
        let mut document = document(text, file)?;
        let Some(policy) = document.get_mut("policy").and_then(Item::as_table_like_mut) else {
            return Ok(text.to_owned());
        };
        let Some(ask) = policy.get_mut("ask") else {
            return Ok(text.to_owned());
        };
        let ask = ask
            .as_array_mut()
            .ok_or_else(|| form(file, "policy.ask", "list"))?;
        let before = ask.len();
        ask.retain(|entry| entry.as_str() != Some(&rule));
        if ask.len() == before {
            return Ok(text.to_owned());
        }
        if let Some(allow) = policy.get_mut("allow") {
            let allow = allow
                .as_array_mut()
                .ok_or_else(|| form(file, "policy.allow", "list"))?;
            if !allow.iter().any(|entry| entry.as_str() == Some(&rule)) {
                push(allow, &rule);
            }
        }
        let changed = document.to_string();
        Self::parse(&changed, file)?;
        Ok(changed)
    }
}

/// The rule for this tool alone.
fn rule_of((server, tool): (&str, &str)) -> Result<String, AlwaysError> {
    let rule = format!("{server}/{tool}");
    let pattern = rule.parse::<ToolPattern>().ok();
    let is_exact = pattern.is_some_and(|pattern| pattern.parts() == (server, tool));
    match is_exact && !rule.contains('*') {
        true => Ok(rule),
        false => Err(AlwaysError::Name {
            server: server.to_owned(),
            tool: tool.to_owned(),
        }),
    }
}

fn document(text: &str, file: &Path) -> Result<DocumentMut, AlwaysError> {
    // Its errors say what is wrong with the file, and where.
    Settings::parse(text, file)?;
    let document = text.parse::<DocumentMut>().map_err(|error| {
        SettingsError::invalid(file, text, error.span(), error.message().to_owned())
    });
    Ok(document?)
}

fn form(file: &Path, key: &'static str, wanted: &'static str) -> AlwaysError {
    AlwaysError::Form {
        key,
        file: file.display().to_string(),
        wanted,
    }
}

/// The table at this key, which is made if it is missing. `is_implicit`: it has no header of its own then.
fn table<'a>(
    parent: &'a mut dyn TableLike,
    key: &str,
    is_implicit: bool,
) -> Option<&'a mut dyn TableLike> {
    if parent.get(key).is_none() {
        let mut made = Table::new();
        made.set_implicit(is_implicit);
        // In an inline table, it becomes one.
        parent.insert(key, Item::Table(made));
    }
    parent.get_mut(key)?.as_table_like_mut()
}

/// Appends an entry in the form that the list has: on a line of its own where the last one is, after its comment.
fn push(list: &mut Array, rule: &str) {
    let has_comma = list.trailing_comma();
    let after = list.trailing().as_str().unwrap_or_default().to_owned();
    let Some(last) = list.iter_mut().last() else {
        list.push(rule);
        return;
    };
    let prefix = last.decor().prefix().and_then(|prefix| prefix.as_str());
    let prefix = prefix.unwrap_or_default().to_owned();
    let Some((_, indent)) = prefix.rsplit_once('\n') else {
        list.push(rule);
        return;
    };
    // What stands between the last entry and the end of the list: after its comma, if it has one.
    let tail = match has_comma {
        true => after,
        false => {
            let suffix = last.decor().suffix().and_then(|suffix| suffix.as_str());
            let suffix = suffix.unwrap_or_default().to_owned();
            last.decor_mut().set_suffix("");
            suffix
        }
    };
    let (comment, end) = tail.rsplit_once('\n').unwrap_or((&tail, ""));
    let mut entry = Value::from(rule);
    entry
        .decor_mut()
        .set_prefix(format!("{}\n{indent}", comment.trim_end()));
    match has_comma {
        true => list.set_trailing(format!("\n{end}")),
        false => entry.decor_mut().set_suffix(format!("\n{end}")),
    }
    list.push_formatted(entry);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn always(text: &str) -> String {
        Settings::always(text, Path::new("f.toml"), ("notes", "add")).unwrap()
    }

    #[test]
    fn a_tool_is_added_and_everything_else_stays_as_it_is() {
        for (before, after) in [
            ("", "[policy.agents]\nallow = [\"notes/add\"]\n"),
            (
                "# mine\n[limits]\ncalls = 7 # few\n",
                "# mine\n[limits]\ncalls = 7 # few\n\n[policy.agents]\nallow = [\"notes/add\"]\n",
            ),
            (
                "[policy]\nask = [\"a/b\"] # careful\n",
                "[policy]\nask = [\"a/b\"] # careful\n\n[policy.agents]\nallow = [\"notes/add\"]\n",
            ),
            (
                "[policy]\nagents.allow = [\"a/b\"]\n",
                "[policy]\nagents.allow = [\"a/b\", \"notes/add\"]\n",
            ),
            (
                "[policy.agents]\nallow = [\n  \"a/b\", # one\n  \"c/d\" # two\n]\n",
                "[policy.agents]\nallow = [\n  \"a/b\", # one\n  \"c/d\", # two\n  \"notes/add\"\n]\n",
            ),
            (
                "[policy.agents]\nallow = [\n  \"a/b\",\n]\n[cache]\nsize = \"1GiB\"\n",
                "[policy.agents]\nallow = [\n  \"a/b\",\n  \"notes/add\",\n]\n[cache]\nsize = \"1GiB\"\n",
            ),
            // The blank before the brace stays where it was.
            (
                "policy = { deny = [\"a/b\"] }\n",
                "policy = { deny = [\"a/b\"] , agents = { allow = [\"notes/add\"] } }\n",
            ),
            (
                "[policy.agents]\nallow = [\"notes/add\"]\n",
                "[policy.agents]\nallow = [\"notes/add\"]\n",
            ),
        ] {
            assert_eq!(always(before), after, "{before}");
        }
    }

    #[test]
    fn a_rule_that_asks_about_this_tool_alone_is_taken_away() {
        for (before, after) in [
            ("", ""),
            (
                "[policy]\nask = [\"notes/*\"]\n",
                "[policy]\nask = [\"notes/*\"]\n",
            ),
            (
                "[policy]\nask = [\"a/b\", \"notes/add\"] # careful\n",
                "[policy]\nask = [\"a/b\"] # careful\n",
            ),
            (
                "[policy]\nallow = [\"a/*\"]\nask = [\"notes/add\"]\n",
                "[policy]\nallow = [\"a/*\", \"notes/add\"]\nask = []\n",
            ),
        ] {
            let changed = Settings::never_ask(before, Path::new("f.toml"), ("notes", "add"));
            assert_eq!(changed.unwrap(), after, "{before}");
        }
    }

    #[test]
    fn a_name_that_a_rule_cannot_name_alone_is_refused() {
        for of in [("notes", "a*"), ("*", "add"), ("a/b", "add")] {
            let refused = Settings::always("", Path::new("f.toml"), of);
            assert!(matches!(refused, Err(AlwaysError::Name { .. })), "{of:?}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_changed() {
        let refused = Settings::always("[policy\n", Path::new("f.toml"), ("notes", "add"));
        assert!(matches!(refused, Err(AlwaysError::Settings(_))));
    }
}
