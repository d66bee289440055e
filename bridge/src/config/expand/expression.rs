//! The `${...}` of a configuration: environment variables, files, and the directories that VS Code names.
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
    /// `${NAME}`, `${env:NAME}`, `${file:PATH}`, `${workspaceFolder}` and `${userHome}` become values, each with
    /// `:-DEFAULT` if they like, and `$${` becomes `${`. A default may have expressions of its own.
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
            let Some(length) = length(&rest[start..]) else {
                return Err(Problem::Unsupported(unclosed(&rest[start..])));
            };
            let expression = &rest[start..start + length];
            expanded.push_str(&self.value(expression, &expression[2..length - 1])?);
            rest = &rest[start + length..];
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    /// What was put in until now.
    pub(super) fn into_expanded(self) -> Vec<(String, SecretString)> {
        self.expanded.into_inner()
    }

    fn value(&self, expression: &str, inner: &str) -> Result<String, Problem> {
        let (source, default) = match inner.split_once(":-") {
            Some((source, default)) => (source, Some(default)),
            None => (inner, None),
        };
        if let Some(directory) = self.directory_named(source) {
            return directory;
        }
        let (name, value) = if let Some(path) = source.strip_prefix("file:") {
            (source, self.file(path, default)?)
        } else if source.starts_with("input:") {
            return Err(Problem::Input(expression.to_owned()));
        } else {
            let name = source.strip_prefix("env:").unwrap_or(source);
            if !is_name(name) {
                return Err(Problem::Unsupported(expression.to_owned()));
            }
            // As in a shell, `:-` stands in for an empty value too.
            let value =
                (self.variable)(name).filter(|value| default.is_none() || !value.is_empty());
            let value = match (value, default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.default(default)?,
                (None, None) if OF_EDITORS.contains(&source) => {
                    return Err(Problem::Unsupported(expression.to_owned()));
                }
                (None, None) => return Err(Problem::Unset(name.to_owned())),
            };
            (name, value)
        };
        let shown = (name.to_owned(), value.clone().into());
        self.expanded.borrow_mut().push(shown);
        Ok(value)
    }

    /// The directories that VS Code and its relatives name. They are no secrets.
    fn directory_named(&self, source: &str) -> Option<Result<String, Problem>> {
        let here = || match self.directory {
            Some(directory) => directory.to_owned(),
            None => std::env::current_dir().unwrap_or_default(),
        };
        match source {
            "workspaceFolder" | "workspaceRoot" => Some(Ok(here().to_string_lossy().into_owned())),
            "workspaceFolderBasename" => {
                let here = here();
                let name = here.file_name().unwrap_or_default();
                Some(Ok(name.to_string_lossy().into_owned()))
            }
            "userHome" => {
                let home = (self.variable)("HOME");
                Some(home.ok_or_else(|| Problem::Unset("HOME".to_owned())))
            }
            "pathSeparator" | "/" => Some(Ok("/".to_owned())),
            _ => None,
        }
    }

    fn default(&self, default: &str) -> Result<String, Problem> {
        match self.in_home(default) {
            Some((home, rest)) => Ok(home + &self.expand(rest)?),
            None => self.expand(default),
        }
    }

    /// The home directory and the rest of a path that begins with `~/`.
    pub(super) fn in_home<'t>(&self, path: &'t str) -> Option<(String, &'t str)> {
        let rest = path.strip_prefix('~')?;
        let is_own = rest.is_empty() || rest.starts_with('/');
        Some(((self.variable)("HOME").filter(|_| is_own)?, rest))
    }

    /// The text of a file without the newline that editors put at its end.
    fn file(&self, path: &str, default: Option<&str>) -> Result<String, Problem> {
        let path = self.resolve(path);
        match named_file::read_text(&path, MAX_FILE) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => match default.filter(|_| error.is_not_found()) {
                Some(default) => self.default(default),
                None => Err(Problem::File(path, error)),
            },
        }
    }

    /// The file that a path of the configuration names.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        let path = match self.in_home(path) {
            Some((home, rest)) => PathBuf::from(home + rest),
            None => PathBuf::from(path),
        };
        match self.directory {
            Some(directory) => directory.join(path),
            None => path,
        }
    }

    /// The same for an error, which shows no value: a path that begins with an expression may be absolute.
    pub(super) fn shown(&self, path: &str) -> PathBuf {
        match path.starts_with("${") {
            true => PathBuf::from(path),
            false => self.resolve(path),
        }
    }
}

/// Expressions of VS Code that are about an editor. A variable may have the same name.
const OF_EDITORS: [&str; 13] = [
    "cwd",
    "defaultBuildTask",
    "execPath",
    "extensionInstallFolder",
    "file",
    "fileBasename",
    "fileBasenameNoExtension",
    "fileDirname",
    "fileExtname",
    "fileWorkspaceFolder",
    "lineNumber",
    "relativeFile",
    "selectedText",
];

/// The bytes of the expression that `text` begins with, to its own `}`: a default may have expressions too.
fn length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let next = at + text[at..].find(['$', '}'])?;
        if text[next..].starts_with("${") {
            depth += 1;
            at = next + 2;
        } else if text[next..].starts_with('}') {
            depth = depth.saturating_sub(1);
            at = next + 1;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at = next + 1;
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
