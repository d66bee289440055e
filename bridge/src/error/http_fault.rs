//! Faults of a server over HTTP, and of the way to it. Never shows an address or the value of a header.

use super::http_words::{advice, credentials, head, page, scope, where_to};
use crate::secret::Secrets;

/// Why a request over HTTP got no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpFault {
    /// The address in the configuration cannot be used.
    #[error("its `url` cannot be used: {0}")]
    Url(String),
    /// A header in the configuration cannot be used.
    #[error("its header `{name}` {problem}")]
    Header {
        /// The header.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The `caFile` in the configuration cannot be used.
    #[error("its `caFile` `{path}` {problem}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate of the server is not accepted, or nothing is there to judge one by.
    #[error("its TLS certificate is not accepted: {0}")]
    Certificate(String),
    /// No connection came about.
    #[error("failed to connect: {0}")]
    Connect(String),
    /// The connection broke off.
    #[error("the connection broke off: {0}")]
    Broken(String),
    /// The connection broke off within the body of an answer.
    #[error(
        "it answered {}, but the connection broke off after {read} bytes of the body: {why}: call again; where that \
         does not help, ask who runs the server or the proxy before it",
        head(*status, media_type.as_deref())
    )]
    Truncated {
        /// The status.
        status: u16,
        /// The media type that it gives, if any.
        media_type: Option<Box<str>>,
        /// How many bytes came.
        read: usize,
        /// What the connection failed with.
        why: String,
    },
    /// HTTP 401, or another status with which it asks for a token.
    #[error(
        "it refused the request with HTTP {status}{body}: {}",
        credentials(command.as_deref())
    )]
    Unauthorized {
        /// The status.
        status: u16,
        /// The beginning of what it said, or nothing.
        body: String,
        /// The command that logs in. `None`: the configuration has credentials of its own.
        command: Option<Box<str>>,
    },
    /// HTTP 403 for want of a scope.
    #[error(
        "it refused the request with HTTP 403{body}: {}",
        scope(scopes, command.as_deref())
    )]
    InsufficientScope {
        /// The beginning of what it said, or nothing.
        body: String,
        /// The scopes that it names, as far as they are plain words.
        scopes: Vec<Box<str>>,
        /// The command that logs in for them. `None`: the configuration has credentials of its own.
        command: Option<Box<str>>,
    },
    /// There is a login, but its token could not be renewed now. It may be later.
    #[error("its login is kept, but no new token was to be had: {0}")]
    Token(String),
    /// HTTP 403, with words that do not ask for a token.
    #[error(
        "it refused the request with HTTP 403{body}: check its `url`, and whether the token in its `headers` \
         allows this"
    )]
    Forbidden {
        /// The beginning of what it said.
        body: String,
    },
    /// It speaks only the transport of revision 2024-11-05.
    #[error(
        "it speaks only HTTP+SSE, the transport of MCP 2024-11-05, which this client does not speak (it answered \
         HTTP {status} to a message, and an event stream with `endpoint` to GET): use its address for streamable \
         HTTP, which often ends in `/mcp`, or start a bridge over stdio, such as `npx mcp-remote`, with this address"
    )]
    OldTransport {
        /// What it answered to a message.
        status: u16,
    },
    /// The server sends us where we have been.
    #[error(
        "its redirects go in a loop: HTTP {status} leads back to `{to}`: ask who runs it, or check its `url`"
    )]
    RedirectLoop {
        /// The status.
        status: u16,
        /// The address that comes again, without its query.
        to: String,
    },
    /// The server sends us on and on within its origin.
    #[error("it redirects more than {most} times, at last to `{to}`: check its `url`")]
    RedirectsWithoutEnd {
        /// How many are followed.
        most: usize,
        /// The last address, without its query.
        to: String,
    },
    /// The server sends us somewhere else, with a status that we do not follow or to another origin.
    #[error(
        "it redirects with HTTP {status} to `{to}`, which was not followed, because that would hand \
         over its headers or lose the message: {}",
        where_to(to)
    )]
    Redirect {
        /// The status.
        status: u16,
        /// The new address, without its query.
        to: String,
    },
    /// Any other status that is no success.
    #[error(
        "it answered {}{body}{}",
        head(*status, media_type.as_deref()),
        advice(*status, retry_after.as_deref())
    )]
    Status {
        /// The status.
        status: u16,
        /// The media type that it gives, if any.
        media_type: Option<Box<str>>,
        /// The beginning of what it said, or nothing.
        body: String,
        /// When it may be asked again, as it says it: seconds, or a date.
        retry_after: Option<Box<str>>,
    },
    /// The body is compressed, although that was not asked for.
    #[error(
        "it answered {}, encoded as `{encoding}`, which was not asked for: switch compression off in the server or \
         the proxy before it",
        head(*status, media_type.as_deref())
    )]
    Encoded {
        /// The status.
        status: u16,
        /// The media type that it gives, if any.
        media_type: Option<Box<str>>,
        /// The encoding.
        encoding: String,
    },
    /// A success whose body is empty, where the answer to a request belongs.
    #[error(
        "it answered {} without a body, where the answer to the request belongs: check that its `url` is the MCP \
         endpoint, for streamable HTTP",
        head(*status, media_type.as_deref())
    )]
    Empty {
        /// The status.
        status: u16,
        /// The media type that it gives, if any.
        media_type: Option<Box<str>>,
    },
    /// The body is neither JSON nor a stream of events.
    #[error(
        "it answered {}, which is not JSON or an event stream{body}: check that its `url` is the MCP endpoint{}",
        head(*status, media_type.as_deref()),
        page(media_type.as_deref())
    )]
    ContentType {
        /// The status.
        status: u16,
        /// The media type that it gives, if any.
        media_type: Option<Box<str>>,
        /// The beginning of what it said, or nothing.
        body: String,
    },
}

