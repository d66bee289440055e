//! What a client without a good token is answered, and where it learns whom to ask for one (RFC 9728, RFC 6750).

use hyper::StatusCode;
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use url::Url;

use super::refused::Refused;
use super::settings::Authorization;

/// Where the metadata of a resource are; the path of the resource follows.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What is said about this server to clients without a good token.
pub(crate) struct Answers<'s>(pub(super) &'s Authorization);

/// An answer without its form.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) message: String,
    /// `WWW-Authenticate`
    pub(crate) challenge: Option<(hyper::header::HeaderName, HeaderValue)>,
}

impl Answers<'_> {
    /// The metadata, if they are at this path. `paths` are those on which MCP is served.
    pub(crate) fn metadata(&self, path: &str, paths: &[&str]) -> Option<Value> {
        let of = path.strip_prefix(WELL_KNOWN)?;
        let is_here = of.is_empty() || of == self.path() || paths.contains(&of);
        is_here.then(|| {
            let mut metadata = json!({
                "resource": &*self.0.resource,
                "authorization_servers": [&*self.0.issuer],
                "bearer_methods_supported": ["header"],
            });
            if !self.0.scopes.is_empty() {
                let scopes = self.0.scopes.iter().map(|scope| &**scope);
                metadata["scopes_supported"] = scopes.collect();
            }
            metadata
        })
    }

    pub(crate) fn refusal(&self, why: Refused) -> Refusal {
        let scopes = self.scopes();
        let (status, error, message, said) = match why {
            Refused::Missing => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                format!(
                    "the request has no `Authorization: Bearer` token of {}",
                    self.0.issuer
                ),
                String::new(),
            ),
            Refused::Invalid(why) => (
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                why.to_owned(),
                format!("error=\"invalid_token\", error_description=\"{why}\", "),
            ),
            Refused::Scope => (
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                format!("the token has none of the scopes {scopes}"),
                "error=\"insufficient_scope\", ".to_owned(),
            ),
            Refused::Unavailable => {
                return Refusal {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    error: "busy",
                    message: format!("the keys of {} are not to be had now", self.0.issuer),
                    challenge: None,
                };
            }
        };
        let scope = match scopes.is_empty() {
            true => String::new(),
            false => format!("scope=\"{scopes}\", "),
        };
        let place = self.place();
        let value = format!("Bearer {said}{scope}resource_metadata=\"{place}\"");
        // The settings have no character that a header cannot.
        let value = HeaderValue::try_from(value).ok();
        Refusal {
            status,
            error,
            message,
            challenge: value.map(|value| (WWW_AUTHENTICATE, value)),
        }
    }

    /// What a client asks for: the authorization server knows which of them the user may have.
    fn scopes(&self) -> String {
        let scopes: Vec<_> = self.0.scopes.iter().map(|scope| &**scope).collect();
        scopes.join(" ")
    }

    /// The path of the resource, for its metadata.
    fn path(&self) -> &str {
        self.0.resource_url.path().trim_end_matches('/')
    }

    fn place(&self) -> Url {
        let mut place = self.0.resource_url.clone();
        place.set_query(None);
        place.set_path(&format!("{WELL_KNOWN}{}", self.path()));
        place
    }
}
