//! Errors of opening a connection, and of single calls.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

mod command;
mod http_fault;
mod http_words;

use crate::config::{ConfigError, StartupKey};
use crate::noise::StrayLines;
use crate::secret::Secrets;
use crate::text::{mebibytes, sanitize, seconds};
pub use http_fault::HttpFault;
pub(crate) use http_words::{advice, head};

/// Why there is no connection to a server. No process of it is left when this is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// What the configuration says about this server cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration says that it is not to be used.
    #[error("server `{server}` is disabled: remove {keys} from its configuration to use it")]
    Disabled {
        /// The server.
        server: String,
        /// The keys that say so, in backticks.
        keys: String,
    },
    /// The server cannot be reached over HTTP, or not used that way.
    #[error("server `{server}` at `{address}`: {fault}")]
    Http {
        /// The server.
        server: String,
        /// Its address as the configuration has it, without user and query.
        address: String,
        /// What went wrong.
        fault: HttpFault,
    },
    /// The program to start does not exist.
    #[error("{}", command::not_found(server, command))]
    CommandNotFound {
        /// The server.
        server: String,
        /// The program.
        command: String,
    },
    /// The directory to start the program in does not exist.
    #[error("server `{server}`: its `cwd` `{}` is not a directory", directory.display())]
    NoDirectory {
        /// The server.
        server: String,
        /// The directory.
        directory: PathBuf,
    },
    /// The program exists but cannot be started.
    #[error("server `{server}`: failed to start `{command}`{reason}")]
    Spawn {
        /// The server.
        server: String,
        /// The program.
        command: String,
        /// What is wrong with its file and what to do, after a colon, or nothing.
        reason: String,
        /// Why.
        source: io::Error,
    },
    /// The process ended before it had listed its tools.
    #[error("server `{server}` exited at start with {}{last_output}", exit_text(*status))]
    ExitedAtStart {
        /// The server.
        server: String,
        /// How it ended, if the OS says so.
        status: Option<ExitStatus>,
        /// The end of its output.
        last_output: LastOutput,
    },
    /// The process runs, but did not get as far as listing its tools in time.
    #[error(
        "server `{server}` was not ready after {}: \
         raise `{key}` of `{server}` if it needs longer{last_output}",
        seconds(*waited)
    )]
    StartTimeout {
        /// The server.
        server: String,
        /// The key of its configuration that sets this time.
        key: StartupKey,
        /// How long it was given.
        waited: Duration,
        /// The end of its output.
        last_output: LastOutput,
    },
    /// The server answered something that MCP does not allow.
    #[error("server `{server}` does not speak MCP as expected: {message}{last_output}")]
    Protocol {
        /// The server.
        server: String,
        /// What it did.
        message: String,
        /// The end of its output.
        last_output: LastOutput,
    },
}

/// Why one call got no answer. Only this call: the connection goes on, except after
/// [`CallError::Unavailable`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server rejected the arguments (JSON-RPC -32602); its own message.
    #[error("invalid arguments: {0}")]
    InvalidArguments(String),
    /// The server has no such tool.
    #[error("{0}")]
    NotFound(String),
    /// No answer came in this time. The bridge has cancelled the call at the server.
    #[error(
        "no answer after {}: raise `{}` if the tool needs longer{}",
        seconds(.0.waited),
        .0.key,
        .0.stray
    )]
    TimedOut(Silence),
    /// For this time neither an answer nor progress came. The bridge has cancelled the call at the server.
    #[error(
        "no answer and no progress for {}: raise `idle_timeout_sec` if the tool is silent for longer{}",
        seconds(.0.waited),
        .0.stray
    )]
    Silent(Silence),
    /// The tool is not as it was when its server was pinned. The server has not seen the call.
    #[error("{0}")]
    Refused(String),
    /// A rate limit or a full outbox left no turn for the call. The server has not seen it.
    #[error(
        "call throttled after {}: {limit}",
        seconds(*waited)
    )]
    Throttled {
        /// Which limit of what.
        limit: String,
        /// How long the call waited.
        waited: Duration,
    },
    /// The server ended or closed the connection. The call may have had an effect.
    #[error("{0}")]
    Unavailable(String),
    /// The server refused the credentials of the call, or wants a scope that they lack. It has done nothing.
    #[error("{0}")]
    LoginRequired(String),
    /// The answer is larger than this number of bytes, the most that is read.
    #[error(
        "the answer is larger than {}: ask for less, or raise `max_message_bytes` in `limits` of the server",
        mebibytes(*.0)
    )]
    TooLarge(usize),
    /// The answer would take more than this number of bytes of memory: it holds very many values.
    #[error(
        "the answer would take more than {} of memory: ask for less, or raise `max_message_bytes` in \
         `limits` of the server",
        mebibytes(*.0)
    )]
    TooMuchMemory(usize),
    /// The server answered something that MCP does not allow, or a JSON-RPC error of its own.
    #[error("{0}")]
    Protocol(String),
}

