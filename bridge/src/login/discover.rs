//! From a server to its authorization server: protected-resource metadata (RFC 9728), then the metadata of the issuer
//! (RFC 8414, or OpenID Connect Discovery), each bound to what led to it. Sends no token and no secret.

use serde::Deserialize;
use url::Url;

use super::document::{Documents, or_default, shown};
use super::error::LoginError;
use super::reach;
use super::record::is_same_issuer;
use super::scopes;
use super::target::Target;
use crate::http::Challenge;
use crate::text::{sanitize, short};

/// How many authorization servers of a list are looked at.
const MAX_SERVERS: usize = 10;

/// What discovery found.
pub(super) struct Found {
    /// What the token is for, as the server itself says it (RFC 8707).
    pub(super) resource: String,
    pub(super) issuer: Issuer,
    /// The scopes of the resource: those of the challenge come before them.
    pub(super) scopes: Vec<String>,
}

/// The authorization server.
pub(super) struct Issuer {
    /// Its identifier, letter for letter.
    pub(super) id: String,
    pub(super) authorize: Option<Url>,
    pub(super) token: Url,
    pub(super) register: Option<Url>,
    pub(super) device: Option<Url>,
    pub(super) revoke: Option<Url>,
    pub(super) scopes: Vec<String>,
    /// How clients prove who they are at the token endpoint. `None`: it does not say.
    pub(super) methods: Option<Vec<String>>,
    /// Clients may be known by the address of a document.
    pub(super) takes_documents: bool,
    /// Its answers say who it is (RFC 9207).
    pub(super) answers_with_issuer: bool,
    /// `None`: it publishes no metadata, or says nothing of it.
    pub(super) challenge_methods: Option<Vec<String>>,
    /// Its metadata were found, and nothing here is a guess.
    pub(super) is_published: bool,
}

#[derive(Deserialize)]
struct Resource {
    resource: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    authorization_servers: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    scopes_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    scopes_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "or_default")]
    client_id_metadata_document_supported: bool,
    #[serde(default, deserialize_with = "or_default")]
    authorization_response_iss_parameter_supported: bool,
}

/// Finds the authorization server of a server, from the challenge that it answered with.
pub(super) async fn discover(
    target: &Target,
    challenge: Option<&Challenge>,
) -> Result<Found, LoginError> {
    let documents = Documents::of(target);
    let resource = resource(&documents, challenge).await?;
    let own = target.resource();
    let Some(resource) = resource else {
        // Revision 2025-03-26: the server is its own authorization server.
        let id = match &target.oauth.authorization_server {
            Some(id) => id.clone(),
            None => target.url.origin().ascii_serialization(),
        };
        let is_named = target.oauth.authorization_server.is_some();
        let issuer = match issuer(&id, &documents).await? {
            Some(issuer) => issuer,
            None if is_named => return Err(unpublished(&[id])),
            None if challenge.is_none() => {
                let why = "it asks for no login, and publishes no authorization server: use it as it is, or name its \
                           issuer as `authorizationServer` in `oauth` of its entry";
                return Err(LoginError::NotOffered(why.to_owned()));
            }
            None => defaults(&id, target)?,
        };
        return Ok(Found {
            resource: own,
            issuer,
            scopes: Vec::new(),
        });
    };
    let named = match &target.oauth.authorization_server {
        // The user knows better than the server, and the token is asked for at this one only.
        Some(id) => vec![id.clone()],
        None => resource.authorization_servers,
    };
    for id in named.iter().take(MAX_SERVERS) {
        if let Some(issuer) = issuer(id, &documents).await? {
            return Ok(Found {
                resource: target
                    .oauth
                    .resource
                    .clone()
                    .or(resource.resource)
                    .unwrap_or(own),
                issuer,
                scopes: scopes::usable(resource.scopes_supported),
            });
        }
    }
    Err(unpublished(&named))
}

/// The metadata of the resource, at the address that the challenge gives, or where they belong. They have to be about
/// this very server.
async fn resource(
    documents: &Documents<'_>,
    challenge: Option<&Challenge>,
) -> Result<Option<Resource>, LoginError> {
    let target = documents.target;
    let advertised = challenge.and_then(|challenge| challenge.resource_metadata.as_deref());
    let places = match advertised {
        Some(text) => {
            let url = target.url.join(text).map_err(|error| {
                LoginError::Unusable(format!("its `resource_metadata` is no address: {error}"))
            })?;
            if url.origin() != target.url.origin() && target.oauth.authorization_server.is_some() {
                // They are not read, and the user has said what they would say.
                return Ok(None);
            }
            if url.origin() != target.url.origin() {
                let place = shown(&url);
                return Err(LoginError::Unusable(format!(
                    "its metadata are at another origin, `{place}`, and are not read: if you trust that, name the \
                     issuer as `authorizationServer` in `oauth` of its entry"
                )));
            }
            vec![url]
        }
        None => well_known(&target.url),
    };
    for place in places {
        let what = "the metadata of the server";
        let found: Option<Resource> = documents.get(what, &place).await?;
        let Some(found) = found else { continue };
        if found.resource.is_none() && found.authorization_servers.is_empty() {
            continue;
        }
        match &found.resource {
            Some(resource) if is_for(resource, &target.url) => return Ok(Some(found)),
            Some(resource) => {
                let resource = short(&sanitize(resource.as_bytes()), 200).into_owned();
                return Err(LoginError::Unusable(format!(
                    "its metadata at `{}` are for another resource, `{resource}`: check its `url`",
                    shown(&place)
                )));
            }
            None => {
                return Err(LoginError::Unusable(format!(
                    "its metadata at `{}` name no `resource`",
                    shown(&place)
                )));
            }
        }
    }
    Ok(None)
}

