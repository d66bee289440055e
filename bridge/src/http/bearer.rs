//! Where the token of a request comes from, and how a request is sent with one. Keeps no token, and knows no
//! authorization server.

use futures_util::future::BoxFuture;
use hyper::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::HttpFault;

/// The token of one server.
pub(crate) trait Bearer: Send + Sync {
    /// The token to send now; `None` where there is none, and the server may do without.
    fn token(&self) -> BoxFuture<'_, Result<Option<SecretString>, HttpFault>>;

    /// Another token in place of one that the server has just refused with HTTP 401; `None` where there is none.
    fn other<'a>(
        &'a self,
        refused: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, HttpFault>>;
}

/// Puts the token into the headers of a request.
pub(super) fn authorize(headers: &mut HeaderMap, token: &SecretString) -> Result<(), HttpFault> {
    let value = format!("Bearer {}", token.expose_secret());
    let mut value = HeaderValue::try_from(value).map_err(|_| HttpFault::Header {
        name: AUTHORIZATION.to_string(),
        problem: "would hold a token with a control character, which the authorization server gave: log in again",
    })?;
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}
