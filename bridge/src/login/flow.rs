//! One login from its beginning to the tokens that are kept: discovery, client, then one of three grants. A failed
//! login leaves the one before it as it is.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;
use url::Url;

use super::callback::{self, Expected};
use super::client;
use super::discover::{Found, discover};
use super::error::LoginError;
use super::listen::Redirect;
use super::probe::challenge;
use super::random;
use super::record::{Record, Registered, now};
use super::scopes;
use super::store::{self, Logins};
use super::target::Target;
use super::token::{Endpoint, Issued};
use crate::config::ServerConfig;

/// How long the way to the authorization server may take, over all documents on it.
const DISCOVERY: Duration = Duration::from_secs(60);

/// What a person asks of a login.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LoginRequest {
    /// Scopes beside those that the login before had; those of the configuration and of the server without any.
    pub scopes: Vec<String>,
}

/// A login whose authorization server is known.
pub struct Login {
    pub(super) target: Arc<Target>,
    pub(super) found: Found,
    pub(super) scopes: Vec<String>,
    pub(super) kept: Option<Record>,
    pub(super) logins: Arc<Logins>,
}

/// A login that waits for the browser.
pub struct Authorize {
    login: Login,
    client: Registered,
    redirect: String,
    state: SecretString,
    verifier: SecretString,
    url: String,
}

/// A login that came about.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoggedIn {
    /// The server, as the configuration names it.
    pub server: String,
    /// The identifier of the authorization server.
    pub issuer: String,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// How long the token is good; `None` where the authorization server does not say.
    pub lasts: Option<Duration>,
    /// Whether a new token comes without a person when this one ends.
    pub renews: bool,
    /// Where the login is kept.
    pub kept: String,
}

impl LoginRequest {
    /// A request for these scopes beside the others.
    #[must_use]
    pub fn with_scopes(scopes: Vec<String>) -> Self {
        Self { scopes }
    }
}

impl Login {
    /// Asks the server what it wants, and finds its authorization server.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the server offers no login, or something on the way to the authorization server cannot be
    /// trusted or reached.
    pub async fn begin(config: &ServerConfig, request: LoginRequest) -> Result<Self, LoginError> {
        let logins = store::place().ok_or_else(|| {
            LoginError::Store(
                "this program keeps no logins: it names no directory for them".to_owned(),
            )
        })?;
        let target = Target::of(config)?;
        Self::with(Arc::new(target), request, logins).await
    }

    pub(super) async fn with(
        target: Arc<Target>,
        request: LoginRequest,
        logins: Arc<Logins>,
    ) -> Result<Self, LoginError> {
        let found = async {
            let challenge = challenge(&target).await?;
            let found = discover(&target, challenge.as_ref()).await?;
            Ok::<_, LoginError>((challenge, found))
        };
        let (challenge, found) = timeout(DISCOVERY, found).await.unwrap_or_else(|_| {
            let longest = DISCOVERY.as_secs();
            let why = format!("no authorization server was found within {longest} s");
            Err(LoginError::Transient(why))
        })?;
        client::is_bound(&target, &found.issuer, &logins)?;
        // One that cannot be read is replaced.
        let kept = logins
            .find(&target.key(), Some(&found.issuer.id))
            .unwrap_or_default();
        let scopes = scopes::wanted(
            &target,
            &request.scopes,
            challenge.as_ref(),
            &found.scopes,
            &found.issuer.scopes,
            kept.as_ref(),
        );
        Ok(Self {
            target,
            found,
            scopes,
            kept,
            logins,
        })
    }

