//! The text of a configuration as a tree of values that know where they stand: JSON with comments and trailing commas,
//! or TOML. Knows no key, and shows no value in an error.

use std::path::Path;

use jsonc_parser::ParseStringErrorKind;
use jsonc_parser::ast::{ObjectPropName, Value as Json};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::ConfigError;
use mcp_codegen::mend;

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
        let at = error.range().start;
        let mut message = error.kind().to_string();
        match mend::foreign_value(text.as_bytes(), at) {
            Some(why) => message = why.to_owned(),
            None => message.push_str(&advice(text, error.kind())),
        }
        if is_yaml(origin) {
            message.push_str(
                "; YAML is not read: write its servers as {\"mcpServers\": {\"NAME\": {\"command\": \"...\", \"args\": []}}}",
            );
        }
        syntax(text, origin, "JSON", at, &message)
    })?;
    Ok(parsed.value.map(of_json))
}

/// What to write instead, where that is known.
fn advice(text: &str, kind: &ParseErrorKind) -> String {
    match kind {
        ParseErrorKind::String(
            ParseStringErrorKind::InvalidEscape
            | ParseStringErrorKind::InvalidEscapeInDoubleQuoteString,
        ) => r#": a backslash is written `\\`, as in "C:\\Users""#.to_owned(),
        ParseErrorKind::UnterminatedObject | ParseErrorKind::UnterminatedArray => {
            let Some((open, end)) = unclosed(text) else {
                return String::new();
            };
            let (line, column) = position(text, open);
            let bracket = &text[open..=open];
            format!(
                "; the `{bracket}` of line {line} column {column} is not closed before line {}",
                position(text, end).0
            )
        }
        _ => String::new(),
    }
}

/// A bracket that nothing closes, and where that shows: the first one whose line is indented in another way than the
/// line with the bracket that would close it, else the innermost one at the end.
fn unclosed(text: &str) -> Option<(usize, usize)> {
    let indent = |at: usize| {
        let line = &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    };
    let starts_line = |at: usize| {
        let before = text[..at].rsplit('\n').next().unwrap_or_default();
        before
            .trim_start_matches(['}', ']', ',', ' ', '\t'])
            .is_empty()
    };
    let (mut open, mut at) = (Vec::new(), 0);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = mend::end_of_string(bytes, at) - 1,
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += text[at..].find("*/").unwrap_or(text.len() - at);
            }
            b'{' | b'[' => open.push(at),
            b'}' | b']' => {
                let opened = open.pop()?;
                if starts_line(at) && indent(at) < indent(opened) {
                    return Some((opened, at));
                }
            }
            _ => {}
        }
        at += 1;
    }
    Some((open.pop()?, text.trim_end().len()))
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
