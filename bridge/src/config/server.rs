//! What a configuration says about one server, with its `${...}` as they are in the file.
//! Expands nothing, and shows no value that may be a secret.

use std::fmt;
use std::path::{self, Path, PathBuf};
use std::time::Duration;

use rmcp::model::Tool;
use secrecy::SecretString;

use super::oauth::{self, OAuth};
use super::policy::{Bounds, CachePolicy, CallLimits, EACH_TOOL, Elicitation};
use crate::credential::looks_like_a_key;
use crate::text::{sanitize, seconds};

const DEFAULT_STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_TOOL_TIMEOUT: Duration = Duration::from_secs(60);

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
    /// How the client answers an elicitation request: `elicitation`, `decline` if absent.
    pub elicitation: Elicitation,
    /// `disabled` in the file: the entry is kept, but not started.
    pub disabled: bool,
    /// `limits`: how many calls, and how often.
    pub limits: CallLimits,
    /// `limits`: how much of the server is read.
    pub bounds: Bounds,
    /// `cache`: which responses are cached; none without it.
    pub cache: Option<CachePolicy>,
    /// `envFile`: a file of variables for a process; those of `env` come first.
    pub(super) env_file: Option<String>,
    /// `caFile`: who may have signed the certificate of a server over TLS, beside whom the system trusts.
    pub(super) ca_file: Option<String>,
    /// `oauth`: how to log in to a server over HTTP.
    pub(super) oauth: OAuth,
    /// The file that it is from, where a command has to name it.
    pub(super) origin: Option<PathBuf>,
    /// More variables of the host that a process gets if they are set: `env_vars` of Codex.
    pub(super) inherited: Vec<String>,
    /// Variables that a process does not get: those that are `null` in `env`.
    pub(super) unset: Vec<String>,
    /// The keys of the file that disable the entry.
    pub(crate) disabled_by: Vec<&'static str>,
    /// The keys of the file that set the timeouts.
    pub(crate) timeout_keys: TimeoutKeys,
    /// No `${VARIABLE}` is looked for.
    pub(super) literal: bool,
    /// Where a process starts without a `cwd`, and what relative paths are relative to. `None`: the host's own.
    pub(super) directory: Option<PathBuf>,
}

impl ServerConfig {
    pub(super) fn new(name: &str, transport: Transport) -> Self {
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
            oauth: OAuth::default(),
            origin: None,
            inherited: Vec::new(),
            unset: Vec::new(),
            disabled_by: Vec::new(),
            timeout_keys: TimeoutKeys::default(),
            literal: false,
            directory: None,
        }
    }

    /// How the time of a call was read, where the file has it under a key whose unit differs among clients.
    pub(crate) fn doubtful_timeout(&self) -> Option<String> {
        (self.timeout_keys.tool == "timeout").then(|| {
            format!(
                "read as {} for each call: some clients count it in seconds, and some in milliseconds; \
                 `tool_timeout_sec` beside it is in seconds and counts instead",
                seconds(self.tool_timeout)
            )
        })
    }

    /// The command with which a person logs in to this server: it works in every directory.
    #[must_use]
    pub fn login_command(&self) -> String {
        oauth::login_command(&self.name, self.origin.as_deref())
    }

    /// The keys that disable the entry, in backticks.
    pub(crate) fn disabling_keys(&self) -> String {
        let keys: Vec<String> = self
            .disabled_by
            .iter()
            .map(|key| format!("`{key}`"))
            .collect();
        match keys.as_slice() {
            // A program that embeds this one has set the field.
            [] => "`disabled`".to_owned(),
            keys => keys.join(" and "),
        }
    }

    /// The tools that `limits` and `cache` name and the server does not have.
    pub fn unknown_tools<'a>(&'a self, listed: &'a [Tool]) -> impl Iterator<Item = &'a str> {
        let limited = self.limits.tools.iter().map(|(name, _)| name);
        let kept = self.cache.iter().filter_map(|cache| cache.tools.as_ref());
        limited
            .filter(|name| *name != EACH_TOOL)
            .chain(kept.flatten())
            .map(String::as_str)
            .filter(|name| !listed.iter().any(|tool| tool.name == *name))
    }
}

/// The key of a configuration that sets how long a server may take to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartupKey {
    /// This program's own.
    Seconds,
    /// Codex's.
    Milliseconds,
    /// opencode's.
    Timeout,
}

impl fmt::Display for StartupKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Seconds => "startup_timeout_sec",
            Self::Milliseconds => "startup_timeout_ms",
            Self::Timeout => "timeout",
        })
    }
}

/// Which keys an error names that was caused by a timeout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeoutKeys {
    pub(crate) startup: StartupKey,
    pub(crate) tool: &'static str,
}

impl Default for TimeoutKeys {
    fn default() -> Self {
        Self {
            startup: StartupKey::Seconds,
            tool: "tool_timeout_sec",
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
        /// Its working directory; that of the configuration if absent.
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
            Self::Stdio { command, .. } => formatter.write_str(&sanitize(command.as_bytes())),
            Self::Http { url, .. } => formatter.write_str(&sanitize(address(url).as_bytes())),
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
pub(super) fn address(url: &str) -> String {
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

/// The file as a command in another directory has to name it: all but the user's own, which every command finds.
pub(super) fn named_origin(origin: &Path) -> Option<PathBuf> {
    let origin = path::absolute(origin).ok()?;
    (!origin.ends_with("mcp-host/mcp.json")).then_some(origin)
}

/// Directories in which a client keeps its files of one project.
const CLIENT_DIRECTORIES: [&str; 14] = [
    ".amazonq",
    ".claude",
    ".codex",
    ".cursor",
    ".gemini",
    ".github",
    ".junie/mcp",
    ".kilocode",
    ".kiro/settings",
    ".opencode",
    ".roo",
    ".vscode",
    ".windsurf",
    ".zed",
];

/// The directory that a configuration file is about, absolute, so that it still holds after a `chdir`: its own, or the
/// project's where the file is in a directory of a client.
pub(super) fn directory_of(origin: &Path) -> Option<PathBuf> {
    let origin = path::absolute(origin).ok()?;
    let directory = origin.parent()?;
    let client = CLIENT_DIRECTORIES
        .into_iter()
        .find(|client| directory.ends_with(client));
    let levels = client.map_or(0, |client| Path::new(client).components().count());
    directory.ancestors().nth(levels).map(Path::to_owned)
}