    /// The identifier of the authorization server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.found.issuer.id
    }

    /// Whether the configuration has everything, so that no person is asked.
    #[must_use]
    pub fn needs_no_person(&self) -> bool {
        self.target.is_machine()
    }

    /// Whether a person can confirm the login in a browser of another machine.
    #[must_use]
    pub fn has_device_flow(&self) -> bool {
        self.found.issuer.device.is_some()
    }

    /// Listens for the browser: at the place that the configuration names, else where it came back to last time, else
    /// anywhere on this machine.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the port that the configuration names is in use.
    pub async fn redirect(&self) -> Result<Redirect, LoginError> {
        let registered = self.kept.as_ref().and_then(|kept| kept.client.as_ref());
        let before = registered.and_then(|client| client.redirect.as_deref());
        Redirect::bind(&self.target.oauth, before).await
    }

    /// Prepares the address at which a person logs in.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the authorization server has no such login, lacks PKCE, or registers no client.
    pub async fn authorize(self, redirect: &Redirect) -> Result<Authorize, LoginError> {
        let issuer = &self.found.issuer;
        let refused = |why: &str| Err(LoginError::Unusable(format!("`{}` {why}", issuer.id)));
        let Some(endpoint) = issuer.authorize.clone() else {
            return refused("has no authorization endpoint");
        };
        // Revision 2025-11-25: without it, a code that was stolen could be used.
        let methods = issuer.challenge_methods.as_deref();
        let has_pkce = methods.is_some_and(|methods| methods.iter().any(|method| method == "S256"));
        if issuer.is_published && !has_pkce {
            return refused(
                "does not say that it supports PKCE with S256, which every login needs",
            );
        }
        let redirect = redirect.uri().to_owned();
        let client = client::choose(
            &self.target,
            issuer,
            Some(&redirect),
            &self.scopes,
            self.kept.as_ref(),
        )
        .await?;
        let (state, verifier) = (random::word()?, random::word()?);
        let secrets = &self.target.secrets;
        secrets.learn([
            ("[state]", state.expose_secret()),
            ("[code]", verifier.expose_secret()),
        ]);
        let url = self.authorization_url(endpoint, &client, &redirect, &state, &verifier);
        Ok(Authorize {
            login: self,
            client,
            redirect,
            state,
            verifier,
            url,
        })
    }

    fn authorization_url(
        &self,
        mut url: Url,
        client: &Registered,
        redirect: &str,
        state: &SecretString,
        verifier: &SecretString,
    ) -> String {
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &client.id)
                .append_pair("redirect_uri", redirect)
                .append_pair("state", state.expose_secret())
                .append_pair("code_challenge", &random::challenge(verifier))
                .append_pair("code_challenge_method", "S256")
                .append_pair("resource", &self.found.resource);
            if !self.scopes.is_empty() {
                query.append_pair("scope", &self.scopes.join(" "));
            }
            if self.scopes.iter().any(|scope| scope == scopes::OFFLINE) {
                // OpenID Connect gives a refresh token only to a person who is asked.
                query.append_pair("prompt", "consent");
            }
        }
        url.into()
    }

    /// Gets a token for the client itself.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the authorization server refuses, or the configuration lacks something.
    pub async fn client_credentials(self) -> Result<LoggedIn, LoginError> {
        let record = self.machine_record().await?;
        self.kept(record).await
    }

    /// What the authorization server gives the client itself. Keeps nothing.
    pub(super) async fn machine_record(&self) -> Result<Record, LoginError> {
        let id = self.target.oauth.client_id.as_deref().unwrap_or_default();
        let client = client::configured(&self.target, &self.found.issuer, id)?;
        let scope = self.scopes.join(" ");
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("resource", self.found.resource.as_str()),
        ];
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        let issued = self.endpoint(&client).grant(&form).await?;
        self.record(client, issued)
    }

    pub(super) fn endpoint<'a>(&'a self, client: &'a Registered) -> Endpoint<'a> {
        Endpoint {
            target: &self.target,
            url: &self.found.issuer.token,
            issuer: &self.found.issuer.id,
            client,
        }
    }

    /// Keeps what was issued, in place of the login before.
    pub(super) async fn keep(
        &self,
        client: Registered,
        issued: Issued,
    ) -> Result<LoggedIn, LoginError> {
        let record = self.record(client, issued)?;
        self.kept(record).await
    }

    /// Forgets a registration that the authorization server no longer knows, so that the next login makes another.
    pub(super) async fn forget(&self, client: &Registered) -> Result<(), LoginError> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        let _held = self.logins.hold(&kept.server, &kept.issuer).await?;
        let issuer = Some(kept.issuer.as_str());
        let is_it = |record: &Record| {
            record
                .client
                .as_ref()
                .is_some_and(|one| one.id == client.id)
        };
        match self.logins.find(&kept.server, issuer).unwrap_or_default() {
            Some(mut record) if client.is_dynamic() && is_it(&record) => {
                record.client = None;
                self.logins.save(&record)
            }
            _ => Ok(()),
        }
    }

    async fn kept(&self, record: Record) -> Result<LoggedIn, LoginError> {
        self.logins.replace(&record).await?;
        let kept = self.logins.shown(&record.server, Some(&record.issuer));
        let tokens = record.tokens.as_ref();
        Ok(LoggedIn {
            server: self.target.name.clone(),
            issuer: record.issuer.clone(),
            lasts: tokens.and_then(|tokens| tokens.left(now())),
            renews: self.needs_no_person() || tokens.is_some_and(|tokens| tokens.refresh.is_some()),
            scopes: record.scopes,
            kept: kept.unwrap_or_default(),
        })
    }

    fn record(&self, client: Registered, issued: Issued) -> Result<Record, LoginError> {
        let issuer = &self.found.issuer;
        Ok(Record {
            server: self.target.key(),
            issuer: issuer.id.clone(),
            resource: self.found.resource.clone(),
            token_endpoint: issuer.token.to_string(),
            revocation_endpoint: issuer.revoke.as_ref().map(Url::to_string),
            client: Some(client),
            // RFC 6749, 5.1: without a word about it, everything was granted.
            scopes: issued.scopes.unwrap_or_else(|| self.scopes.clone()),
            login: random::word()?.expose_secret().to_owned(),
            tokens: Some(issued.tokens),
        })
    }
}

impl Authorize {
    /// The address at which the person logs in.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether an address that came to the redirect is of this login.
    #[must_use]
    pub fn is_answer(&self, address: &str) -> bool {
        callback::belongs(address, &self.state)
    }

    /// Waits for the browser to come back, and gives the address that it was sent to.
    ///
    /// # Errors
    ///
    /// [`LoginError::TimedOut`] after ten minutes.
    pub async fn wait(&self, redirect: &Redirect) -> Result<String, LoginError> {
        redirect.arrival(|address| self.is_answer(address)).await
    }

    /// Gets the tokens with what the browser brought back: the whole address that it was sent to.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the address is not the answer to this login, or the authorization server refuses.
    pub async fn finish(&self, address: &str) -> Result<LoggedIn, LoginError> {
        let issuer = &self.login.found.issuer;
        let expected = Expected {
            state: &self.state,
            issuer: &issuer.id,
            must_name_issuer: issuer.answers_with_issuer,
            is_published: issuer.is_published,
        };
        let code = callback::code(address, &expected)?;
        let secrets = &self.login.target.secrets;
        secrets.learn([("[code]", code.expose_secret())]);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.redirect),
            ("code_verifier", self.verifier.expose_secret()),
            ("resource", &self.login.found.resource),
        ];
        match self.login.endpoint(&self.client).grant(&form).await {
            Ok(issued) => self.login.keep(self.client.clone(), issued).await,
            Err(refusal) => {
                if refusal.is_of_the_client() {
                    self.login.forget(&self.client).await?;
                }
                Err(refusal.into())
            }
        }
    }
}
