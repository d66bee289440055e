//! The device flow (RFC 8628): a person confirms a code in a browser of any machine, and this one asks until then.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep};

use super::client;
use super::error::LoginError;
use super::flow::{LoggedIn, Login};
use super::reach;
use super::record::Registered;
use super::token::{Endpoint, Refusal};
use crate::text::{sanitize, short};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How often it asks, and the bounds of what the authorization server may want, in seconds.
const EVERY: u64 = 5;
const SELDOM: u64 = 60;
/// How long a code may be good at most, in seconds.
const LONGEST: u64 = 1800;

/// A login that waits for a person at another browser.
pub struct DeviceCode {
    login: Login,
    client: Registered,
    code: SecretString,
    every: Duration,
    ends: Instant,
    /// Where the person goes.
    pub address: String,
    /// What the person enters there.
    pub user_code: String,
}

impl Login {
    /// Asks for a code that a person confirms elsewhere.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the authorization server has no such login, or refuses.
    pub async fn device(self) -> Result<DeviceCode, LoginError> {
        let issuer = &self.found.issuer;
        let Some(url) = issuer.device.clone() else {
            return Err(LoginError::NotOffered(format!(
                "`{}` has no device flow: log in without `--device`",
                sanitize(issuer.id.as_bytes())
            )));
        };
        let kept = self.kept.as_ref();
        let client = client::choose(&self.target, issuer, None, &self.scopes, kept).await?;
        let endpoint = Endpoint {
            target: &self.target,
            url: &url,
            issuer: &issuer.id,
            client: &client,
        };
        let scope = self.scopes.join(" ");
        let mut form = vec![("resource", self.found.resource.as_str())];
        if !scope.is_empty() {
            form.push(("scope", &scope));
        }
        let answer = match endpoint.ask(&form).await {
            Ok(answer) => answer,
            Err(refusal) => {
                if refusal.is_of_the_client() {
                    self.forget(&client).await?;
                }
                return Err(refusal.into());
            }
        };
        let text = |key: &str| answer[key].as_str().filter(|text| !text.is_empty());
        let unusable =
            || LoginError::Unusable("the answer of the device endpoint lacks a code".to_owned());
        let code = text("device_code").ok_or_else(unusable)?;
        self.target.secrets.learn([("[code]", code)]);
        let code = SecretString::from(code);
        let user_code = sanitize(short(text("user_code").ok_or_else(unusable)?, 100).as_bytes());
        let address = text("verification_uri_complete")
            .or(text("verification_uri"))
            .or(text("verification_url"));
        let address = reach::endpoint(
            "verification address",
            address.ok_or_else(unusable)?,
            &self.target.near,
        )?;
        let seconds = |key: &str, default: u64| answer[key].as_u64().unwrap_or(default);
        let every = seconds("interval", EVERY).clamp(1, SELDOM);
        let lasts = seconds("expires_in", LONGEST).min(LONGEST);
        Ok(DeviceCode {
            client,
            code,
            every: Duration::from_secs(every),
            ends: Instant::now() + Duration::from_secs(lasts),
            address: address.into(),
            user_code,
            login: self,
        })
    }
}

impl DeviceCode {
    /// Asks until the person has confirmed the code.
    ///
    /// # Errors
    ///
    /// [`LoginError`]: the person refuses, or the code ends.
    pub async fn wait(self) -> Result<LoggedIn, LoginError> {
        let mut every = self.every;
        let begun = Instant::now();
        loop {
            sleep(every).await;
            if Instant::now() >= self.ends {
                return Err(LoginError::TimedOut(begun.elapsed().as_secs().div_ceil(60)));
            }
            // What is learned while the person takes long takes the place of what was learned before.
            let secrets = &self.login.target.secrets;
            if !secrets.occur_in(self.code.expose_secret()) {
                secrets.learn([("[code]", self.code.expose_secret())]);
            }
            let form = [
                ("grant_type", GRANT),
                ("device_code", self.code.expose_secret()),
                ("resource", self.login.found.resource.as_str()),
            ];
            let asked = self.login.endpoint(&self.client).grant(&form).await;
            match asked {
                Ok(issued) => return self.login.keep(self.client, issued).await,
                Err(Refusal::Refused { code, .. }) if code == "authorization_pending" => {}
                Err(Refusal::Refused { code, .. }) if code == "slow_down" => {
                    every = (every + Duration::from_secs(5)).min(Duration::from_secs(SELDOM));
                }
                // RFC 8628, 3.5: the next one may get through.
                Err(Refusal::Transient(_)) => {
                    every = (every * 2).min(Duration::from_secs(SELDOM));
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
    }
}
