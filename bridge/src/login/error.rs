//! Why a login did not come about. Holds words of authorization servers only as printable and bounded text.

use crate::config::ConfigError;
use crate::error::HttpFault;

/// Why a login, or the end of one, did not come about. No token, code or secret is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// What the configuration says about the server cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nothing to log in to, or the configuration excludes it.
    #[error("{0}")]
    NotOffered(String),
    /// The server or the authorization server says something that cannot be trusted or used.
    #[error("{0}")]
    Unusable(String),
    /// The authorization server refused, and will again.
    #[error("the authorization server refused: {0}")]
    Refused(String),
    /// The authorization server is not reached, or fails. It may work later.
    #[error("the authorization server is not to be had now: {0}")]
    Transient(String),
    /// What came back to the redirect is not the answer to this login.
    #[error("{0}")]
    Callback(String),
    /// The user did not finish in time.
    #[error("no answer came back from the browser in {0} min: log in again")]
    TimedOut(u64),
    /// Logins cannot be kept or read.
    #[error("{0}")]
    Store(String),
}

impl LoginError {
    /// What this means for a request that needs a token.
    pub(crate) fn into_fault(self, command: &str) -> HttpFault {
        match self {
            Self::Refused(why) | Self::NotOffered(why) => HttpFault::Unauthorized {
                status: 401,
                body: format!(": {why}"),
                command: Some(command.into()),
            },
            other => HttpFault::Token(crate::error::with_causes(&other)),
        }
    }
}
