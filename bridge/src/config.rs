//! The `mcpServers` configuration: where it is, and what it says about each server.
//! Starts nothing, and reads no environment variable that a server in use does not name.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::named_file;

mod client_file;
mod edit;
mod entry;
mod error;
mod expand;
mod oauth;
mod parse;
mod policy;
mod server;

use entry::Entry;
use parse::Notice;

pub use client_file::{replace_servers, restore_servers};
pub use edit::{EditError, add_server, remove_server, with_servers};
pub use error::ConfigError;
pub(crate) use expand::{CaFile, Endpoint, INHERITED, Launch, Target};
pub(crate) use oauth::{Grant, OAuth};
pub use parse::{ClientFormat, ClientServer, Expressions};
pub(crate) use policy::EACH_TOOL;
pub use policy::{Bounds, CachePolicy, CallLimits, Elicitation, Rule};
pub use server::{ServerConfig, StartupKey, Transport};

/// The largest configuration file that is read, in bytes: far more than a thousand servers need.
pub(crate) const MAX_CONFIG: u64 = 4 << 20;

/// The servers of one configuration file, in the order of the file.
#[derive(Debug, Clone)]
pub struct Config {
    servers: Vec<Entry>,
    origin: Option<PathBuf>,
    searched: Vec<PathBuf>,
    /// What is still to be said about single servers.
    notices: Arc<Mutex<Vec<Notice>>>,
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
        Self::discover_beside(explicit, None)
    }

    /// The same, and then the files beside a skill: in its directory, and where the skill is a directory, in the one
    /// above it too. The user's own file comes first, so that a skill that was copied from elsewhere does not replace
    /// it.
    ///
    /// # Errors
    ///
    /// As for [`Config::discover`].
    pub fn discover_beside(
        explicit: Option<&Path>,
        skill: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut searched = match explicit {
            Some(path) => vec![path.to_owned()],
            None => candidates(|name| env::var_os(name).map(PathBuf::from)),
        };
        let own = searched.len();
        let beside = skill.filter(|_| explicit.is_none()).map(beside);
        searched.extend(beside.unwrap_or_default());
        for (at, path) in searched.iter().enumerate() {
            match named_file::read_text(path, MAX_CONFIG) {
                Ok(text) => {
                    if at >= own {
                        // Its servers are programs that run outside the sandbox.
                        tracing::warn!(
                            "servers are those of `{}`, beside the skill: name it with `--config` if that is right",
                            path.display()
                        );
                    }
                    return Ok(Self {
                        searched: searched.clone(),
                        ..Self::parse(&text, path)?
                    });
                }
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
                notices: Arc::default(),
            }),
        }
    }

    /// The configuration beside a skill that has a server whose name `is_meant`, if it is not this one. Warns of
    /// nothing.
    #[must_use]
    pub fn other_beside(&self, skill: &Path, is_meant: impl Fn(&str) -> bool) -> Option<PathBuf> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let own = self.origin.as_deref().map(real);
        beside(skill).into_iter().find(|path| {
            if own.as_ref() == Some(&real(path)) {
                return false;
            }
            let text = named_file::read_text(path, MAX_CONFIG).ok();
            let read = text.and_then(|text| Self::read(&text, path).ok());
            read.is_some_and(|(config, _)| config.names().any(&is_meant))
        })
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
    /// The text is JSON with comments and trailing commas, or TOML where `origin` ends in `.toml`. Keys of the file
    /// that nothing here reads are warned about with `tracing`; those of a server when [`Config::server`] returns it.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Syntax`] if it is neither, and [`ConfigError::Invalid`] if no server stands where one is
    /// expected, but elsewhere. Both have line and column. An entry that has no meaning here is an error of
    /// [`Config::server`].
    pub fn parse(text: &str, origin: &Path) -> Result<Self, ConfigError> {
        let (config, notices) = Self::read(text, origin)?;
        let (of_servers, of_file): (Vec<_>, Vec<_>) = notices
            .into_iter()
            .partition(|notice| notice.server.is_some());
        of_file.into_iter().for_each(say);
        Ok(Self {
            notices: Arc::new(Mutex::new(of_servers)),
            ..config
        })
    }

    /// Reads a text, and logs nothing.
    fn read(text: &str, origin: &Path) -> Result<(Self, Vec<Notice>), ConfigError> {
        let (servers, notices) = parse::servers(text, origin)?;
        let config = Self {
            servers,
            origin: Some(origin.to_owned()),
            searched: Vec::new(),
            notices: Arc::default(),
        };
        Ok((config, notices))
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
            servers: vec![Entry::Server(Box::new(server))],
            origin: None,
            searched: Vec::new(),
            notices: Arc::default(),
        }
    }

    /// The configuration of the server `name`, which is to be used: what its entry says that has no meaning here is
    /// warned about, once.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownServer`], which names the known servers or where it looked for them, and
    /// [`ConfigError::Invalid`] if its entry is not understood.
    pub fn server(&self, name: &str) -> Result<&ServerConfig, ConfigError> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let is_its = |notice: &mut Notice| notice.server.as_deref() == Some(name);
        notices.extract_if(.., is_its).for_each(say);
        drop(notices);
        self.entry(name)
    }

    /// The same for one that is only looked at: warns of nothing.
    ///
    /// # Errors
    ///
    /// As for [`Config::server`].
    pub fn entry(&self, name: &str) -> Result<&ServerConfig, ConfigError> {
        match self.servers.iter().find(|entry| entry.name() == name) {
            Some(Entry::Server(server)) => Ok(server),
            Some(Entry::Unusable(entry)) => Err(ConfigError::Invalid {
                path: self.origin.clone().unwrap_or_default(),
                line: entry.line,
                column: entry.column,
                place: match &entry.key {
                    Some(key) => format!("server `{name}`, key `{key}`: "),
                    None => format!("server `{name}`: "),
                },
                message: entry.message.clone(),
            }),
            None => Err(ConfigError::UnknownServer {
                name: name.to_owned(),
                known: self.names().map(str::to_owned).collect(),
                origin: self.origin.clone(),
                searched: self.searched.clone(),
            }),
        }
    }

    /// Whether the entry of this name says that it is not to be used: known of one that is not understood, too.
    #[must_use]
    pub fn is_disabled(&self, name: &str) -> bool {
        match self.servers.iter().find(|entry| entry.name() == name) {
            Some(Entry::Server(server)) => server.disabled,
            Some(Entry::Unusable(entry)) => entry.disabled,
            None => false,
        }
    }

    /// The names of all servers, in the order of the file, disabled ones included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.servers.iter().map(Entry::name)
    }

    /// The file it was read from.
    #[must_use]
    pub fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }

    /// The files that were looked for, up to the one that was read.
    pub fn searched(&self) -> impl Iterator<Item = &Path> {
        self.searched.iter().map(PathBuf::as_path)
    }
}

