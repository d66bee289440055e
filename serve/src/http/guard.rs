//! What is asked of a request before MCP sees it: the token, and the path.

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, StatusCode};
use mcp_bridge::{ExposeSecret as _, SecretString};

use super::answer::{Answer, answer};

/// The path of the endpoint.
pub(super) const PATH: &str = "/mcp";

/// The path of direct mode.
pub(super) const DIRECT: &str = "/mcp/direct";

pub(super) struct Guard {
    /// The digest of the token: digests are compared in constant time.
    token: Option<blake3::Hash>,
    /// Whether direct mode is served too.
    has_direct: bool,
}

impl Guard {
    pub(super) fn new(token: Option<SecretString>, has_direct: bool) -> Self {
        let token = token.map(|token| blake3::hash(token.expose_secret().as_bytes()));
        Self { token, has_direct }
    }

    /// The answer to a request that goes no further.
    pub(super) fn check(&self, request: &Request<Incoming>) -> Option<Answer> {
        if !self.admits(request) {
            let mut refused = answer(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "the request has no valid `Authorization: Bearer` token",
            );
            let bearer = HeaderValue::from_static("Bearer");
            refused.headers_mut().insert(WWW_AUTHENTICATE, bearer);
            return Some(refused);
        }
        let path = request.uri().path();
        if path != PATH && !(self.has_direct && path == DIRECT) {
            let what = format!("MCP is served on `{PATH}`");
            return Some(answer(StatusCode::NOT_FOUND, "not_found", &what));
        }
        None
    }

    fn admits(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = request.headers().get(AUTHORIZATION);
        let given = given.and_then(|given| given.to_str().ok());
        let given = given.and_then(|given| {
            let (scheme, token) = given.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        given.is_some_and(|given| blake3::hash(given.as_bytes()) == *token)
    }
}
