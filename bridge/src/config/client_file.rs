//! Changes the servers of another client's file, in JSON with comments or in TOML. Leaves everything else as it is, and
//! writes no file: texts come in and go out.

use std::path::Path;

use jsonc_parser::ast::Value as Ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::cst::{CstInputValue, CstRootNode};
use jsonc_parser::{CollectOptions, parse_to_ast};
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table};

use super::error::ConfigError;
use super::parse::{self, JSONC, is_toml};

/// The text without the servers `remove` under `key`, and with this entry in their place. The entry of a server that is
/// there already is replaced.
///
/// # Errors
///
/// [`ConfigError::Syntax`] and [`ConfigError::Invalid`]: the text is not changed that this program cannot read.
pub fn replace_servers(
    text: &str,
    origin: &Path,
    key: &str,
    remove: &[&str],
    name: &str,
    entry: &Value,
) -> Result<String, ConfigError> {
    let (mark, body) = without_mark(text);
    let changed = match is_toml(origin) {
        true => in_toml(body, origin, key, remove, name, entry)?,
        false => in_json(body, origin, key, remove, name, entry)?,
    };
    Ok(format!("{mark}{changed}"))
}

/// The text of a file that changed since `written` was written, with the servers that `before` had: everything else
/// stays as it is now. `None`: its servers changed too, and which ones are meant only the user knows.
///
/// # Errors
///
/// As for [`replace_servers`].
pub fn restore_servers(
    now: &str,
    written: &str,
    before: &str,
    origin: &Path,
    key: &str,
) -> Result<Option<String>, ConfigError> {
    let (mark, now) = without_mark(now);
    let (written, before) = (without_mark(written).1, without_mark(before).1);
    let value = |text| parse::value_of(text, origin, key);
    if value(now)? != value(written)? {
        return Ok(None);
    }
    match is_toml(origin) {
        true => {
            let mut document = document(now, origin)?;
            let before = self::document(before, origin)?;
            match before.get(key) {
                Some(item) => document.insert(key, item.clone()),
                None => document.remove(key),
            };
            Ok(Some(format!("{mark}{document}")))
        }
        false => {
            let (Some(new), old) = (span(now, origin, key)?, span(before, origin, key)?) else {
                return Ok(None);
            };
            let Some(old) = old else {
                let root = root(now, origin)?;
                let property = root.object_value().and_then(|top| top.get(key));
                if let Some(property) = property {
                    property.remove();
                }
                return Ok(Some(format!("{mark}{root}")));
            };
            let (head, tail) = (&now[..new.0], &now[new.1..]);
            Ok(Some(format!("{mark}{head}{}{tail}", &before[old.0..old.1])))
        }
    }
}

/// The byte order mark of a text, if it has one, and the rest.
fn without_mark(text: &str) -> (&str, &str) {
    const MARK: char = '\u{feff}';
    let length = if text.starts_with(MARK) {
        MARK.len_utf8()
    } else {
        0
    };
    text.split_at(length)
}

fn in_json(
    text: &str,
    origin: &Path,
    key: &str,
    remove: &[&str],
    name: &str,
    entry: &Value,
) -> Result<String, ConfigError> {
    let root = root(text, origin)?;
    let Some(top) = root.object_value_or_create() else {
        return Err(not_an_object(origin, None));
    };
    // `null` is how some programs write that a key is absent.
    let is_null = top
        .get(key)
        .and_then(|property| property.value())
        .is_some_and(|value| value.as_null_keyword().is_some());
    let servers = match is_null {
        true => top.object_value_or_set(key),
        false => top
            .object_value_or_create(key)
            .ok_or_else(|| not_an_object(origin, Some(key)))?,
    };
    let found: Vec<_> = servers.properties();
    let named = |property: &jsonc_parser::cst::CstObjectProp| {
        property.name().and_then(|name| name.decoded_value().ok())
    };
    // Before the others go: with the last one, the style of the commas would go too.
    if servers.get(name).is_none() {
        servers.append(name, input(entry));
    }
    for property in found {
        match named(&property) {
            Some(other) if other == name => property.set_value(input(entry)),
            Some(other) if remove.contains(&&*other) => property.remove(),
            _ => {}
        }
    }
    let changed = root.to_string();
    parse::value_of(&changed, origin, key)?;
    Ok(changed)
}

fn in_toml(
    text: &str,
    origin: &Path,
    key: &str,
    remove: &[&str],
    name: &str,
    entry: &Value,
) -> Result<String, ConfigError> {
    let mut document = document(text, origin)?;
    let servers = document.entry(key).or_insert_with(|| {
        let mut table = Table::new();
        // Without a `[mcp_servers]` of its own.
        table.set_implicit(true);
        Item::Table(table)
    });
    let is_inline = servers.is_inline_table();
    let Some(servers) = servers.as_table_like_mut() else {
        return Err(not_an_object(origin, Some(key)));
    };
    for name in remove {
        servers.remove(name);
    }
    let mut table = Table::new();
    for (key, value) in entry.as_object().into_iter().flatten() {
        table.insert(key, Item::Value(toml_value(value)));
    }
    let entry = match is_inline {
        true => Item::Value(table.into_inline_table().into()),
        false => Item::Table(table),
    };
    servers.insert(name, entry);
    let changed = document.to_string();
    parse::value_of(&changed, origin, key)?;
    Ok(changed)
}

/// Entries of this program have texts, lists of them and booleans.
fn toml_value(value: &Value) -> toml_edit::Value {
    match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Array(items) => toml_edit::Value::Array(items.iter().map(toml_value).collect()),
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

/// A value as the editor of JSON takes it.
pub(super) fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(truth) => CstInputValue::Bool(*truth),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => {
            let members = members.iter();
            CstInputValue::Object(
                members
                    .map(|(key, value)| (key.clone(), input(value)))
                    .collect(),
            )
        }
    }
}

fn root(text: &str, origin: &Path) -> Result<CstRootNode, ConfigError> {
    // Its errors have a place in the file.
    parse::value_of(text, origin, "")?;
    CstRootNode::parse(text, &JSONC).map_err(|error| ConfigError::Syntax {
        path: origin.to_owned(),
        line: error.line_display(),
        column: error.column_display(),
        language: "JSON",
        message: error.kind().to_string(),
    })
}

fn document(text: &str, origin: &Path) -> Result<DocumentMut, ConfigError> {
    parse::value_of(text, origin, "")?;
    text.parse()
        .map_err(|error: toml_edit::TomlError| ConfigError::Syntax {
            path: origin.to_owned(),
            line: 1,
            column: 1,
            language: "TOML",
            // The parser quotes no value in the first line of its message.
            message: error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        })
}

/// Where the value of a key of the top stands.
fn span(text: &str, origin: &Path, key: &str) -> Result<Option<(usize, usize)>, ConfigError> {
    parse::value_of(text, origin, key)?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &JSONC).ok();
    let Some(Ast::Object(top)) = parsed.and_then(|parsed| parsed.value) else {
        return Ok(None);
    };
    let mut properties = top.properties.iter().rev();
    let found = properties.find(|property| property.name.as_str() == key);
    Ok(found.map(|property| (property.value.start(), property.value.end())))
}

fn not_an_object(origin: &Path, key: Option<&str>) -> ConfigError {
    ConfigError::Invalid {
        path: origin.to_owned(),
        line: 1,
        column: 1,
        place: key.map_or_else(String::new, |key| format!("key `{key}`: ")),
        message: "expected an object: correct the file first".to_owned(),
    }
}

#[cfg(test)]
mod tests;