impl HttpFault {
    /// Whether a person logs in, or in again, for the request to succeed.
    pub(crate) fn wants_login(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized { .. } | Self::InsufficientScope { .. }
        )
    }

    // Long: one arm for each fault, so that none is forgotten.
    /// The same, with the names of secrets in their places: servers repeat what they were sent.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        let hide = |text: String| secrets.hide_words(&text);
        let boxed = |text: Box<str>| secrets.hide_words(&text).into_boxed_str();
        match self {
            Self::Url(why) => Self::Url(hide(why)),
            Self::Header { name, problem } => Self::Header { name, problem },
            Self::CaFile { path, problem } => Self::CaFile {
                path,
                problem: hide(problem),
            },
            Self::Certificate(why) => Self::Certificate(hide(why)),
            Self::Connect(why) => Self::Connect(hide(why)),
            Self::Broken(why) => Self::Broken(hide(why)),
            Self::Truncated {
                status,
                media_type,
                read,
                why,
            } => Self::Truncated {
                status,
                media_type: media_type.map(boxed),
                read,
                why: hide(why),
            },
            Self::Unauthorized {
                status,
                body,
                command,
            } => Self::Unauthorized {
                status,
                body: hide(body),
                command,
            },
            Self::InsufficientScope {
                body,
                scopes,
                command,
            } => Self::InsufficientScope {
                body: hide(body),
                scopes: scopes.into_iter().map(boxed).collect(),
                command: command.map(boxed),
            },
            Self::Token(why) => Self::Token(hide(why)),
            Self::Forbidden { body } => Self::Forbidden { body: hide(body) },
            Self::OldTransport { status } => Self::OldTransport { status },
            Self::RedirectLoop { status, to } => Self::RedirectLoop {
                status,
                to: hide(to),
            },
            Self::RedirectsWithoutEnd { most, to } => {
                Self::RedirectsWithoutEnd { most, to: hide(to) }
            }
            Self::Redirect { status, to } => Self::Redirect {
                status,
                to: hide(to),
            },
            Self::Status {
                status,
                media_type,
                body,
                retry_after,
            } => Self::Status {
                status,
                media_type: media_type.map(boxed),
                body: hide(body),
                retry_after: retry_after.map(boxed),
            },
            Self::Encoded {
                status,
                media_type,
                encoding,
            } => Self::Encoded {
                status,
                media_type: media_type.map(boxed),
                encoding: hide(encoding),
            },
            Self::Empty { status, media_type } => Self::Empty {
                status,
                media_type: media_type.map(boxed),
            },
            Self::ContentType {
                status,
                media_type,
                body,
            } => Self::ContentType {
                status,
                media_type: media_type.map(boxed),
                body: hide(body),
            },
        }
    }
}
