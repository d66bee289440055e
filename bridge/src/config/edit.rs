//! Adds servers to a configuration file and removes them. Leaves everything else as it is: comments, order, blanks,
//! keys of other programs. Never writes a file that this program could not read.

use mcp_codegen::near::nearest;
use std::io;
use std::path::{Path, PathBuf};

use jsonc_parser::cst::{CstInputValue as Json, CstObject, CstRootNode};
use secrecy::{ExposeSecret as _, SecretString};

use super::client_file::input;
use super::parse::{self, JSONC, is_toml};
use super::{Config, ConfigError, MAX_CONFIG, Transport};
use crate::durable;
use crate::named_file;

/// The key that holds the servers, and the one that VS Code has.
const KEYS: [&str; 2] = ["mcpServers", "servers"];

/// Why a configuration was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The file cannot be used as it is, or could not be with the change.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server is there already.
    #[error("server `{name}` is in `{}` already: remove it first, or choose another name", path.display())]
    Exists {
        /// The server.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// The file has no such server.
    #[error("server `{name}` is not in `{}`{}", path.display(), suggestion(.near.as_deref()))]
    Missing {
        /// The server.
        name: String,
        /// The file.
        path: PathBuf,
        /// What may have been meant.
        near: Option<String>,
    },
    /// The servers of the file stand in a place, or a language, that is read and not written.
    #[error(
        "`{}` has its servers where another client keeps them, which this program reads and does not write: \
         edit the file, or name one with `mcpServers`",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Adds a server at the end of the file's servers; makes the file where it is missing.
///
/// # Errors
///
/// [`EditError`]; the file is as it was then.
pub fn add_server(path: &Path, name: &str, transport: &Transport) -> Result<(), EditError> {
    change(path, |root, config| {
        if config.names().any(|known| known == name) {
            return Err(EditError::Exists {
                name: name.to_owned(),
                path: path.to_owned(),
            });
        }
        let top = root.object_value_or_set();
        let found = KEYS
            .iter()
            .find_map(|key| Some((*key, top.object_value(key)?)));
        if found.is_none() && config.names().next().is_some() {
            return Err(EditError::Foreign {
                path: path.to_owned(),
            });
        }
        let (key, servers) = found.unwrap_or_else(|| (KEYS[0], top.object_value_or_set(KEYS[0])));
        servers.append(name, entry(transport, key == KEYS[1]));
        Ok(())
    })
}

/// Takes a server out of the file.
///
/// # Errors
///
/// [`EditError`]; the file is as it was then.
pub fn remove_server(path: &Path, name: &str) -> Result<(), EditError> {
    change(path, |root, config| {
        let top = root.object_value_or_set();
        let properties: Vec<_> = KEYS
            .iter()
            .filter_map(|key| top.object_value(key))
            .filter_map(|servers: CstObject| servers.get(name))
            .collect();
        if properties.is_empty() && config.names().any(|known| known == name) {
            return Err(EditError::Foreign {
                path: path.to_owned(),
            });
        }
        if properties.is_empty() {
            return Err(EditError::Missing {
                name: name.to_owned(),
                path: path.to_owned(),
                near: nearest(name, config.names()).map(str::to_owned),
            });
        }
        for property in properties {
            property.remove();
        }
        Ok(())
    })
}

/// The text of a file of this program with these entries at the end of its servers. An entry that it has already in the
/// same words is left as it is. `None` stands for a file that does not exist.
///
/// # Errors
///
/// [`EditError::Exists`] for an entry of this name and other contents; otherwise as [`add_server`].
pub fn with_servers(
    text: Option<&str>,
    path: &Path,
    entries: &[(&str, &serde_json::Value)],
) -> Result<String, EditError> {
    let text = text.unwrap_or("{}\n");
    changed(text, path, |root, config| {
        let known = parse::value_of(text, path, KEYS[0])?;
        let top = root.object_value_or_set();
        for (name, entry) in entries {
            match known.as_ref().and_then(|known| known.get(name)) {
                Some(same) if same == *entry => {}
                None if !config.names().any(|known| known == *name) => {
                    let servers = top.object_value_or_set(KEYS[0]);
                    servers.append(name, input(entry));
                }
                _ => {
                    return Err(EditError::Exists {
                        name: (*name).to_owned(),
                        path: path.to_owned(),
                    });
                }
            }
        }
        Ok(())
    })
}

fn change(
    path: &Path,
    edit: impl FnOnce(&CstRootNode, &Config) -> Result<(), EditError>,
) -> Result<(), EditError> {
    let text = match named_file::read_text(path, MAX_CONFIG) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => "{}\n".to_owned(),
        Err(source) => {
            let path = path.to_owned();
            return Err(ConfigError::Read { path, source }.into());
        }
    };
    let changed = changed(&text, path, edit)?;
    durable::write(path, changed.as_bytes()).map_err(|source| EditError::Write {
        path: path.to_owned(),
        source,
    })
}

fn changed(
    text: &str,
    path: &Path,
    edit: impl FnOnce(&CstRootNode, &Config) -> Result<(), EditError>,
) -> Result<String, EditError> {
    if is_toml(path) {
        return Err(EditError::Foreign {
            path: path.to_owned(),
        });
    }
    // What this program cannot read, it does not touch either.
    let (config, _) = Config::read(text, path)?;
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let root = CstRootNode::parse(body, &JSONC).map_err(|error| {
        let (line, column) = (error.line_display(), error.column_display());
        ConfigError::Syntax {
            path: path.to_owned(),
            line,
            column,
            language: "JSON",
            message: error.kind().to_string(),
        }
    })?;
    edit(&root, &config)?;
    let changed = format!("{mark}{root}");
    Config::read(&changed, path)?;
    Ok(changed)
}

fn entry(transport: &Transport, with_type: bool) -> Json {
    let text = |text: &str| Json::String(text.to_owned());
    let mut members = Vec::new();
    let mut put = |key: &str, value: Json| members.push((key.to_owned(), value));
    match transport {
        Transport::Stdio {
            command,
            args,
            env,
            cwd,
        } => {
            if with_type {
                put("type", text("stdio"));
            }
            put("command", text(command));
            if !args.is_empty() {
                put(
                    "args",
                    Json::Array(args.iter().map(|arg| text(arg)).collect()),
                );
            }
            if !env.is_empty() {
                put("env", pairs(env));
            }
            if let Some(cwd) = cwd {
                put("cwd", text(cwd));
            }
        }
        Transport::Http { url, headers } => {
            if with_type {
                put("type", text("http"));
            }
            put("url", text(url));
            if !headers.is_empty() {
                put("headers", pairs(headers));
            }
        }
    }
    Json::Object(members)
}

fn pairs(pairs: &[(String, SecretString)]) -> Json {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.clone(), Json::String(value.expose_secret().to_owned())));
    Json::Object(pairs.collect())
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
