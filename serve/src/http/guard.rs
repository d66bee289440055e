//! What is asked of a request before MCP sees it: the token, and the path.

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use mcp_bridge::{ExposeSecret as _, SecretString};

use super::answer::{Answer, answer, document};
use crate::authorized::{Authorization, Authorized};
use crate::principal::Caller;

/// The path of the endpoint.
pub(super) const PATH: &str = "/mcp";

/// The path of direct mode.
pub(super) const DIRECT: &str = "/mcp/direct";

/// Who may ask.
pub enum Access {
    /// Every process of this machine.
    Open,
    /// Who brings this in `Authorization: Bearer`.
    Token(SecretString),
    /// Who brings a token of an authorization server.
    Authorization(Box<Authorization>),
}

pub(super) struct Guard {
    access: Checked,
    /// Whether direct mode is served too.
    has_direct: bool,
}

/// What is compared with a request.
enum Checked {
    Open,
    /// The digest of the token: digests are compared in constant time.
    Token(blake3::Hash),
    Authorized(Box<Authorized>),
}

impl Guard {
    pub(super) fn new(access: Access, has_direct: bool) -> Self {
        let access = match access {
            Access::Open => Checked::Open,
            Access::Token(token) => Checked::Token(blake3::hash(token.expose_secret().as_bytes())),
            Access::Authorization(settings) => {
                Checked::Authorized(Box::new(Authorized::new(*settings)))
            }
        };
        Self { access, has_direct }
    }

    /// Who asks, where an authorization server says so.
    ///
    /// # Errors
    ///
    /// The answer to a request that goes no further.
    pub(super) async fn check(
        &self,
        request: Request<Incoming>,
    ) -> Result<(Request<Incoming>, Option<Caller>), Answer> {
        // Threads cannot share the body, which is what a reference to the whole request would want.
        let (head, body) = request.into_parts();
        let caller = match &self.access {
            Checked::Open => None,
            Checked::Token(token) => match has_token(&head, token) {
                true => None,
                false => return Err(unauthorized()),
            },
            Checked::Authorized(authorized) => Some(self.caller(authorized, &head).await?),
        };
        let path = head.uri.path();
        if !self.paths().contains(&path) {
            let what = format!("MCP is served on `{PATH}`");
            return Err(answer(StatusCode::NOT_FOUND, "not_found", &what));
        }
        Ok((Request::from_parts(head, body), caller))
    }

    async fn caller(&self, authorized: &Authorized, head: &Parts) -> Result<Caller, Answer> {
        let answers = authorized.answers();
        // Every client may read whom to ask for a token.
        if matches!(head.method, Method::GET | Method::HEAD)
            && let Some(metadata) = answers.metadata(head.uri.path(), self.paths())
        {
            return Err(document(&metadata));
        }
        authorized.caller(head).await.map_err(|why| {
            let refusal = answers.refusal(why);
            let mut refused = answer(refusal.status, refusal.error, &refusal.message);
            refused.headers_mut().extend(refusal.challenge);
            refused
        })
    }

    fn paths(&self) -> &'static [&'static str] {
        match self.has_direct {
            true => &[PATH, DIRECT],
            false => &[PATH],
        }
    }
}

fn has_token(head: &Parts, token: &blake3::Hash) -> bool {
    let given = head.headers.get(AUTHORIZATION);
    let given = given.and_then(|given| given.to_str().ok());
    let given = given.and_then(|given| {
        let (scheme, token) = given.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    given.is_some_and(|given| blake3::hash(given.as_bytes()) == *token)
}

fn unauthorized() -> Answer {
    let what = "the request has no valid `Authorization: Bearer` token";
    let mut refused = answer(StatusCode::UNAUTHORIZED, "unauthorized", what);
    let bearer = HeaderValue::from_static("Bearer");
    refused.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    refused
}
