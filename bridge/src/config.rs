//! The `mcpServers` configuration: where it is, and what it says about each server.
//! Starts nothing, and reads no environment variable that a server in use does not name.

use std::env;
use std::path::{Path, PathBuf};

use crate::named_file;

mod comments;
mod edit;
mod error;
mod expand;
mod parse;
mod policy;
mod server;

pub use edit::{EditError, add_server, remove_server};
pub use error::ConfigError;
pub(crate) use expand::{CaFile, Endpoint, INHERITED, Launch, Target};
pub(crate) use policy::EACH_TOOL;
pub use policy::{Bounds, CachePolicy, CallLimits, Elicitation, Rule};
pub use server::{ServerConfig, Transport};

/// The largest configuration file that is read, in bytes: far more than a thousand servers need.
pub(crate) const MAX_CONFIG: u64 = 4 << 20;

/// The servers of one configuration file, in the order of the file.
#[derive(Debug, Clone)]
pub struct Config {
    servers: Vec<ServerConfig>,
    origin: Option<PathBuf>,
    searched: Vec<PathBuf>,
}

impl Config {
    /// Reads the first configuration file there is, of: `explicit`, `./mcp.json`, `./.mcp.json`,
    /// and `mcp-host/mcp.json` in `$XDG_CONFIG_HOME` or else in `~/.config`.
    ///
    /// Finding none is no error: the result has no servers, and remembers for its error messages
    /// where it looked.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotFound`] if `explicit` does not exist; [`ConfigError::Read`],
    /// [`ConfigError::Syntax`] or [`ConfigError::Invalid`] if the file cannot be used.
    pub fn discover(explicit: Option<&Path>) -> Result<Self, ConfigError> {
        let searched = match explicit {
            Some(path) => vec![path.to_owned()],
            None => candidates(|name| env::var_os(name).map(PathBuf::from)),
        };
        for path in &searched {
            match named_file::read_text(path, MAX_CONFIG) {
                Ok(text) => return Self::parse(&text, path),
                Err(error) if error.is_not_found() => {}
                Err(source) => {
                    return Err(ConfigError::Read {
                        path: path.clone(),
                        source,
                    });
                }
            }
        }
        match explicit {
            Some(path) => Err(ConfigError::NotFound {
                path: path.to_owned(),
            }),
            None => Ok(Self {
                servers: Vec::new(),
                origin: None,
                searched,
            }),
        }
    }

    /// The file that a change is to be written to: `explicit`, or the file that [`Config::discover`]
    /// would read, or the first one that it looks for where none exists yet.
    #[must_use]
    pub fn place(explicit: Option<&Path>) -> PathBuf {
        if let Some(path) = explicit {
            return path.to_owned();
        }
        let mut places = candidates(|name| env::var_os(name).map(PathBuf::from));
        let found = places.iter().position(|path| path.exists());
        places.swap_remove(found.unwrap_or_default())
    }

    /// Reads a configuration from its text. `origin` is the file it came from: errors name it, and
    /// a relative `cwd` is relative to its directory.
    ///
    /// Keys that nothing here reads are warned about with `tracing`, with the nearest known key.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] if it is not JSON (comments are allowed), and
    /// [`ConfigError::Invalid`] if a value has the wrong type. Both have line and column.
    pub fn parse(text: &str, origin: &Path) -> Result<Self, ConfigError> {
        Ok(Self {
            servers: parse::servers(text, origin)?,
            origin: Some(origin.to_owned()),
            searched: Vec::new(),
        })
    }

    /// A configuration of one server that is started by `argv`, taken literally: no variable in it
    /// is expanded.
    #[must_use]
    pub fn from_command(name: &str, argv: Vec<String>) -> Self {
        let mut argv = argv.into_iter();
        let transport = Transport::Stdio {
            command: argv.next().unwrap_or_default(),
            args: argv.collect(),
            env: Vec::new(),
            cwd: None,
        };
        let server = ServerConfig {
            literal: true,
            ..ServerConfig::new(name, transport)
        };
        Self {
            servers: vec![server],
            origin: None,
            searched: Vec::new(),
        }
    }

    /// The configuration of the server `name`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownServer`], which names the known servers or where it looked for them.
    pub fn server(&self, name: &str) -> Result<&ServerConfig, ConfigError> {
        self.servers
            .iter()
            .find(|server| server.name == name)
            .ok_or_else(|| ConfigError::UnknownServer {
                name: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
                origin: self.origin.clone(),
                searched: self.searched.clone(),
            })
    }

    /// The names of all servers, in the order of the file, disabled ones included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(|server| server.name.as_str())
    }

    /// The file it was read from.
    #[must_use]
    pub fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }
}

fn candidates(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    // The XDG specification says that a relative path there is to be ignored.
    let user = variable("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".config")));
    [PathBuf::from("mcp.json"), PathBuf::from(".mcp.json")]
        .into_iter()
        .chain(user.map(|directory| directory.join("mcp-host").join("mcp.json")))
        .collect()
}

#[cfg(test)]
mod tests;
