//! The `mcpServers` configuration: where it is, and what it says about each server.
//! Starts nothing, and reads no environment variable that a server in use does not name.

use std::env;
use std::fmt;
use std::path::{self, Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::handler::Elicitation;
use crate::named_file;

mod comments;
mod edit;
mod error;
mod expand;
mod parse;
mod policy;

use crate::process::printable;
use crate::secret::looks_like_a_key;

pub use edit::{EditError, add_server, remove_server};
pub use error::ConfigError;
pub(crate) use expand::{CaFile, Endpoint, Launch};
pub(crate) use policy::EACH_TOOL;
pub use policy::{Bounds, CachePolicy, CallLimits, Rule};

/// The largest configuration file that is read, in bytes: far more than a thousand servers need.
pub(crate) const MAX_CONFIG: u64 = 4 << 20;

const DEFAULT_STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_TOOL_TIMEOUT: Duration = Duration::from_secs(60);

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
    /// would read, or the first one that it looks for where there is none yet.
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

/// One entry of `mcpServers`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// The key of the entry.
    pub name: String,
    /// How to reach the server.
    pub transport: Transport,
    /// The longest that start, handshake and listing of tools may take together:
    /// `startup_timeout_sec`, 30 s if absent.
    pub startup_timeout: Duration,
    /// The longest that one call may take: `tool_timeout_sec`, 60 s if absent.
    pub tool_timeout: Duration,
    /// The longest that one call may keep silent, without an answer and without progress:
    /// `idle_timeout_sec`, as long as it likes if absent.
    pub idle_timeout: Option<Duration>,
    /// What the server is told when it asks for input from a user: `elicitation`, `decline` if absent.
    pub elicitation: Elicitation,
    /// `disabled` in the file: the entry is kept, but not started.
    pub disabled: bool,
    /// `limits`: how many calls, and how often.
    pub limits: CallLimits,
    /// `limits`: how much of the server is read.
    pub bounds: Bounds,
    /// `cache`: which answers may be used again; none without it.
    pub cache: Option<CachePolicy>,
    /// `envFile`: a file of variables for a process; those of `env` come first.
    env_file: Option<String>,
    /// `caFile`: who may have signed the certificate of a server over TLS, beside whom the system trusts.
    ca_file: Option<String>,
    /// No `${VARIABLE}` is looked for.
    literal: bool,
    /// What a relative `cwd` is relative to.
    directory: Option<PathBuf>,
}

impl ServerConfig {
    fn new(name: &str, transport: Transport) -> Self {
        Self {
            name: name.to_owned(),
            transport,
            startup_timeout: DEFAULT_STARTUP_TIMEOUT,
            tool_timeout: DEFAULT_TOOL_TIMEOUT,
            idle_timeout: None,
            elicitation: Elicitation::default(),
            disabled: false,
            limits: CallLimits::default(),
            bounds: Bounds::default(),
            cache: None,
            env_file: None,
            ca_file: None,
            literal: false,
            directory: None,
        }
    }
}

/// How to reach a server. The texts are as the file has them, with variables not yet expanded.
#[derive(Clone)]
#[non_exhaustive]
pub enum Transport {
    /// A child process that speaks MCP on its stdin and stdout.
    Stdio {
        /// The program: a path, or a name that is searched on `PATH`. Never given to a shell.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Variables to add to its environment.
        env: Vec<(String, SecretString)>,
        /// Its working directory; the host's own if absent.
        cwd: Option<String>,
    },
    /// A server that is reached over streamable HTTP.
    Http {
        /// The endpoint.
        url: String,
        /// Headers to send with each request.
        headers: Vec<(String, SecretString)>,
    },
}

/// The program without its arguments, or the address without user, query and fragment: what may
/// stand in a list or a log. Control characters are replaced.
impl fmt::Display for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdio { command, .. } => formatter.write_str(&printable(command.as_bytes())),
            Self::Http { url, .. } => formatter.write_str(&printable(address(url).as_bytes())),
        }
    }
}

/// Shows the names of environment variables and headers but not their values, which are often
/// secrets; so are arguments, and the query of an address.
impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names(pairs: &[(String, SecretString)]) -> Vec<&str> {
            pairs.iter().map(|(name, _)| name.as_str()).collect()
        }
        match self {
            Self::Stdio {
                command,
                args,
                env,
                cwd,
            } => formatter
                .debug_struct("Stdio")
                .field("command", command)
                .field("args", &args.len())
                .field("env", &names(env))
                .field("cwd", cwd)
                .finish(),
            Self::Http { headers, .. } => formatter
                .debug_struct("Http")
                .field("url", &self.to_string())
                .field("headers", &names(headers))
                .finish(),
        }
    }
}

/// `https://user:key@example.org/mcp?token=x` as `https://example.org/mcp`.
fn address(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = plain.split_once("://") else {
        return plain.to_owned();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    // Some services give each user an address of its own, which is all that one needs to be that user.
    let shown = |part| match looks_like_a_key(part) {
        true => "[path]",
        false => part,
    };
    let path: Vec<&str> = path.split('/').map(shown).collect();
    format!("{scheme}://{host}{}", path.join("/"))
}

/// The directory of a configuration file, absolute, so that it still holds after a `chdir`.
fn directory_of(origin: &Path) -> Option<PathBuf> {
    path::absolute(origin).ok()?.parent().map(Path::to_owned)
}

#[cfg(test)]
mod tests;
