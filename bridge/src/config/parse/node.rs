//! The text of a configuration as a tree of values that know where they stand: JSON with comments and trailing commas,
//! or TOML. Knows no key, and shows no value in an error.

use std::path::Path;

use jsonc_parser::ast::{ObjectPropName, Value as Json};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::ConfigError;

/// A value, and where it begins.
pub(super) struct Node {
    /// In bytes.
    pub(super) at: usize,
    pub(super) value: Value,
}

pub(super) enum Value {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

pub(super) struct Member {
    pub(super) key: String,
    pub(super) node: Node,
}

/// What VS Code reads in its own files, and no more: an error of another client stays one here.
pub(crate) const JSONC: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Whether the file is TOML, by its name.
pub(crate) fn is_toml(origin: &Path) -> bool {
    origin
        .extension()
        .is_some_and(|extension| extension == "toml")
}

fn is_yaml(origin: &Path) -> bool {
    let extension = origin.extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Parses the whole text. `None` stands for a text without a value.
pub(super) fn parse(text: &str, origin: &Path) -> Result<Option<Node>, ConfigError> {
    if is_toml(origin) {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // The parser quotes no value in the first line of its message.
            let message = error.message().lines().next().unwrap_or_default();
            syntax(text, origin, "TOML", at, message)
        })?;
        let at = table.span().start;
        return Ok(Some(Node {
            at,
            value: of_table(table.into_inner()),
        }));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &JSONC).map_err(|error| {
        let mut message = error.kind().to_string();
        if is_yaml(origin) {
            message.push_str(
                "; YAML is not read: write its servers as {\"mcpServers\": {\"NAME\": {\"command\": \"...\", \"args\": []}}}",
            );
        }
        syntax(text, origin, "JSON", error.range().start, &message)
    })?;
    Ok(parsed.value.map(of_json))
}

/// Line and column of a byte, from 1. Columns count characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

fn syntax(
    text: &str,
    origin: &Path,
    language: &'static str,
    at: usize,
    message: &str,
) -> ConfigError {
    let (line, column) = position(text, at);
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    ConfigError::Syntax {
        path: origin.to_owned(),
        line,
        column,
        language,
        message: first.into_iter().chain(letters).collect(),
    }
}

fn of_json(value: Json<'_>) -> Node {
    let at = value.start();
    let value = match value {
        Json::NullKeyword(_) => Value::Null,
        Json::BooleanLit(literal) => Value::Bool(literal.value),
        Json::NumberLit(literal) => Value::Number(literal.value.to_owned()),
        Json::StringLit(literal) => Value::Text(literal.value.into_owned()),
        Json::Array(array) => Value::List(array.elements.into_iter().map(of_json).collect()),
        Json::Object(object) => Value::Object(
            object
                .properties
                .into_iter()
                .map(|property| Member {
                    key: match property.name {
                        ObjectPropName::String(name) => name.value.into_owned(),
                        ObjectPropName::Word(name) => name.value.to_owned(),
                    },
                    node: of_json(property.value),
                })
                .collect(),
        ),
    };
    Node { at, value }
}

fn of_toml(value: Spanned<DeValue<'_>>) -> Node {
    let at = value.span().start;
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Boolean(truth) => Value::Bool(truth),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(of_toml).collect()),
        DeValue::Table(table) => of_table(table),
    };
    Node { at, value }
}

/// The parser sorts a table by its keys: this has the order of the file again.
fn of_table(table: DeTable<'_>) -> Value {
    let mut members: Vec<_> = table.into_iter().collect();
    members.sort_by_key(|(key, _)| key.span().start);
    let members = members.into_iter().map(|(key, value)| Member {
        key: key.into_inner().into_owned(),
        node: of_toml(value),
    });
    Value::Object(members.collect())
}

impl Node {
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The last member of this name, as every JSON parser has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let mut members = self.members()?.iter().rev();
        members
            .find(|member| member.key == key)
            .map(|member| &member.node)
    }

    /// What it is, in one word with its article, and never the value, which may be a secret.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn columns_count_characters() {
        let text = "{\n  \"é\": 1\n}";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('1').unwrap_or_default()), (2, 8));
        assert_eq!(position(text, text.len()), (3, 2));
    }
}
