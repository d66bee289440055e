//! Renews the token of a login at the endpoint that discovery named, and keeps the answer before it is used. Goes on
//! when its caller gives up: the authorization server may have taken the old refresh token by then, and without the new
//! one the login would be lost.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use tracing::dispatcher;
use url::Url;

use super::error::LoginError;
use super::reach;
use super::record::Record;
use super::store::{Held, Logins};
use super::target::Target;
use super::token::{Endpoint, Refusal};
use crate::error::HttpFault;

/// How long the end of a program waits for renewals. An authorization server answers in less, or is not there.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many renewals are on their way.
static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// Waits until no renewal of a token is on its way, for five seconds at most. A program that ends earlier may lose a
/// login whose refresh token rotates.
pub fn finish_renewals() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = ENDED.wait_timeout_while(running, PATIENCE, |running| *running > 0);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}

/// The login with a new token. It is held until that is kept, on a thread that no caller ends.
pub(super) async fn renewed(
    target: Arc<Target>,
    logins: Arc<Logins>,
    record: Record,
    refresh: SecretString,
    held: Held,
) -> Result<Record, HttpFault> {
    let failed =
        |error: io::Error| HttpFault::Token(format!("no thread renews its token: {error}"));
    let (done, renewed) = oneshot::channel();
    let log = dispatcher::get_default(Clone::clone);
    let running = Running::one_more();
    let work = move || {
        let _running = running;
        dispatcher::with_default(&log, || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let renewed = match runtime {
                Ok(runtime) => runtime.block_on(renew(&target, &logins, record, &refresh)),
                Err(error) => Err(failed(error)),
            };
            drop(held);
            // The caller may have given up.
            let _ = done.send(renewed);
        });
    };
    let thread = thread::Builder::new().name("renewal".to_owned());
    thread.spawn(work).map_err(failed)?;
    let ended = |_| {
        Err(HttpFault::Token(
            "the renewal of its token broke off".to_owned(),
        ))
    };
    renewed.await.unwrap_or_else(ended)
}

/// Counts as a renewal until it is dropped.
struct Running;

impl Running {
    fn one_more() -> Self {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_all();
    }
}

async fn renew(
    target: &Target,
    logins: &Logins,
    mut record: Record,
    refresh: &SecretString,
) -> Result<Record, HttpFault> {
    let Some(client) = record.client.clone() else {
        return Err(target.ended("its client is no longer registered"));
    };
    let configured = target.oauth.client_id.as_ref();
    if !client.is_dynamic() && configured.is_some_and(|id| *id != client.id) {
        return Err(target.ended("its login is of another `clientId` than that of its entry"));
    }
    let fault = |error| target.fault(error);
    let url = reach::endpoint("token endpoint", &record.token_endpoint, &target.near);
    let url: Url = url.map_err(fault)?;
    let endpoint = Endpoint {
        target,
        url: &url,
        issuer: &record.issuer,
        client: &client,
    };
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.expose_secret()),
        ("resource", record.resource.as_str()),
    ];
    match endpoint.grant(&form).await {
        Ok(issued) => {
            let mut tokens = issued.tokens;
            // RFC 6749, 6: without a new one, the old one stays good.
            tokens.refresh.get_or_insert_with(|| refresh.clone());
            record.tokens = Some(tokens);
            logins.save(&record).map_err(fault)?;
            tracing::debug!(server = target.name, "renewed the token of a login");
            Ok(record)
        }
        // The client of the configuration may be mistaken for now: with the right secret, the login is good.
        Err(Refusal::Refused { code, words })
            if code == "invalid_client" && !client.is_dynamic() =>
        {
            Err(HttpFault::Token(format!(
                "the authorization server does not take the client of its entry ({words}): check `clientId` and what \
                 proves it in `oauth`"
            )))
        }
        Err(Refusal::Refused { code, words }) if ends_login(&code) => {
            record.tokens = None;
            if code != "invalid_grant" {
                record.client = None;
            }
            logins.save(&record).map_err(fault)?;
            Err(target.ended(&words))
        }
        // Whatever else it is may pass: login, client and tokens stay.
        Err(refusal) => Err(HttpFault::Token(LoginError::from(refusal).to_string())),
    }
}

/// Whether an error of the token endpoint means that a person has to log in again.
fn ends_login(code: &str) -> bool {
    matches!(
        code,
        "invalid_grant" | "invalid_client" | "unauthorized_client"
    )
}
