//! Adds servers to a configuration file and removes them. Leaves everything else as it is: comments, order, blanks,
//! keys of other programs. Never writes a file that this program could not read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jsonc_parser::cst::{CstInputValue as Json, CstObject, CstRootNode};
use secrecy::{ExposeSecret as _, SecretString};

use super::parse::{JSONC, is_toml};
use super::{Config, ConfigError, MAX_CONFIG, Transport};
use crate::durable;
use crate::named_file;
use crate::nearest::nearest;

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
    /// The server is not there.
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

fn change(
    path: &Path,
    edit: impl FnOnce(&CstRootNode, &Config) -> Result<(), EditError>,
) -> Result<(), EditError> {
    if is_toml(path) {
        return Err(EditError::Foreign {
            path: path.to_owned(),
        });
    }
    let about = fs::metadata(path).ok();
    let text = match named_file::read_text(path, MAX_CONFIG) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => "{}\n".to_owned(),
        Err(source) => {
            let path = path.to_owned();
            return Err(ConfigError::Read { path, source }.into());
        }
    };
    // What this program cannot read, it does not touch either.
    let (config, _) = Config::read(&text, path)?;
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text.as_str()),
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
    durable::write(path, changed.as_bytes(), about).map_err(|source| EditError::Write {
        path: path.to_owned(),
        source,
    })
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
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn stdio(command: &str, args: &[&str]) -> Transport {
        Transport::Stdio {
            command: command.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: vec![("TOKEN".to_owned(), "${TOKEN}".to_owned().into())],
            cwd: None,
        }
    }

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mcp.json");
        fs::write(&path, text).unwrap();
        (directory, path)
    }

    const FILE: &str = r#"{
  // Mine.
  "theme": "dark",
  "mcpServers": {
    "b": {"command": "b"}, // keep this
    /* and this */
    "a": {
      "url": "https://example.org/mcp"
    }
  }
}
"#;

    #[test]
    fn server_is_added_at_the_end_and_the_rest_stays() {
        let (_directory, path) = written(FILE);
        add_server(&path, "c \"d\"", &stdio("npx", &["-y", "x"])).unwrap();
        let expected = FILE.replace(
            "/mcp\"\n    }\n",
            r#"/mcp"
    },
    "c \"d\"": {
      "command": "npx",
      "args": ["-y", "x"],
      "env": {
        "TOKEN": "${TOKEN}"
      }
    }
"#,
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        remove_server(&path, "c \"d\"").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), FILE);
    }

    #[test]
    fn server_is_removed_and_the_rest_stays() {
        let (_directory, path) = written(FILE);
        remove_server(&path, "a").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("// keep this") && text.contains("// Mine."),
            "{text}"
        );
        let config = Config::parse(&text, &path).unwrap();
        assert_eq!(config.names().collect::<Vec<_>>(), ["b"]);
        let error = remove_server(&path, "B").unwrap_err().to_string();
        assert!(error.ends_with("; did you mean `b`?"), "{error}");
    }

    #[test]
    fn file_of_vs_code_gets_its_own_key_and_type() {
        let (_directory, path) = written("{\n\t\"servers\": {}\n}\n");
        let url = "https://example.org".to_owned();
        let headers = vec![];
        add_server(&path, "h", &Transport::Http { url, headers }).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\n\t\"servers\": {\n\t\t\"h\": {\n\t\t\t\"type\": \"http\",\n\t\t\t\"url\": \
             \"https://example.org\"\n\t\t}\n\t}\n}\n"
        );
    }

    #[test]
    fn file_is_made_where_there_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mcp.json");
        add_server(&path, "s", &stdio("s", &[])).unwrap();
        let config = Config::discover(Some(&path)).unwrap();
        assert_eq!(config.names().collect::<Vec<_>>(), ["s"]);
        let error = add_server(&path, "s", &stdio("t", &[])).unwrap_err();
        assert!(matches!(error, EditError::Exists { .. }), "{error}");
    }

    #[test]
    fn file_that_cannot_be_written_or_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("no/such/mcp.json");
        let error = add_server(&path, "s", &stdio("s", &[])).unwrap_err();
        assert!(matches!(error, EditError::Write { .. }), "{error}");
        assert!(error.to_string().starts_with("failed to write `"));
        let error = Config::discover(Some(directory.path())).unwrap_err();
        assert!(matches!(error, ConfigError::Read { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "failed to read configuration file `{}`",
                directory.path().display()
            )
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_touched() {
        for text in ["{", "[]", r#"{"mcpServers": []}"#] {
            let (_directory, path) = written(text);
            assert!(add_server(&path, "s", &stdio("s", &[])).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn permissions_and_links_stay() {
        let (directory, path) = written(FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let link = directory.path().join("link.json");
        symlink(&path, &link).unwrap();
        add_server(&link, "c", &stdio("c", &[])).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&path).unwrap().contains("\"c\""));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