fn say(notice: Notice) {
    let Notice {
        server,
        key,
        message,
        quiet,
    } = notice;
    match quiet {
        true => tracing::debug!(server, key, "{message}"),
        false => tracing::warn!(server, key, "{message}"),
    }
}

/// The servers of another client's file, in its order, as entries for a file of this program. `directory` is the
/// project that the file belongs to; a file for all projects has none.
///
/// # Errors
///
/// [`ConfigError::Syntax`] if it is neither JSON nor TOML.
pub fn client_servers(
    text: &str,
    origin: &Path,
    format: ClientFormat,
    directory: Option<&Path>,
) -> Result<Vec<ClientServer>, ConfigError> {
    parse::servers_of(text, origin, format, directory)
}

/// The directory that a configuration file is about: its own, or the project's where the file is in a client's
/// directory.
#[must_use]
pub fn project_of(origin: &Path) -> Option<PathBuf> {
    server::directory_of(origin)
}

/// The value of a key at the top of a configuration file, of this program or another client.
///
/// # Errors
///
/// [`ConfigError::Syntax`] if it is neither JSON nor TOML.
pub fn config_value(
    text: &str,
    origin: &Path,
    key: &str,
) -> Result<Option<serde_json::Value>, ConfigError> {
    parse::value_of(text, origin, key)
}

/// The text of a configuration file, of this program or another client, without the values that may be secrets. Its
/// lines stay.
///
/// # Errors
///
/// [`ConfigError::Syntax`] if it is neither JSON nor TOML.
pub fn masked(text: &str, origin: &Path) -> Result<String, ConfigError> {
    parse::masked(text, origin)
}

/// Where a configuration may stand beside a skill, nearest first.
fn beside(skill: &Path) -> Vec<PathBuf> {
    let is_directory = skill.is_dir();
    let own = is_directory.then(|| skill.to_owned());
    // `.` and `..` have a parent only once they are resolved.
    let above = match skill.canonicalize() {
        Ok(path) if is_directory => path.parent().map(Path::to_owned),
        _ => skill.parent().map(Path::to_owned),
    };
    own.into_iter()
        .chain(above)
        .flat_map(|directory| NAMES.map(|name| directory.join(name)))
        .collect()
}

/// The names of a configuration file.
const NAMES: [&str; 2] = ["mcp.json", ".mcp.json"];

fn candidates(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    // The XDG specification says that a relative path there is to be ignored.
    let user = variable("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".config")));
    NAMES
        .into_iter()
        .map(PathBuf::from)
        .chain(user.map(|directory| directory.join("mcp-host").join("mcp.json")))
        .collect()
}

#[cfg(test)]
mod tests;
