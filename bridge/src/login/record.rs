//! What is kept of a login: whose it is, and its tokens. Shows no secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// A token is renewed so long before its end, or at half of its time where that is shorter.
const AHEAD: u64 = 60;

/// One login: a server, its authorization server, and a client there.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// The address of the server, without a fragment, and the client where that itself is the user.
    pub(super) server: String,
    /// The identifier of the authorization server.
    pub(super) issuer: String,
    pub(super) resource: String,
    /// Where discovery found it. A token is renewed there and nowhere else.
    pub(super) token_endpoint: String,
    pub(super) revocation_endpoint: Option<String>,
    pub(super) client: Option<Registered>,
    /// What was asked for and granted, over all steps.
    pub(super) scopes: Vec<String>,
    /// Another one for each login, and the same for each renewal: whose answers may be shared.
    pub(super) login: String,
    pub(super) tokens: Option<Tokens>,
}

/// The client at an authorization server.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) id: String,
    /// Of a dynamic registration. That of the configuration is not kept.
    #[serde(with = "exposed_option")]
    pub(super) secret: Option<SecretString>,
    pub(super) method: Method,
    /// It is a dynamic registration, for this redirect.
    pub(super) redirect: Option<String>,
    /// And for these scopes.
    pub(super) scopes: Vec<String>,
    /// When its secret ends, in seconds since 1970. `None`: never, as far as is known.
    #[serde(default)]
    pub(super) ends: Option<u64>,
}

impl Registered {
    /// Whether it registered itself, and is not one of the configuration.
    pub(super) fn is_dynamic(&self) -> bool {
        self.redirect.is_some()
    }
}

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tokens {
    #[serde(with = "exposed")]
    pub(super) access: SecretString,
    #[serde(with = "exposed_option")]
    pub(super) refresh: Option<SecretString>,
    /// Seconds since 1970.
    pub(super) received: u64,
    /// Seconds after that. `None`: the authorization server does not say.
    pub(super) lasts: Option<u64>,
}

impl Tokens {
    /// How long the access token is still good. `None`: that is not known.
    pub(super) fn left(&self, now: u64) -> Option<Duration> {
        let end = self.received.saturating_add(self.lasts?);
        Some(Duration::from_secs(end.saturating_sub(now)))
    }

    pub(super) fn is_over(&self, now: u64) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }

    /// Whether it is time to renew it, before a request meets its end.
    pub(super) fn is_old(&self, now: u64) -> bool {
        let Some(lasts) = self.lasts else {
            return false;
        };
        let ahead = AHEAD.min(lasts / 2).max(1);
        self.left(now)
            .is_some_and(|left| left < Duration::from_secs(ahead))
    }
}

/// The same text. An issuer that is an origin may have a slash at its end: `Url` adds it, and so do many servers.
pub(super) fn is_same_issuer(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

/// The text without that slash.
pub(super) fn bare(id: &str) -> &str {
    let is_origin = Url::parse(id).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    match id.strip_suffix('/') {
        Some(bare) if is_origin => bare,
        _ => id,
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

mod exposed {
    use secrecy::{ExposeSecret as _, SecretString};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        secret: &SecretString,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(Into::into)
    }
}

mod exposed_option {
    use secrecy::{ExposeSecret as _, SecretString};
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(
        secret: &Option<SecretString>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let secret = secret.as_ref().map(|secret| secret.expose_secret());
        secret.serialize(serializer)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        deserializer: D,
    ) -> Result<Option<SecretString>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(lasts: Option<u64>) -> Tokens {
        Tokens {
            access: "secret".into(),
            refresh: None,
            received: 1000,
            lasts,
        }
    }

    #[test]
    fn token_is_renewed_a_minute_ahead_or_at_half_of_a_short_time() {
        let hour = tokens(Some(3600));
        assert!(!hour.is_old(1000 + 3600 - 60));
        assert!(hour.is_old(1000 + 3600 - 59));
        assert!(!hour.is_over(1000 + 3599));
        assert!(hour.is_over(1000 + 3600));
        let short = tokens(Some(10));
        assert!(!short.is_old(1005));
        assert!(short.is_old(1006));
    }

    #[test]
    fn token_without_a_time_lasts_until_the_server_refuses_it() {
        let endless = tokens(None);
        assert!(!endless.is_old(u64::MAX));
        assert!(!endless.is_over(u64::MAX));
        assert_eq!(endless.left(0), None);
    }

    #[test]
    fn clock_that_goes_back_or_forth_costs_a_renewal_at_most() {
        let hour = tokens(Some(3600));
        // Back: the server refuses the token when it has ended, and it is renewed then.
        assert!(!hour.is_old(0));
        assert!(!hour.is_over(0));
        assert!(hour.is_old(u64::MAX));
        let for_ever = tokens(Some(u64::MAX));
        assert!(!for_ever.is_old(1_000_000_000_000));
        assert!(for_ever.left(0).is_some());
        let none = tokens(Some(0));
        assert!(none.is_old(1000) && none.is_over(1000));
    }
}
