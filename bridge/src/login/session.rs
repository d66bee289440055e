//! The token of a connection: read from where logins are kept, renewed ahead of its end and once after a refusal, by
//! one process at a time. Asks no person.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::LoginError;
use super::flow::{Login, LoginRequest};
use super::record::{Record, Tokens, now};
use super::renewal::renewed;
use super::store::{self, Logins, Stamp};
use super::target::{Target, has_credentials};
use crate::config::{Endpoint as Address, ServerConfig};
use crate::error::HttpFault;
use crate::http::{self, Bearer};
use crate::secret::Secrets;

/// After a failure, a token that is still good is not renewed again before this.
const AGAIN: Duration = Duration::from_secs(10);

/// The login of one connection.
pub(crate) struct Session {
    target: Arc<Target>,
    logins: Arc<Logins>,
    state: Mutex<State>,
    /// Another login took the place of the one that the connection was opened with.
    changed: AtomicBool,
}

#[derive(Default)]
struct State {
    record: Option<Record>,
    /// The login that the connection was opened with.
    opened: Option<String>,
    /// Whether the store was read.
    is_read: bool,
    /// The file that the record is of. `None`: it is to be read again.
    stamp: Option<Stamp>,
    not_before: Option<Instant>,
}

impl State {
    /// Takes what was just saved.
    fn keep(&mut self, record: Record) {
        self.record = Some(record);
        self.stamp = None;
    }
}

/// Why a token is renewed.
enum Why<'a> {
    Old,
    Refused(&'a SecretString),
}

impl Session {
    /// The login of a connection. `None`: the configuration has the credentials, or the process keeps no logins.
    pub(crate) fn of(
        config: &ServerConfig,
        endpoint: &Address,
        secrets: &Secrets,
    ) -> Option<Arc<Self>> {
        if has_credentials(endpoint) || !endpoint.oauth.enabled {
            return None;
        }
        let logins = store::place()?;
        // An address that no token may be sent to is used without one.
        let target = Target::at(config, endpoint, secrets).ok()?;
        Some(Arc::new(Self::new(target, logins)))
    }

    pub(super) fn new(target: Target, logins: Arc<Logins>) -> Self {
        Self {
            target: Arc::new(target),
            logins,
            state: Mutex::default(),
            changed: AtomicBool::new(false),
        }
    }

    /// What a transport needs of it.
    pub(crate) fn login(self: &Arc<Self>) -> http::Login {
        http::Login {
            bearer: Arc::clone(self) as Arc<dyn Bearer>,
            command: Arc::clone(&self.target.command),
        }
    }

    /// Reads the login, and says which it is: whose answers may be shared. `None`: there is none.
    pub(crate) async fn id(&self) -> Option<String> {
        let mut state = self.state.lock().await;
        // What is wrong with it, the first request says.
        let _ = self.read(&mut state);
        state.record.as_ref().map(|record| record.login.clone())
    }

    /// Whether the connection was opened with a login that is no longer the one that counts.
    pub(crate) fn has_changed(&self) -> bool {
        // A request that is at it will find out by itself.
        if let Ok(mut state) = self.state.try_lock()
            && !state
                .record
                .as_ref()
                .is_none_or(|record| self.is_current(record, &state))
        {
            // What is wrong with it, the next request says.
            let _ = self.read(&mut state);
        }
        self.changed.load(Ordering::Relaxed)
    }

    /// Whether the file of a login is still the one that was read. Another process may have logged out, or in again.
    fn is_current(&self, record: &Record, state: &State) -> bool {
        let stamp = self.logins.stamp(&record.server, &record.issuer);
        stamp.is_some() && stamp == state.stamp
    }

    async fn current(&self) -> Result<Option<SecretString>, HttpFault> {
        let mut state = self.state.lock().await;
        let is_good = |record: &Record| record.tokens.is_some() && self.is_current(record, &state);
        if !state.record.as_ref().is_some_and(is_good) {
            self.read(&mut state)
                .map_err(|error| self.target.fault(error))?;
        }
        self.check(&state)?;
        let Some(tokens) = tokens(&state) else {
            // Without a login, the server says whether it wants one.
            return match self.target.is_machine() {
                true => self.renew(&mut state, &Why::Old).await,
                false => Ok(None),
            };
        };
        let now = now();
        if !tokens.is_old(now) {
            return Ok(Some(tokens.access.clone()));
        }
        let good = (!tokens.is_over(now)).then(|| tokens.access.clone());
        let waits = state
            .not_before
            .is_some_and(|not_before| Instant::now() < not_before);
        if let (Some(good), true) = (&good, waits) {
            return Ok(Some(good.clone()));
        }
        match (self.renew(&mut state, &Why::Old).await, good) {
            (Ok(Some(token)), _) => Ok(Some(token)),
            // It is good for a while: the server may take it.
            (Ok(None) | Err(_), Some(good)) => {
                state.not_before = Some(Instant::now() + AGAIN);
                Ok(Some(good))
            }
            (Ok(None), None) => Err(self.target.ended("its token has ended")),
            (Err(fault), None) => Err(fault),
        }
    }

