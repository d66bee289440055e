//! Errors of a configuration. Each message says where the error is and what to do.

use mcp_codegen::near::nearest;
use std::path::{Path, PathBuf};

use crate::named_file::NamedFileError;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file that the user named does not exist.
    #[error("configuration file `{}` does not exist{}", path.display(), quoted_home(path))]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The file exists but cannot be read, is no regular file, is too large, or is not UTF-8.
    #[error("failed to read configuration file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: NamedFileError,
    },
    /// The file is not JSON, or not TOML.
    #[error("`{}` line {line} column {column}: not valid {language}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// `JSON` or `TOML`.
        language: &'static str,
        /// What the parser says.
        message: String,
    },
    /// The file is JSON, but says something that has no meaning here.
    #[error("`{}` line {line} column {column}: {place}{message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// The server and the key, with a colon, or nothing outside of any server.
        place: String,
        /// What was found and what was expected.
        message: String,
    },
    /// No server has this name.
    #[error("{}", unknown_server(name, known, origin.as_deref(), searched))]
    UnknownServer {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
        /// The file that was read.
        origin: Option<PathBuf>,
        /// The files that were looked for and not found.
        searched: Vec<PathBuf>,
    },
    /// A variable has neither a value nor a default.
    #[error(
        "server `{server}`, key `{key}`: environment variable `{variable}` is not set: \
         set it, or write `${{{variable}:-DEFAULT}}`"
    )]
    UnsetVariable {
        /// The server.
        server: String,
        /// The key, such as `env.TOKEN`.
        key: String,
        /// The variable.
        variable: String,
    },
    /// A line of an `envFile` is no variable.
    #[error(
        "server `{server}`, key `envFile`: line {line} of `{}` is not NAME=VALUE",
        path.display()
    )]
    EnvFile {
        /// The server.
        server: String,
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A `${input:ID}` of VS Code, which asks the user.
    #[error(
        "server `{server}`, key `{key}`: `{expression}` asks the user of VS Code, \
         which this program cannot: write `${{NAME}}` for an environment variable, or `${{file:PATH}}`"
    )]
    Input {
        /// The server.
        server: String,
        /// The key, such as `env.TOKEN`.
        key: String,
        /// The whole `${input:ID}`.
        expression: String,
    },
    /// The file of a `${file:PATH}` cannot be read.
    #[error("server `{server}`, key `{key}`: failed to read `{}`", path.display())]
    ValueFile {
        /// The server.
        server: String,
        /// The key, such as `env.TOKEN`.
        key: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: NamedFileError,
    },
    /// A `${...}` that names neither an environment variable nor a file.
    #[error(
        "server `{server}`, key `{key}`: `{expression}` is not supported: \
         write `${{NAME}}`, `${{NAME:-DEFAULT}}`, `${{file:PATH}}`, or `$${{` for a literal `${{`"
    )]
    UnsupportedExpression {
        /// The server.
        server: String,
        /// The key, such as `env.TOKEN`.
        key: String,
        /// The text, from `${` to the end of it.
        expression: String,
    },
}

/// A list of known names in one word, such as `a,b`, as words of their own.
fn several(list: &str, known: &[String]) -> Option<String> {
    let names: Vec<&str> = list.split([',', ';', ' ']).map(str::trim).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let are_known = names.iter().all(|name| known.iter().any(|one| one == name));
    (names.len() > 1 && are_known).then(|| names.join(" "))
}

fn unknown_server(
    name: &str,
    known: &[String],
    origin: Option<&Path>,
    searched: &[PathBuf],
) -> String {
    let quoted = |names: &[String]| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let entry = format!(r#"{{"mcpServers": {{"{name}": {{"command": "...", "args": []}}}}}}"#);
    let Some(origin) = origin else {
        if searched.is_empty() {
            return format!(
                "server `{name}` is not configured; there is {}",
                quoted(known)
            );
        }
        let files = searched
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect::<Vec<_>>()
            .join(", ");
        return format!(
            "server `{name}` is not configured: none of {files} exists; \
             create one of them with {entry}"
        );
    };
    let file = origin.display();
    if known.is_empty() {
        return format!(
            "server `{name}` is not in `{file}`, which has no servers; add it: {entry}"
        );
    }
    if let Some(names) = several(name, known) {
        return format!(
            "server `{name}` is not in `{file}`, which has {}: names of several servers are words of their own, \
             `{names}`",
            quoted(known)
        );
    }
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!(
            "server `{name}` is not in `{file}`; did you mean `{near}`? it has {}",
            quoted(known)
        ),
        None => format!(
            "server `{name}` is not in `{file}`, which has {}; add it to `mcpServers`: {entry}",
            quoted(known)
        ),
    }
}

fn quoted_home(path: &Path) -> &'static str {
    match path.starts_with("~") {
        true => ": a shell reads `~` only where it is not quoted, and this program not at all",
        false => "",
    }
}
