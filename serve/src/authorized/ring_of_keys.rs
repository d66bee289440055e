//! The keys of the issuer as they are now: fetched when a token needs them, kept, and fetched again when a token names
//! a key that is not there. One fetch at a time, and few. Keys that were good stay for a while when the issuer fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mcp_bridge::{document, with_causes};
use serde::Deserialize;
use url::Url;

use super::cryptography;
use super::keys::{Key, Keys};
use super::refused::Refused;
use super::settings::{Authorization, is_local, is_trusted};
use super::token::Token;

/// How long keys are used without a look whether they are still there.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// How long they are used when the issuer fails meanwhile.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// From one fetch to the next: a client can make this server ask no more often.
const AGAIN: Duration = Duration::from_secs(10);

/// How long a request with a key that is known waits for a look whether it is still there.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the issuer may take for its metadata and its keys.
const LONGEST_FETCH: Duration = Duration::from_secs(15);

/// How often the issuer is asked, and how long its keys are good.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) fresh: Duration,
    pub(super) kept: Duration,
    pub(super) again: Duration,
}

/// The keys of one issuer.
pub(super) struct KeyRing {
    source: Source,
    pace: Pace,
    known: Mutex<Known>,
    /// The fetch under way.
    flight: Arc<tokio::sync::Mutex<()>>,
}

/// Where the keys are.
struct Source {
    issuer: String,
    issuer_url: Url,
    jwks: Option<Url>,
}

#[derive(Default)]
struct Known {
    keys: Arc<Keys>,
    /// When they were fetched.
    since: Option<Instant>,
    /// When the last fetch began.
    asked: Option<Instant>,
}

/// What is asked of the metadata of an issuer.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl KeyRing {
    pub(super) fn new(settings: &Authorization) -> Self {
        let pace = Pace {
            fresh: FRESH,
            kept: KEPT,
            again: AGAIN,
        };
        Self::at_pace(settings, pace)
    }

    pub(super) fn at_pace(settings: &Authorization, pace: Pace) -> Self {
        cryptography::install();
        Self {
            source: Source {
                issuer: settings.issuer.to_string(),
                issuer_url: settings.issuer_url.clone(),
                jwks: settings.jwks.clone(),
            },
            pace,
            known: Mutex::default(),
            flight: Arc::default(),
        }
    }

    /// The key that signed this token, by what its header says.
    ///
    /// # Errors
    ///
    /// When the issuer has no such key, and when its keys are not to be had.
    pub(super) async fn key(self: &Arc<Self>, token: &Token<'_>) -> Result<Key, Refused> {
        let (found, age) = self.find(token);
        match (&found, age) {
            (Some(key), Some(age)) if age <= self.pace.fresh => return Ok(key.clone()),
            // The one who looks waits. Others go on meanwhile with what is there.
            (Some(_), Some(age)) if age <= self.pace.kept => {
                if self.may_ask()
                    && let Ok(flight) = Arc::clone(&self.flight).try_lock_owned()
                {
                    let looked = tokio::time::timeout(PATIENCE, self.fetched(flight));
                    let _ = looked.await;
                }
            }
            _ => {
                let flight = Arc::clone(&self.flight).lock_owned().await;
                // Another request may have asked meanwhile.
                if self.usable(token).is_err() && self.may_ask() {
                    self.fetched(flight).await;
                }
            }
        }
        self.usable(token)
    }

    fn usable(&self, token: &Token<'_>) -> Result<Key, Refused> {
        let (found, age) = self.find(token);
        // Nothing is known of keys that were removed so long ago.
        if age.is_none_or(|age| age > self.pace.kept) {
            return Err(Refused::Unavailable);
        }
        found.ok_or(Refused::Invalid("the issuer has no such key"))
    }

    /// The key of a token, and how long ago the keys were fetched.
    fn find(&self, token: &Token<'_>) -> (Option<Key>, Option<Duration>) {
        let known = self.known();
        let found = known.keys.find(token.key.as_deref(), token.algorithm);
        (found.cloned(), known.since.map(|since| since.elapsed()))
    }

    fn may_ask(&self) -> bool {
        let asked = self.known().asked;
        asked.is_none_or(|asked| asked.elapsed() >= self.pace.again)
    }

    /// Fetches the keys. A client that goes away meanwhile does not end that.
    async fn fetched(self: &Arc<Self>, flight: tokio::sync::OwnedMutexGuard<()>) {
        self.known().asked = Some(Instant::now());
        let ring = Arc::clone(self);
        let fetching = tokio::spawn(async move {
            let _flight = flight;
            let fetch = tokio::time::timeout(LONGEST_FETCH, ring.source.fetch());
            let fetched = fetch.await;
            match fetched.unwrap_or_else(|_| Err("the issuer takes too long".to_owned())) {
                Ok(keys) => {
                    if keys.is_empty() {
                        tracing::warn!("the issuer has no key that can verify a token");
                    }
                    let mut known = ring.known();
                    known.keys = Arc::new(keys);
                    known.since = Some(Instant::now());
                }
                Err(why) => tracing::warn!("the keys of the issuer are not fetched: {why}"),
            }
        });
        // It panics never; if it does, the keys are those of before.
        let _ = fetching.await;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    async fn fetch(&self) -> Result<Keys, String> {
        let place = match &self.jwks {
            Some(place) => place.clone(),
            None => self.discovered().await?,
        };
        let text = got(&place).await?;
        let text = text.ok_or_else(|| format!("`{place}` has no document"))?;
        Keys::read(&text).ok_or_else(|| format!("`{place}` is no set of keys"))
    }

    /// Where the keys are, as the metadata of the issuer say.
    async fn discovered(&self) -> Result<Url, String> {
        for place in places(&self.issuer_url) {
            let Some(text) = got(&place).await? else {
                continue;
            };
            let Ok(metadata) = serde_json::from_slice::<Metadata>(&text) else {
                continue;
            };
            // Letter for letter (RFC 8414, 3.3): else one issuer could speak for another.
            if metadata.issuer != self.issuer {
                let said = mcp_bridge::text::short(&metadata.issuer, 200);
                let said = mcp_bridge::text::line(&said).into_owned();
                return Err(format!("`{place}` is about the issuer `{said}`"));
            }
            let keys = Url::parse(&metadata.jwks_uri).ok();
            let is_near = |url: &Url| is_local(url) && !is_local(&self.issuer_url);
            let keys = keys.filter(|url| is_trusted(url) && !is_near(url));
            return keys.ok_or_else(|| format!("`jwks_uri` of `{place}` is not used"));
        }
        Err(format!("no metadata of `{}` are found", self.issuer))
    }
}

async fn got(place: &Url) -> Result<Option<Vec<u8>>, String> {
    let got = document(place).await;
    got.map_err(|error| format!("`{place}`: {}", with_causes(&error)))
}

/// Where the metadata of an issuer may be (RFC 8414, and OpenID Connect Discovery).
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_matches('/');
    let paths = match path {
        "" => vec![
            "/.well-known/oauth-authorization-server".to_owned(),
            "/.well-known/openid-configuration".to_owned(),
        ],
        path => vec![
            format!("/.well-known/oauth-authorization-server/{path}"),
            format!("/.well-known/openid-configuration/{path}"),
            format!("/{path}/.well-known/openid-configuration"),
        ],
    };
    let at = |path: String| {
        let mut place = issuer.clone();
        place.set_query(None);
        place.set_path(&path);
        place
    };
    paths.into_iter().map(at).collect()
}