/// Whether a token for the resource is one for this server: it is the server's address, or one above it in its path.
fn is_for(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else {
        return false;
    };
    if resource.fragment().is_some() || resource.origin() != server.origin() {
        return false;
    }
    let (above, path) = (resource.path().trim_end_matches('/'), server.path());
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The metadata of an issuer. `None`: it publishes none.
async fn issuer(id: &str, documents: &Documents<'_>) -> Result<Option<Issuer>, LoginError> {
    let near = &documents.target.near;
    let url = reach::endpoint("authorization server", id, near)?;
    let mut failure = None;
    for place in metadata_places(&url) {
        let what = "the metadata of the authorization server";
        let metadata: Option<Metadata> = match documents.get(what, &place).await {
            Ok(metadata) => metadata,
            // Some fail at an address that they do not know: they may be at the next.
            Err(error @ LoginError::Transient(_)) => {
                failure.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(metadata) = metadata.filter(Metadata::says_something) {
            return read(metadata, id, &place, near).map(Some);
        }
    }
    failure.map_or(Ok(None), Err)
}

impl Metadata {
    /// Some servers answer any address with an object of their own.
    fn says_something(&self) -> bool {
        self.issuer.is_some() || self.token_endpoint.is_some()
    }
}

fn read(metadata: Metadata, id: &str, place: &Url, near: &Url) -> Result<Issuer, LoginError> {
    let said = metadata.issuer.unwrap_or_default();
    if !is_same_issuer(&said, id) {
        let said = short(&sanitize(said.as_bytes()), 200).into_owned();
        return Err(LoginError::Unusable(format!(
            "the metadata at `{}` are those of `{said}`, and not of `{}`",
            shown(place),
            sanitize(id.as_bytes())
        )));
    }
    let endpoint = |what: &str, text: Option<String>| {
        text.map(|text| reach::endpoint(what, &text, near))
            .transpose()
    };
    let token = endpoint("token endpoint", metadata.token_endpoint)?;
    Ok(Issuer {
        // As it writes itself: what comes back from the browser is compared with this.
        id: said,
        authorize: endpoint("authorization endpoint", metadata.authorization_endpoint)?,
        token: token.ok_or_else(|| {
            LoginError::Unusable(format!(
                "the metadata at `{}` have no token endpoint",
                shown(place)
            ))
        })?,
        register: endpoint("registration endpoint", metadata.registration_endpoint)?,
        device: endpoint("device endpoint", metadata.device_authorization_endpoint)?,
        revoke: endpoint("revocation endpoint", metadata.revocation_endpoint)?,
        scopes: scopes::usable(metadata.scopes_supported),
        methods: metadata.token_endpoint_auth_methods_supported,
        takes_documents: metadata.client_id_metadata_document_supported,
        answers_with_issuer: metadata.authorization_response_iss_parameter_supported,
        challenge_methods: metadata.code_challenge_methods_supported,
        is_published: true,
    })
}

/// The endpoints of revision 2025-03-26 for a server that publishes nothing.
fn defaults(id: &str, target: &Target) -> Result<Issuer, LoginError> {
    let at = |path: &str| {
        let mut url = target.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(path);
        reach::endpoint("endpoint", url.as_str(), &target.url)
    };
    Ok(Issuer {
        id: id.to_owned(),
        authorize: Some(at("/authorize")?),
        token: at("/token")?,
        register: Some(at("/register")?),
        device: None,
        revoke: None,
        scopes: Vec::new(),
        methods: None,
        takes_documents: false,
        answers_with_issuer: false,
        challenge_methods: None,
        is_published: false,
    })
}

/// Where the metadata of an issuer may be, in the order of the MCP specification.
fn metadata_places(issuer: &Url) -> Vec<Url> {
    let names = ["oauth-authorization-server", "openid-configuration"];
    let path = issuer.path().trim_matches('/');
    if path.is_empty() {
        return names
            .map(|name| at(issuer, &format!("/.well-known/{name}")))
            .to_vec();
    }
    let mut places = names
        .map(|name| at(issuer, &format!("/.well-known/{name}/{path}")))
        .to_vec();
    places.push(at(
        issuer,
        &format!("/{path}/.well-known/openid-configuration"),
    ));
    places
}

/// The well-known addresses of a resource: with its path inserted, and at the root.
fn well_known(url: &Url) -> Vec<Url> {
    let root = "/.well-known/oauth-protected-resource";
    match url.path().trim_matches('/') {
        "" => vec![at(url, root)],
        path => vec![at(url, &format!("{root}/{path}")), at(url, root)],
    }
}

fn at(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // An address with a host has neither, once it was checked.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_path(path);
    url
}

fn unpublished(ids: &[String]) -> LoginError {
    let ids: Vec<String> = ids
        .iter()
        .take(MAX_SERVERS)
        .map(|id| format!("`{}`", short(&sanitize(id.as_bytes()), 200)))
        .collect();
    match ids.as_slice() {
        [] => LoginError::Unusable("its metadata name no authorization server".to_owned()),
        ids => LoginError::Unusable(format!(
            "no metadata of an authorization server are at {}",
            ids.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests;
