//! The token endpoint: sends a grant, and reads what comes back. Decides nothing about what is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Method as Verb;
use hyper::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::assertion::assertion;
use super::document::shown;
use super::error::LoginError;
use super::reach;
use super::record::{Method, Registered, Tokens, now};
use super::scopes;
use super::target::Target;
use crate::http::{Exchanged, MAX_ANSWER, Plain, exchange};
use crate::text::{sanitize, short};

/// The longest token, in bytes. Headers of servers end before that.
const MAX_TOKEN: usize = 16 * 1024;
/// How much of the words of an authorization server is shown, in bytes.
const MAX_WORDS: usize = 300;
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An endpoint of an authorization server, and who asks there.
pub(super) struct Endpoint<'a> {
    pub(super) target: &'a Target,
    pub(super) url: &'a Url,
    pub(super) issuer: &'a str,
    pub(super) client: &'a Registered,
}

/// What a grant gave.
pub(super) struct Issued {
    pub(super) tokens: Tokens,
    /// `None`: as they were asked for.
    pub(super) scopes: Option<Vec<String>>,
}

/// Why a grant gave nothing.
pub(super) enum Refusal {
    /// A code of RFC 6749, and words about it.
    Refused {
        code: String,
        words: String,
    },
    /// It may work later.
    Transient(String),
    Unusable(LoginError),
}

impl Refusal {
    /// Whether the authorization server does not take the client, whatever the grant.
    pub(super) fn is_of_the_client(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(&**code, "invalid_client" | "unauthorized_client"))
    }
}

impl From<Refusal> for LoginError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused { words, .. } => Self::Refused(words),
            Refusal::Transient(why) => Self::Transient(why),
            Refusal::Unusable(error) => error,
        }
    }
}

