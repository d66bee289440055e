//! Requests over HTTP with tokens of an authorization server (RFC 9728, RFC 6750, RFC 9068): who asks, and by which
//! scope. Gets no token for a client, and keeps none.

mod answers;
mod cryptography;
mod keys;
mod refused;
mod ring_of_keys;
mod settings;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;

use crate::principal::Caller;
pub(crate) use answers::Answers;
use refused::Refused;
use ring_of_keys::KeyRing;
pub use settings::{Authorization, AuthorizationError};
use token::Token;

/// What checks tokens.
pub(crate) struct Authorized {
    settings: Authorization,
    keys: Arc<KeyRing>,
}

impl Authorized {
    pub(crate) fn new(settings: Authorization) -> Self {
        let keys = Arc::new(KeyRing::new(&settings));
        Self { settings, keys }
    }

    /// What is answered to requests without a good token.
    pub(crate) fn answers(&self) -> Answers<'_> {
        Answers(&self.settings)
    }

    /// Who asks.
    ///
    /// # Errors
    ///
    /// Why the request goes no further.
    pub(crate) async fn caller(&self, request: &Parts) -> Result<Caller, Refused> {
        let token = Token::read(bearer(request)?)?;
        let key = self.keys.key(&token).await?;
        let granted = token.verify(&key, &self.settings)?;
        let mut scopes = self.settings.scopes.iter();
        let scope = match self.settings.scopes.is_empty() {
            true => None,
            // The first is the widest.
            false => Some(
                scopes
                    .find(|scope| granted.has(scope))
                    .ok_or(Refused::Scope)?,
            ),
        };
        Ok(Caller {
            principal: granted.principal,
            scope: scope.cloned(),
            left: granted.left,
        })
    }
}

/// The token of a request: in its header, once, and in no other place.
fn bearer(request: &Parts) -> Result<&str, Refused> {
    // Addresses are in logs and histories (RFC 6750, 5.3).
    if request.uri.query().is_some_and(has_token) {
        return Err(Refused::Invalid("a token in the address is not taken"));
    }
    let mut given = request.headers.get_all(AUTHORIZATION).iter();
    let Some(first) = given.next() else {
        return Err(Refused::Missing);
    };
    if given.next().is_some() {
        return Err(Refused::Invalid("the request has more than one token"));
    }
    let text = first.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refused::Missing),
    }
}

fn has_token(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}
