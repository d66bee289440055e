//! Whose tokens are taken, and for what. Fetches nothing.

use std::sync::Arc;

use mcp_host::AuthorizationSettings;
use url::{Host, Url};

/// Whose tokens are taken, and for what.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Letter for letter as in tokens.
    pub(super) issuer: Arc<str>,
    pub(super) issuer_url: Url,
    /// Letter for letter as in the settings: clients compare it with the address that they know.
    pub(super) resource: Arc<str>,
    pub(super) resource_url: Url,
    pub(super) audience: Vec<String>,
    pub(super) jwks: Option<Url>,
    /// The widest first.
    pub(super) scopes: Vec<Arc<str>>,
}

/// A value of `[serve.authorization]` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` of `[serve.authorization]` is `{text}`: {why}")]
pub struct AuthorizationError {
    key: &'static str,
    text: String,
    why: String,
}

impl Authorization {
    /// Checks the addresses.
    ///
    /// # Errors
    ///
    /// When one is no address that can be trusted: `https`, or this machine.
    pub fn new(settings: &AuthorizationSettings) -> Result<Self, AuthorizationError> {
        let issuer_url = address("issuer", &settings.issuer)?;
        let resource_url = address("resource", &settings.resource)?;
        let jwks = settings.jwks.as_deref().map(|text| address("jwks", text));
        let audience = match settings.audience.is_empty() {
            true => vec![settings.resource.clone()],
            false => settings.audience.clone(),
        };
        let scopes = settings.scopes.iter();
        Ok(Self {
            issuer: settings.issuer.as_str().into(),
            issuer_url,
            resource: settings.resource.as_str().into(),
            resource_url,
            audience,
            jwks: jwks.transpose()?,
            scopes: scopes.map(|entry| entry.scope.as_str().into()).collect(),
        })
    }

    /// The authorization server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name under which clients reach the server: the `Host` of their requests, without a port.
    pub(crate) fn host(&self) -> Option<&str> {
        self.resource_url.host_str()
    }
}

/// An address that the user wrote.
fn address(key: &'static str, text: &str) -> Result<Url, AuthorizationError> {
    let refused = |why: &str| AuthorizationError {
        key,
        text: mcp_bridge::text::line(text).into_owned(),
        why: why.to_owned(),
    };
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(refused("an address has no blanks"));
    }
    let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "it has a fragment, a user or a password: remove that",
        ));
    }
    match is_trusted(&url) {
        true => Ok(url),
        false => Err(refused(
            "it is not `https`, and another machine could answer in its place",
        )),
    }
}

/// Whether what this address answers can be trusted: `https`, or this machine.
pub(super) fn is_trusted(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_local(url))
}

pub(super) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