/// How long a call waited in vain, and what came instead of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Silence {
    /// How long.
    pub waited: Duration,
    /// The key of the server's configuration that sets the time of a call.
    pub key: &'static str,
    /// What the server sent meanwhile that is no message.
    pub stray: StrayLines,
}

impl From<Duration> for Silence {
    fn from(waited: Duration) -> Self {
        Self {
            waited,
            key: "tool_timeout_sec",
            stray: StrayLines::default(),
        }
    }
}

impl Silence {
    /// A wait whose length this key sets.
    pub(crate) fn by(key: &'static str, waited: Duration) -> Self {
        Self {
            key,
            ..waited.into()
        }
    }
}

impl ConnectError {
    /// The same, with the names of secrets in their places: servers repeat what they were given.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        match self {
            Self::ExitedAtStart {
                server,
                status,
                last_output,
            } => Self::ExitedAtStart {
                server,
                status,
                last_output: last_output.without(secrets),
            },
            Self::StartTimeout {
                server,
                key,
                waited,
                last_output,
            } => Self::StartTimeout {
                server,
                key,
                waited,
                last_output: last_output.without(secrets),
            },
            Self::Protocol {
                server,
                message,
                last_output,
            } => Self::Protocol {
                server,
                message: secrets.hide_words(&message),
                last_output: last_output.without(secrets),
            },
            Self::Http {
                server,
                address,
                fault,
            } => Self::Http {
                server,
                address: secrets.hide_words(&address),
                fault: fault.without(secrets),
            },
            // Command and directory are as the configuration writes them, and so is what is wrong in it.
            error @ (Self::Config(_)
            | Self::Disabled { .. }
            | Self::CommandNotFound { .. }
            | Self::NoDirectory { .. }
            | Self::Spawn { .. }) => error,
        }
    }
}

impl CallError {
    /// The same, with what came meanwhile that is no message, where that may be why.
    pub(crate) fn after(self, stray: StrayLines) -> Self {
        match self {
            Self::TimedOut(silence) => Self::TimedOut(Silence { stray, ..silence }),
            Self::Silent(silence) => Self::Silent(Silence { stray, ..silence }),
            Self::Unavailable(text) => Self::Unavailable(format!("{text}{stray}")),
            error => error,
        }
    }

    /// The same, with the names of secrets in their places.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        let hide = |text: String| secrets.hide_words(&text);
        match self {
            Self::InvalidArguments(text) => Self::InvalidArguments(hide(text)),
            Self::NotFound(text) => Self::NotFound(hide(text)),
            Self::Refused(text) => Self::Refused(hide(text)),
            Self::Unavailable(text) => Self::Unavailable(hide(text)),
            Self::LoginRequired(text) => Self::LoginRequired(hide(text)),
            Self::Protocol(text) => Self::Protocol(hide(text)),
            // What is left holds no words of the server.
            error @ (Self::TimedOut(_)
            | Self::Silent(_)
            | Self::Throttled { .. }
            | Self::TooLarge(_)
            | Self::TooMuchMemory(_)) => error,
        }
    }
}

impl LastOutput {
    fn without(self, secrets: &Secrets) -> Self {
        let hide = |text: String| secrets.hide_words(&text);
        Self {
            stderr: self.stderr.into_iter().map(hide).collect(),
            stdout: self.stdout.without(secrets),
        }
    }
}

/// The last lines that a server wrote to stderr, and what it wrote to stdout that is no MCP message. Control characters
/// are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastOutput {
    /// At most 20 lines of at most 500 bytes.
    pub stderr: Vec<String>,
    /// At most three lines.
    pub stdout: StrayLines,
}

/// Shows nothing where there is nothing, else a block of lines that starts on a new one.
impl fmt::Display for LastOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(formatter, "\nlast lines on stderr:")?;
        }
        for line in &self.stderr {
            write!(formatter, "\n  {line}")?;
        }
        Ok(())
    }
}

/// `exit status 3`, or `signal 9`.
pub(crate) fn exit_text(status: Option<ExitStatus>) -> String {
    status.map_or_else(
        || "an unknown status".to_owned(),
        |status| status.to_string(),
    )
}

/// An error with all its causes: `what: why: why that`.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some libraries repeat their cause in their own text.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}

/// The cause at the bottom of an error, as one line.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    sanitize(deepest.to_string().as_bytes())
}
