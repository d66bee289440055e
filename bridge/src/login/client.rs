//! Who this program is to an authorization server: the address of a client metadata document, what was registered
//! before, or what it registers now (RFC 7591). Keeps nothing.

use hyper::Method as Verb;
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::discover::Issuer;
use super::document::shown;
use super::error::LoginError;
use super::reach;
use super::record::{Method, Record, Registered, is_same_issuer, now};
use super::store::Logins;
use super::target::Target;
use crate::config::Grant;
use crate::http::{MAX_ANSWER, Plain, exchange};
use crate::text::{sanitize, short};

/// How this program is called where it registers.
const NAME: &str = "mcp-host";
/// The longest id or secret of a client, in bytes.
const MAX_ID: usize = 8 * 1024;
/// How much of the words of an authorization server is shown, in bytes.
const MAX_WORDS: usize = 300;

/// The client of a login that comes back to this redirect. `kept` is the login before it.
pub(super) async fn choose(
    target: &Target,
    issuer: &Issuer,
    redirect: Option<&str>,
    scopes: &[String],
    kept: Option<&Record>,
) -> Result<Registered, LoginError> {
    if let Some(id) = &target.oauth.client_id {
        let is_document = is_document(id);
        if !is_document || issuer.takes_documents {
            return configured(target, issuer, id);
        }
        if issuer.register.is_none() {
            return Err(LoginError::NotOffered(format!(
                "`clientId` is the address of a client metadata document, which `{}` does not take: register a client \
                 there",
                sanitize(issuer.id.as_bytes())
            )));
        }
    }
    let registered = kept.and_then(|kept| kept.client.as_ref());
    if let Some(registered) = registered
        // Without a browser, it is registered for no redirect.
        && registered.redirect.as_deref() == Some(redirect.unwrap_or_default())
        && registered.ends.is_none_or(|ends| now() < ends)
        // A client gets no scope that it was not registered for.
        && scopes.iter().all(|scope| registered.scopes.contains(scope))
    {
        return Ok(registered.clone());
    }
    let Some(endpoint) = &issuer.register else {
        return Err(LoginError::NotOffered(format!(
            "`{}` registers no clients by itself: register one there, and write its id as `clientId` in `oauth` of the \
             entry",
            sanitize(issuer.id.as_bytes())
        )));
    };
    register(target, issuer, endpoint, redirect, scopes).await
}

/// A client of the configuration is one of a single authorization server. Where the entry does not name that, the
/// first one counts: a server that names another later would get the secret of the client there.
pub(super) fn is_bound(
    target: &Target,
    issuer: &Issuer,
    logins: &Logins,
) -> Result<(), LoginError> {
    let oauth = &target.oauth;
    let has_secret = oauth.client_secret.is_some() || oauth.private_key.is_some();
    let (Some(id), None, true) = (&oauth.client_id, &oauth.authorization_server, has_secret) else {
        return Ok(());
    };
    // One that cannot be read says nothing of the server.
    let before = logins.find(&target.key(), None).unwrap_or_default();
    let is_other = |record: &Record| {
        let client = record.client.as_ref();
        client.is_some_and(|client| client.id == *id) && !is_same_issuer(&record.issuer, &issuer.id)
    };
    match before.filter(is_other) {
        None => Ok(()),
        Some(before) => Err(LoginError::Unusable(format!(
            "its authorization server was `{}`, and now it names `{}`, which would get the secret of client `{}`: name \
             the right one as `authorizationServer` in `oauth` of its entry",
            sanitize(before.issuer.as_bytes()),
            sanitize(issuer.id.as_bytes()),
            sanitize(id.as_bytes()),
        ))),
    }
}

/// The client that the configuration names.
pub(super) fn configured(
    target: &Target,
    issuer: &Issuer,
    id: &str,
) -> Result<Registered, LoginError> {
    let oauth = &target.oauth;
    let method = if oauth.private_key.is_some() {
        Method::PrivateKeyJwt
    } else if oauth.client_secret.is_some() {
        with_secret(issuer)
    } else if oauth.grant == Grant::ClientCredentials {
        return Err(LoginError::NotOffered(
            "`grant` is `client_credentials`, which needs `clientSecret` or `privateKey` in `oauth` of the entry"
                .to_owned(),
        ));
    } else {
        Method::None
    };
    Ok(Registered {
        id: id.to_owned(),
        secret: None,
        method,
        redirect: None,
        scopes: Vec::new(),
        ends: None,
    })
}