impl Endpoint<'_> {
    /// Asks for tokens with this grant.
    pub(super) async fn grant(&self, form: &[(&str, &str)]) -> Result<Issued, Refusal> {
        let answer = self.post(form).await?;
        let body = self.json(&answer)?;
        issued(&body, self.target)
            .map_err(|why| Refusal::Unusable(LoginError::Unusable(self.about(why))))
    }

    /// Sends a form with the credentials of the client, and gives the JSON that comes back.
    pub(super) async fn ask(&self, form: &[(&str, &str)]) -> Result<Value, Refusal> {
        let answer = self.post(form).await?;
        self.json(&answer)
    }

    /// Sends a form whose answer says nothing but that it arrived.
    pub(super) async fn tell(&self, form: &[(&str, &str)]) -> Result<(), Refusal> {
        let answer = self.post(form).await?;
        match answer.status {
            200..=299 => Ok(()),
            _ => self.json(&answer).map(|_| ()),
        }
    }

    async fn post(&self, form: &[(&str, &str)]) -> Result<Exchanged, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, media_type);
        let body = self
            .authenticated(&mut headers, form)
            .map_err(Refusal::Unusable)?;
        let plain = Plain {
            method: Verb::POST,
            url: self.url,
            headers,
            body,
            most: MAX_ANSWER,
            admits: reach::admits(self.url, &self.target.near),
        };
        let answer = exchange(plain, self.target.ca_file()).await;
        answer.map_err(|fault| Refusal::Transient(self.about(&fault.to_string())))
    }

    /// The form, with who the client is, and what proves it.
    fn authenticated(
        &self,
        headers: &mut HeaderMap,
        form: &[(&str, &str)],
    ) -> Result<String, LoginError> {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let id = &self.client.id;
        let missing = |key: &str| {
            LoginError::NotOffered(format!(
                "client `{}` needs `{key}` in `oauth` of the entry, or another login",
                sanitize(short(id, 100).as_bytes())
            ))
        };
        let oauth = &self.target.oauth;
        let kept = self.client.secret.as_ref();
        let secrets = &self.target.secrets;
        let secret = || {
            let secret = kept.or(oauth.client_secret.as_ref());
            let secret = secret.map(|secret| secret.expose_secret());
            // One that was kept by another process is not known to this one.
            if let Some(secret) = secret.filter(|secret| !secrets.occur_in(secret)) {
                secrets.learn([("[secret]", secret)]);
            }
            secret.ok_or_else(|| missing("clientSecret"))
        };
        match self.client.method {
            Method::None => {
                body.append_pair("client_id", id);
            }
            Method::ClientSecretPost => {
                body.append_pair("client_id", id)
                    .append_pair("client_secret", secret()?);
            }
            Method::ClientSecretBasic => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encoded(id), encoded(secret()?));
                let value = format!("Basic {}", STANDARD.encode(pair));
                let mut value = HeaderValue::try_from(value)
                    .map_err(|_| LoginError::Unusable("the client cannot be named".to_owned()))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
            Method::PrivateKeyJwt => {
                let key = oauth.private_key.as_ref();
                let key = key.ok_or_else(|| missing("privateKey"))?;
                let signed = assertion(key, id, self.issuer)?;
                secrets.learn([("[assertion]", signed.expose_secret())]);
                body.append_pair("client_assertion_type", ASSERTION)
                    .append_pair("client_assertion", signed.expose_secret());
            }
        }
        Ok(body.finish())
    }

    /// The JSON of an answer, unless that is an error.
    fn json(&self, answer: &Exchanged) -> Result<Value, Refusal> {
        let status = answer.status;
        if matches!(status, 408 | 425 | 429 | 500..) {
            let why = format!("it answered HTTP {status}");
            return Err(Refusal::Transient(self.about(&why)));
        }
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        // Some say so with status 200.
        let code = body.as_ref().and_then(|body| body["error"].as_str());
        if let Some(code) = code {
            let description = body
                .as_ref()
                .and_then(|body| body["error_description"].as_str());
            return Err(self.refusal(code, description));
        }
        match body {
            Some(body) if (200..300).contains(&status) && body.is_object() => Ok(body),
            _ => {
                let why = format!("it answered HTTP {status}, and no JSON that OAuth knows");
                Err(Refusal::Transient(self.about(&why)))
            }
        }
    }

    fn refusal(&self, code: &str, description: Option<&str>) -> Refusal {
        let words = match description {
            Some(description) => format!("{code}: {description}"),
            None => code.to_owned(),
        };
        let words = self.target.secrets.sanitize(words.as_bytes(), MAX_WORDS);
        match code {
            "temporarily_unavailable" | "server_error" => Refusal::Transient(self.about(&words)),
            _ => Refusal::Refused {
                code: sanitize(short(code, 100).as_bytes()),
                words,
            },
        }
    }

    fn about(&self, why: &str) -> String {
        format!("`{}`: {why}", shown(self.url))
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<Value>,
    refresh_token: Option<String>,
    scope: Option<String>,
}

fn issued(body: &Value, target: &Target) -> Result<Issued, &'static str> {
    let answer = Answer::deserialize(body).map_err(|_| "its answer has no `access_token`")?;
    let refresh = answer.refresh_token.filter(|token| !token.is_empty());
    // Before anything is said about it.
    let tokens = [
        ("[token]", Some(answer.access_token.as_str())),
        ("[token]", refresh.as_deref()),
    ];
    let known = tokens.into_iter();
    let known = known.filter_map(|(name, token)| Some((name, token?)));
    target.secrets.learn(known);
    let longest = refresh.as_ref().map_or(0, String::len);
    let is_text = |token: &str| token.bytes().all(|byte| matches!(byte, 0x21..=0x7e));
    if answer.access_token.is_empty() || answer.access_token.len().max(longest) > MAX_TOKEN {
        return Err("its answer has a token that is empty or too long");
    }
    if !is_text(&answer.access_token) {
        return Err("its answer has a token that cannot be sent");
    }
    if answer
        .token_type
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
    {
        return Err("its answer has a token of another type than `Bearer`");
    }
    let lasts = answer.expires_in.and_then(|lasts| match lasts {
        Value::Number(number) => number
            .as_u64()
            .or_else(|| number.to_string().split('.').next()?.parse().ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    Ok(Issued {
        tokens: Tokens {
            access: SecretString::from(answer.access_token),
            refresh: refresh.map(SecretString::from),
            received: now(),
            lasts,
        },
        scopes: answer.scope.map(|scope| {
            let scopes = scope.split_ascii_whitespace();
            scopes::usable(scopes.map(str::to_owned))
        }),
    })
}
