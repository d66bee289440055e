//! How the login of a server stands, and the end of one. Starts no login, and reaches no MCP server.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use url::Url;

use super::error::LoginError;
use super::reach;
use super::record::{Record, now};
use super::store::{self, Logins};
use super::target::Target;
use super::token::{Endpoint, Refusal};
use crate::config::ServerConfig;

/// How the login of a server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginState {
    /// There is none: the server may want none.
    None,
    /// It is good, and is renewed without a person.
    Renews,
    /// It is good for this time; `None` where the authorization server does not say.
    Lasts(Option<Duration>),
    /// It has ended: a person logs in again.
    Ended,
    /// It cannot be read, and why.
    Unreadable(String),
}

/// How the login of a server stands, without asking anyone. `None`: it is a process, its entry has credentials or says
/// that there is no login, or this program keeps no logins.
#[must_use]
pub fn login_state(config: &ServerConfig) -> Option<LoginState> {
    let logins = store::place()?;
    let target = Target::of(config).ok()?;
    Some(state(&target, &logins))
}

/// Where the login of a server is kept and what it is encrypted with, for a person. `None`: it has none.
#[must_use]
pub fn login_kept(config: &ServerConfig) -> Option<String> {
    let logins = store::place()?;
    let target = Target::of(config).ok()?;
    let issuer = target.oauth.authorization_server.as_deref();
    logins.shown(&target.key(), issuer)
}

pub(super) fn state(target: &Target, logins: &Logins) -> LoginState {
    let record = match find(target, logins) {
        Ok(Some(record)) => record,
        Ok(None) => return LoginState::None,
        Err(error) => return LoginState::Unreadable(error.to_string()),
    };
    match record.tokens {
        // Another one is got without a person.
        _ if target.is_machine() => LoginState::Renews,
        Some(tokens) if tokens.refresh.is_some() => LoginState::Renews,
        Some(tokens) if !tokens.is_over(now()) => LoginState::Lasts(tokens.left(now())),
        Some(_) | None => LoginState::Ended,
    }
}

/// Ends the login of a server: tells the authorization server to forget the tokens, where it takes that, and forgets
/// them here in any case. Gives what the authorization server did not take, in words. `None`: there was no login.
///
/// # Errors
///
/// [`LoginError`]: the server has no logins, or the file cannot be removed.
pub async fn logout(config: &ServerConfig) -> Result<Option<Vec<String>>, LoginError> {
    let logins = store::place()
        .ok_or_else(|| LoginError::Store("this program keeps no logins".to_owned()))?;
    let target = Target::of(config)?;
    end(&target, &logins).await
}

pub(super) async fn end(
    target: &Target,
    logins: &Logins,
) -> Result<Option<Vec<String>>, LoginError> {
    let mut notes = Vec::new();
    let mut was = false;
    let key = target.key();
    for issuer in logins.issuers(&key)? {
        let held = logins.hold_file(&issuer).await?;
        match logins.named(&issuer, &key) {
            Ok(Some(record)) => notes.extend(revoke(target, &record).await),
            Ok(None) => {}
            // It is removed all the same.
            Err(error) => notes.push(error.to_string()),
        }
        logins.remove(&issuer)?;
        was = true;
        drop(held);
    }
    Ok(was.then_some(notes))
}

fn find(target: &Target, logins: &Logins) -> Result<Option<Record>, LoginError> {
    let issuer = target.oauth.authorization_server.as_deref();
    logins.find(&target.key(), issuer)
}

/// Revokes the tokens (RFC 7009): with the refresh token, all that came of it. Gives what did not work.
async fn revoke(target: &Target, record: &Record) -> Option<String> {
    let tokens = record.tokens.as_ref()?;
    let client = record.client.as_ref()?;
    let Some(url) = &record.revocation_endpoint else {
        let issuer = &record.issuer;
        return Some(format!(
            "`{issuer}` takes no revocation: its tokens are forgotten here, and stay good until they end"
        ));
    };
    let url = Url::parse(url).ok()?;
    if let Err(error) = reach::endpoint("revocation endpoint", url.as_str(), &target.near) {
        return Some(error.to_string());
    }
    let (token, hint) = match &tokens.refresh {
        Some(refresh) => (refresh, "refresh_token"),
        None => (&tokens.access, "access_token"),
    };
    target.secrets.learn([("[token]", token.expose_secret())]);
    let endpoint = Endpoint {
        target,
        url: &url,
        issuer: &record.issuer,
        client,
    };
    let form = [("token", token.expose_secret()), ("token_type_hint", hint)];
    let why = match endpoint.tell(&form).await {
        Ok(()) => return None,
        Err(Refusal::Refused { words, .. }) => words,
        Err(Refusal::Transient(why)) => why,
        Err(Refusal::Unusable(error)) => error.to_string(),
    };
    Some(format!(
        "the tokens are forgotten here, but were not revoked: {why}"
    ))
}
