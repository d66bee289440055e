//! Expands `${VARIABLE}` in what starts a server, at the moment it is started.
//! Runs no shell: the result is one argument however many spaces it has.

use std::path::PathBuf;

use secrecy::SecretString;

use super::{ConfigError, ServerConfig, Transport};

/// What to start, with every variable expanded.
pub(crate) struct Launch {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) cwd: Option<PathBuf>,
}

/// The address to call, with every variable expanded.
pub(crate) struct Endpoint {
    /// May hold a secret in its query: shown only as the configuration writes it.
    pub(crate) url: SecretString,
    pub(crate) headers: Vec<(String, SecretString)>,
}

impl ServerConfig {
    /// The address to call, or `None` for a server that is a process.
    pub(crate) fn endpoint(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Endpoint>, ConfigError> {
        let Transport::Http { url, headers } = &self.transport else {
            return Ok(None);
        };
        let expand = |key: &str, text: &str| {
            expand(text, &variable).map_err(|problem| problem.at(&self.name, key))
        };
        Ok(Some(Endpoint {
            url: expand("url", url)?.into(),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    Ok((
                        name.clone(),
                        expand(&format!("headers.{name}"), value)?.into(),
                    ))
                })
                .collect::<Result<_, ConfigError>>()?,
        }))
    }

    /// The process to start, or `None` for a server that is no process.
    pub(crate) fn launch(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Launch>, ConfigError> {
        let Transport::Stdio {
            command,
            args,
            env,
            cwd,
        } = &self.transport
        else {
            return Ok(None);
        };
        let expand = |key: &str, text: &str| {
            if self.literal {
                Ok(text.to_owned())
            } else {
                expand(text, &variable).map_err(|problem| problem.at(&self.name, key))
            }
        };
        let cwd = cwd
            .as_deref()
            .map(|cwd| expand("cwd", cwd))
            .transpose()?
            .map(PathBuf::from);
        Ok(Some(Launch {
            command: expand("command", command)?,
            args: args
                .iter()
                .map(|arg| expand("args", arg))
                .collect::<Result<_, _>>()?,
            env: env
                .iter()
                .map(|(name, value)| Ok((name.clone(), expand(&format!("env.{name}"), value)?)))
                .collect::<Result<_, ConfigError>>()?,
            cwd: match (cwd, &self.directory) {
                (Some(cwd), Some(directory)) => Some(directory.join(cwd)),
                (cwd, _) => cwd,
            },
        }))
    }
}

enum Problem {
    Unset(String),
    Unsupported(String),
}

impl Problem {
    fn at(self, server: &str, key: &str) -> ConfigError {
        let (server, key) = (server.to_owned(), key.to_owned());
        match self {
            Self::Unset(variable) => ConfigError::UnsetVariable {
                server,
                key,
                variable,
            },
            Self::Unsupported(expression) => ConfigError::UnsupportedExpression {
                server,
                key,
                expression,
            },
        }
    }
}

/// `${NAME}`, `${NAME:-DEFAULT}` and `${env:NAME}` become values, `$${` becomes `${`. A value is
/// not expanded again.
fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, Problem> {
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
            return Err(Problem::Unsupported(rest[start..].to_owned()));
        };
        let expression = &rest[start..=start + length];
        let inner = &expression[2..length];
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner.strip_prefix("env:").unwrap_or(inner), None),
        };
        if !is_name(name) {
            return Err(Problem::Unsupported(expression.to_owned()));
        }
        // As in a shell, `:-` stands in for an empty value too.
        let value = variable(name).filter(|value| default.is_none() || !value.is_empty());
        match (value, default) {
            (Some(value), _) => expanded.push_str(&value),
            (None, Some(default)) => expanded.push_str(default),
            (None, None) => return Err(Problem::Unset(name.to_owned())),
        }
        rest = &rest[start + length + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
