//! The `${...}` of a configuration: environment variables and files.
//! A value that was put in is not expanded again, and no error shows one.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::super::ConfigError;
use crate::named_file::{self, NamedFileError};

/// The largest file of values, in bytes. Keys and tokens are far smaller.
pub(super) const MAX_FILE: u64 = 64 * 1024;

/// Where values come from.
pub(super) struct Values<'a> {
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// What a relative `PATH` is relative to.
    pub(super) directory: Option<&'a Path>,
    /// What was put in, under the name of the variable or `file:PATH`.
    pub(super) expanded: RefCell<Vec<(String, SecretString)>>,
}

impl Values<'_> {
    /// `${NAME}`, `${env:NAME}` and `${file:PATH}` become values, each with `:-DEFAULT` if they
    /// like, and `$${` becomes `${`.
    pub(super) fn expand(&self, text: &str) -> Result<String, Problem> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            if let Some(before) = rest[..start].strip_suffix('$') {
                expanded.push_str(before);
                expanded.push_str("${");
                rest = &rest[start + 2..];
                continue;
            }
            expanded.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                return Err(Problem::Unsupported(unclosed(&rest[start..])));
            };
            let expression = &rest[start..=start + length];
            let (name, value) = self.value(expression, &expression[2..length])?;
            expanded.push_str(&value);
            self.expanded.borrow_mut().push((name, value.into()));
            rest = &rest[start + length + 1..];
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// What was put in until now.
    pub(super) fn into_expanded(self) -> Vec<(String, SecretString)> {
        self.expanded.into_inner()
    }

    fn value(&self, expression: &str, inner: &str) -> Result<(String, String), Problem> {
        let (source, default) = match inner.split_once(":-") {
            Some((source, default)) => (source, Some(default)),
            None => (inner, None),
        };
        if let Some(path) = source.strip_prefix("file:") {
            return Ok((source.to_owned(), self.file(path, default)?));
        }
        if source.starts_with("input:") {
            return Err(Problem::Input(expression.to_owned()));
        }
        let name = source.strip_prefix("env:").unwrap_or(source);
        if !is_name(name) {
            return Err(Problem::Unsupported(expression.to_owned()));
        }
        // As in a shell, `:-` stands in for an empty value too.
        let value = (self.variable)(name)
            .filter(|value| default.is_none() || !value.is_empty())
            .or_else(|| default.map(str::to_owned))
            .ok_or_else(|| Problem::Unset(name.to_owned()))?;
        Ok((name.to_owned(), value))
    }

    /// The text of a file without the newline that editors put at its end.
    fn file(&self, path: &str, default: Option<&str>) -> Result<String, Problem> {
        let path = self.resolve(path);
        match named_file::read_text(&path, MAX_FILE) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) if error.is_not_found() && default.is_some() => {
                Ok(default.unwrap_or_default().to_owned())
            }
            Err(error) => Err(Problem::File(path, error)),
        }
    }

    /// The file that a path of the configuration names.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        let path = match (path.strip_prefix("~/"), (self.variable)("HOME")) {
            (Some(rest), Some(home)) => Path::new(&home).join(rest),
            _ => PathBuf::from(path),
        };
        match self.directory {
            Some(directory) => directory.join(path),
            None => path,
        }
    }
}

/// The beginning of what has no `}`: the rest may well be a password that has a `${` in it.
fn unclosed(text: &str) -> String {
    const SHOWN: usize = 7;
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    format!("{}...", &text[..text.floor_char_boundary(SHOWN)])
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Why there is no value.
pub(super) enum Problem {
    Unset(String),
    Input(String),
    Unsupported(String),
    File(PathBuf, NamedFileError),
}

impl Problem {
    pub(super) fn at(self, server: &str, key: &str) -> ConfigError {
        let (server, key) = (server.to_owned(), key.to_owned());
        match self {
            Self::Unset(variable) => ConfigError::UnsetVariable {
                server,
                key,
                variable,
            },
            Self::Input(expression) => ConfigError::Input {
                server,
                key,
                expression,
            },
            Self::Unsupported(expression) => ConfigError::UnsupportedExpression {
                server,
                key,
                expression,
            },
            Self::File(path, source) => ConfigError::ValueFile {
                server,
                key,
                path,
                source,
            },
        }
    }
}