/// How a client with a secret shows it: in the way that RFC 6749 prefers, where the authorization server takes that.
fn with_secret(issuer: &Issuer) -> Method {
    let takes = |method: &str| {
        let methods = issuer.methods.as_deref();
        methods.is_none_or(|methods| methods.iter().any(|one| one == method))
    };
    if !takes("client_secret_basic") && takes("client_secret_post") {
        Method::ClientSecretPost
    } else {
        Method::ClientSecretBasic
    }
}

/// Whether the id of a client is the address of its metadata.
fn is_document(id: &str) -> bool {
    Url::parse(id).is_ok_and(|url| url.scheme() == "https" && url.path() != "/")
}

#[derive(Deserialize)]
struct Registration {
    client_id: String,
    client_secret: Option<String>,
    /// Zero: never (RFC 7591, 3.2.1).
    client_secret_expires_at: Option<Value>,
    token_endpoint_auth_method: Option<String>,
}

async fn register(
    target: &Target,
    issuer: &Issuer,
    endpoint: &Url,
    redirect: Option<&str>,
    scopes: &[String],
) -> Result<Registered, LoginError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let plain = Plain {
        method: Verb::POST,
        url: endpoint,
        headers,
        body: metadata(issuer, redirect, scopes).to_string(),
        most: MAX_ANSWER,
        admits: reach::admits(endpoint, &target.near),
    };
    let place = shown(endpoint);
    let answer = exchange(plain, target.ca_file())
        .await
        .map_err(|fault| LoginError::Transient(format!("registration at `{place}`: {fault}")))?;
    match answer.status {
        200..=299 => {}
        408 | 425 | 429 | 500.. => {
            let text = format!(
                "registration at `{place}`: it answered HTTP {}",
                answer.status
            );
            return Err(LoginError::Transient(text));
        }
        status => {
            let words = target.secrets.sanitize(&answer.body, MAX_WORDS);
            return Err(LoginError::Refused(format!(
                "it registers no client at `{place}` (HTTP {status}: {words}): register one there by hand, and write \
                 its id as `clientId` in `oauth` of the entry"
            )));
        }
    }
    let unusable = |why: &str| LoginError::Unusable(format!("registration at `{place}`: {why}"));
    let registration: Registration =
        serde_json::from_slice(&answer.body).map_err(|_| unusable("its answer names no client"))?;
    let secret = registration
        .client_secret
        .filter(|secret| !secret.is_empty());
    if let Some(secret) = &secret {
        target.secrets.learn([("[secret]", secret.as_str())]);
    }
    let longest = secret.as_ref().map_or(0, String::len);
    if registration.client_id.is_empty() || registration.client_id.len().max(longest) > MAX_ID {
        return Err(unusable(
            "its answer has an id or a secret that is empty or too long",
        ));
    }
    let method = match (registration.token_endpoint_auth_method.as_deref(), &secret) {
        (Some("client_secret_post"), Some(_)) => Method::ClientSecretPost,
        (Some("client_secret_basic"), Some(_)) => Method::ClientSecretBasic,
        (Some("none"), _) | (_, None) => Method::None,
        (None, Some(_)) => with_secret(issuer),
        (Some(other), Some(_)) => {
            let other = sanitize(short(other, 100).as_bytes());
            return Err(unusable(&format!(
                "it wants `{other}` at the token endpoint"
            )));
        }
    };
    let ends = registration.client_secret_expires_at;
    Ok(Registered {
        id: registration.client_id,
        secret: secret.map(Into::into),
        method,
        redirect: Some(redirect.unwrap_or_default().to_owned()),
        scopes: scopes.to_vec(),
        ends: ends
            .and_then(|ends| ends.as_u64())
            .filter(|ends| *ends != 0),
    })
}

/// What this program says of itself.
fn metadata(issuer: &Issuer, redirect: Option<&str>, scopes: &[String]) -> Value {
    let takes = |method: &str| {
        let methods = issuer.methods.as_deref();
        methods.is_none_or(|methods| methods.iter().any(|one| one == method))
    };
    let method = ["none", "client_secret_basic", "client_secret_post"]
        .into_iter()
        .find(|method| takes(method))
        .unwrap_or("none");
    let mut metadata = json!({
        "client_name": NAME,
        "application_type": "native",
        "token_endpoint_auth_method": method,
    });
    match redirect {
        Some(redirect) => {
            metadata["redirect_uris"] = json!([redirect]);
            metadata["grant_types"] = json!(["authorization_code", "refresh_token"]);
            metadata["response_types"] = json!(["code"]);
        }
        None => {
            metadata["redirect_uris"] = json!([]);
            metadata["response_types"] = json!([]);
            metadata["grant_types"] = json!([
                "urn:ietf:params:oauth:grant-type:device_code",
                "refresh_token"
            ]);
        }
    }
    if !scopes.is_empty() {
        metadata["scope"] = scopes.join(" ").into();
    }
    metadata
}
