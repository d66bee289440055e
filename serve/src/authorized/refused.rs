//! Why a request with a token, or without one, goes no further. Says nothing of it to the client.

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It has no token.
    Missing,
    /// Its token is no good, for this reason.
    Invalid(&'static str),
    /// Its token is good, and has none of the scopes.
    Scope,
    /// The keys of the authorization server are not to be had now.
    Unavailable,
}
