//! The server that a login is for: its address, and what its entry says. Resolved once, and asks nothing.

use std::env;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use url::Url;

use super::error::LoginError;
use super::reach;
use crate::config::{self, CaFile, Endpoint, Grant, OAuth, ServerConfig};
use crate::error::HttpFault;
use crate::secret::Secrets;

/// The server of a login.
pub(crate) struct Target {
    pub(super) name: String,
    pub(super) url: Url,
    /// Where its authorization server may be near to: the address of the one that the user names, or else its own.
    pub(super) near: Url,
    pub(super) oauth: OAuth,
    /// What must not be shown: the tokens of the login are added.
    pub(super) secrets: Secrets,
    /// The command that a person logs in with.
    pub(super) command: Arc<str>,
    ca_file: Option<CaFile>,
}

impl Target {
    /// The server of an entry, with every variable expanded.
    pub(super) fn of(config: &ServerConfig) -> Result<Self, LoginError> {
        let config::Target::Http(endpoint) = config.target(|name| env::var(name).ok())? else {
            let name = &config.name;
            return Err(LoginError::NotOffered(format!(
                "server `{name}` is a process on this machine: a login is for servers with `url`"
            )));
        };
        let secrets = Secrets::of_endpoint(&endpoint);
        if has_credentials(&endpoint) {
            return Err(LoginError::NotOffered(
                "its entry has credentials in `headers` or `url`, which are used: remove them to log in".to_owned(),
            ));
        }
        if !endpoint.oauth.enabled {
            return Err(LoginError::NotOffered(
                "its entry says `\"oauth\": false`: remove that to log in".to_owned(),
            ));
        }
        Self::at(config, &endpoint, &secrets)
    }

    /// The server at an address. The secrets stay those of its connection.
    pub(super) fn at(
        config: &ServerConfig,
        endpoint: &Endpoint,
        secrets: &Secrets,
    ) -> Result<Self, LoginError> {
        let mut url = Url::parse(endpoint.url.expose_secret()).map_err(|error| {
            LoginError::NotOffered(format!("its `url` cannot be used: {error}"))
        })?;
        url.set_fragment(None);
        reach::server(&url)?;
        let named = endpoint.oauth.authorization_server.as_deref();
        // One that is no address is refused when it is asked.
        let named = named.and_then(|named| Url::parse(named).ok());
        Ok(Self {
            name: config.name.clone(),
            near: named.filter(Url::has_host).unwrap_or_else(|| url.clone()),
            url,
            oauth: endpoint.oauth.clone(),
            secrets: secrets.clone(),
            command: config.login_command().into(),
            ca_file: endpoint.ca_file.clone(),
        })
    }

    /// What its login is found by: its address, and with it the client where that itself is the user.
    pub(super) fn key(&self) -> String {
        match &self.oauth.client_id {
            Some(id) if self.is_machine() => format!("{} {id}", self.url),
            _ => self.url.to_string(),
        }
    }

    /// Whether the client itself is the user.
    pub(super) fn is_machine(&self) -> bool {
        self.oauth.grant == Grant::ClientCredentials
    }

    /// What a request says where the login is over: a person has to log in again.
    pub(super) fn ended(&self, why: &str) -> HttpFault {
        HttpFault::Unauthorized {
            status: 401,
            body: format!(": {why}"),
            command: Some((*self.command).into()),
        }
    }

    /// What a request says where a login cannot be used.
    pub(super) fn fault(&self, error: LoginError) -> HttpFault {
        error.into_fault(&self.command)
    }

    pub(super) fn ca_file(&self) -> Option<&CaFile> {
        self.ca_file.as_ref()
    }

    /// What a token is for, where the server itself does not say: its address, without a slash that `Url` adds.
    pub(super) fn resource(&self) -> String {
        if let Some(resource) = &self.oauth.resource {
            return resource.clone();
        }
        match self.url.as_str().strip_suffix('/') {
            Some(bare) if self.url.path() == "/" && self.url.query().is_none() => bare.to_owned(),
            _ => self.url.to_string(),
        }
    }
}

/// Whether the entry itself says who its user is.
pub(super) fn has_credentials(endpoint: &Endpoint) -> bool {
    let in_url = Url::parse(endpoint.url.expose_secret())
        .is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    let mut headers = endpoint.headers.iter();
    in_url || headers.any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
}