    /// Another token: one that another process has got meanwhile, or a new one. `None`: a person has to log in.
    async fn renew(
        &self,
        state: &mut State,
        why: &Why<'_>,
    ) -> Result<Option<SecretString>, HttpFault> {
        let is_machine = self.target.is_machine();
        let Some(record) = state.record.clone() else {
            return self.obtain(state).await;
        };
        let held = self.logins.hold(&record.server, &record.issuer).await;
        let held = held.map_err(|error| self.target.fault(error))?;
        self.read(state).map_err(|error| self.target.fault(error))?;
        self.check(state)?;
        let (record, tokens) = match state.record.clone() {
            Some(record) if record.tokens.is_some() => (record.clone(), record.tokens),
            _ if is_machine => return self.obtain_held(state).await,
            _ => return Ok(None),
        };
        let Some(tokens) = tokens else {
            return Ok(None);
        };
        let is_another = match why {
            Why::Old => !tokens.is_old(now()),
            Why::Refused(refused) => tokens.access.expose_secret() != refused.expose_secret(),
        };
        if is_another {
            return Ok(Some(tokens.access.clone()));
        }
        if is_machine {
            return self.obtain_held(state).await;
        }
        let Some(refresh) = tokens.refresh else {
            return Ok(None);
        };
        let (target, logins) = (Arc::clone(&self.target), Arc::clone(&self.logins));
        let renewed = renewed(target, logins, record, refresh, held).await?;
        let token = renewed.tokens.as_ref().map(|tokens| tokens.access.clone());
        state.keep(renewed);
        Ok(token)
    }

    /// A token for the client itself, by the whole way from the server to its authorization server.
    async fn obtain(&self, state: &mut State) -> Result<Option<SecretString>, HttpFault> {
        if !self.target.is_machine() {
            return Ok(None);
        }
        let _held = self
            .logins
            .hold(&self.target.key(), "")
            .await
            .map_err(|error| self.target.fault(error))?;
        // Another process may have got one meanwhile.
        self.read(state).map_err(|error| self.target.fault(error))?;
        if let Some(tokens) = tokens(state)
            && !tokens.is_old(now())
        {
            return Ok(Some(tokens.access.clone()));
        }
        self.obtain_held(state).await
    }

    async fn obtain_held(&self, state: &mut State) -> Result<Option<SecretString>, HttpFault> {
        let login = Login::with(
            Arc::clone(&self.target),
            LoginRequest::default(),
            Arc::clone(&self.logins),
        );
        let obtained = async {
            let login = login.await?;
            login.machine_record().await
        };
        let mut record = obtained.await.map_err(|error| self.target.fault(error))?;
        // The client is the same one, whenever it asks.
        if let Some(opened) = &state.opened {
            record.login.clone_from(opened);
        }
        self.logins
            .save(&record)
            .map_err(|error| self.target.fault(error))?;
        state.opened.get_or_insert_with(|| record.login.clone());
        let token = record.tokens.as_ref().map(|tokens| tokens.access.clone());
        state.keep(record);
        Ok(token)
    }

    /// Reads the login as it is now.
    fn read(&self, state: &mut State) -> Result<(), LoginError> {
        let issuer = self.target.oauth.authorization_server.as_deref();
        let known = state.record.as_ref().map(|record| record.issuer.clone());
        let server = &self.target.key();
        // Before the file is read: what is written meanwhile is seen the next time.
        let stamp = known.as_deref();
        let stamp = stamp.and_then(|issuer| self.logins.stamp(server, issuer));
        let mut found = self.logins.find(server, known.as_deref().or(issuer))?;
        if found.is_none() && known.is_some() {
            // A later login may be at another authorization server.
            found = self.logins.find(server, issuer)?;
        }
        if let Some(tokens) = found.as_ref().and_then(|record| record.tokens.as_ref()) {
            let refresh = tokens.refresh.as_ref();
            let values = [("[token]", Some(&tokens.access)), ("[token]", refresh)];
            let known = values.into_iter();
            let known = known.filter_map(|(name, value)| Some((name, value?.expose_secret())));
            self.target.secrets.learn(known);
        }
        if let Some(record) = &found {
            // The client itself is the same user, whenever it gets a token.
            let is_machine = self.target.is_machine();
            let opened = state.opened.get_or_insert_with(|| match state.is_read {
                // The connection was opened without a login.
                true if !is_machine => String::new(),
                _ => record.login.clone(),
            });
            if *opened != record.login {
                self.changed.store(true, Ordering::Relaxed);
            }
        } else if known.is_some() && !self.target.is_machine() {
            // The login is over: a connection without one is another one.
            self.changed.store(true, Ordering::Relaxed);
        }
        state.is_read = true;
        state.stamp = stamp;
        state.record = found;
        Ok(())
    }

    /// Answers of one user are not given to another: the connection is opened again with another login.
    fn check(&self, state: &State) -> Result<(), HttpFault> {
        let is_other = state.record.as_ref().is_some_and(|record| {
            state
                .opened
                .as_ref()
                .is_some_and(|opened| *opened != record.login)
        });
        match is_other {
            true => Err(HttpFault::Token(
                "the user has logged in again meanwhile: call again, on a new connection"
                    .to_owned(),
            )),
            false => Ok(()),
        }
    }
}

impl Bearer for Session {
    fn token(&self) -> BoxFuture<'_, Result<Option<SecretString>, HttpFault>> {
        self.current().boxed()
    }

    fn other<'a>(
        &'a self,
        refused: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>, HttpFault>> {
        async move {
            let mut state = self.state.lock().await;
            // Another request may have renewed it.
            if let Some(tokens) = tokens(&state)
                && tokens.access.expose_secret() != refused.expose_secret()
            {
                return Ok(Some(tokens.access.clone()));
            }
            self.renew(&mut state, &Why::Refused(refused)).await
        }
        .boxed()
    }
}

fn tokens(state: &State) -> Option<&Tokens> {
    state.record.as_ref()?.tokens.as_ref()
}
