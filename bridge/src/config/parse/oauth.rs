//! The keys of `oauth`, with the names that other clients have for them. docs/login.md has the same list.

use super::node::Value;
use super::notice::Notices;
use super::object::{Fault, Field, Object};
use crate::config::oauth::{Grant, OAuth};

/// What stands beside `oauth`: Cursor has `auth`, Codex `scopes` and `oauth_resource`.
pub(super) struct Beside<'a> {
    oauth: Option<Field<'a>>,
    auth: Option<Field<'a>>,
    scopes: Option<Field<'a>>,
    resource: Option<Field<'a>>,
}

impl<'a> Beside<'a> {
    pub(super) fn take(object: &mut Object<'a>) -> Self {
        Self {
            oauth: object.take("oauth"),
            auth: object.take("auth"),
            scopes: object.take("scopes"),
            resource: object.take("oauth_resource"),
        }
    }

    pub(super) fn read(&self, notices: &mut Notices) -> Result<OAuth, Fault> {
        let mut oauth = OAuth::default();
        if let Some(scopes) = &self.scopes {
            oauth.scopes = scopes_of(scopes)?;
        }
        if let Some(resource) = &self.resource {
            oauth.resource = Some(resource.text()?);
        }
        if let Some(auth) = &self.auth {
            match auth.node.value {
                // Others name a kind of login here.
                Value::Text(_) => notices.quiet(
                    "auth",
                    "key is for another program, and changes nothing here",
                ),
                _ => cursor(auth, &mut oauth, notices)?,
            }
        }
        if let Some(field) = &self.oauth {
            match field.node.value {
                Value::Bool(enabled) => oauth.enabled = enabled,
                _ => own(field, &mut oauth, notices)?,
            }
        }
        Ok(oauth)
    }

    /// The fields, for an entry that has no use for them.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field<'a>> {
        [&self.oauth, &self.auth, &self.scopes, &self.resource]
            .into_iter()
            .flatten()
    }
}

/// `{ "CLIENT_ID", "CLIENT_SECRET", "scopes" }`.
fn cursor(field: &Field<'_>, oauth: &mut OAuth, notices: &mut Notices) -> Result<(), Fault> {
    let mut object = field.object("an object with `CLIENT_ID`")?;
    if let Some(id) = object.take("CLIENT_ID") {
        oauth.client_id = Some(id.text()?);
    }
    if let Some(secret) = object.take("CLIENT_SECRET") {
        oauth.client_secret = Some(secret.text()?.into());
    }
    if let Some(scopes) = object.take("scopes") {
        oauth.scopes = scopes_of(&scopes)?;
    }
    notices.unknown(&object);
    Ok(())
}

fn own(field: &Field<'_>, oauth: &mut OAuth, notices: &mut Notices) -> Result<(), Fault> {
    let mut object = field.object("an object, or false for no login")?;
    // Gemini CLI has it.
    if let Some(enabled) = object.take("enabled") {
        oauth.enabled = enabled.truth()?;
    }
    let text = |field: Option<Field<'_>>| field.map(|field| field.text()).transpose();
    oauth.client_id = text(object.take("clientId"))?.or(oauth.client_id.take());
    if let Some(secret) = text(object.take("clientSecret"))? {
        oauth.client_secret = Some(secret.into());
    }
    oauth.private_key = text(object.take("privateKey"))?.map(Into::into);
    if let Some(scopes) = object.take_any(&["scopes", "scope"]) {
        oauth.scopes = scopes_of(&scopes)?;
    }
    oauth.authorization_server = text(object.take_any(&["authorizationServer", "issuer"]))?;
    oauth.redirect_uri = text(object.take("redirectUri"))?;
    if let Some(port) = object.take_any(&["redirectPort", "callbackPort"]) {
        let number = port.whole(1)?;
        let fault = |_| port.fault(format!("`{number}` is not a port: the largest is 65535"));
        oauth.redirect_port = Some(u16::try_from(number).map_err(fault)?);
    }
    oauth.resource = text(object.take("resource"))?.or(oauth.resource.take());
    if let Some(grant) = object.take("grant") {
        oauth.grant = grant_of(&grant)?;
    }
    if oauth.private_key.is_some() && oauth.client_secret.is_some() {
        return Err(field.fault("has both `clientSecret` and `privateKey`: keep one of them"));
    }
    if oauth.client_id.is_none()
        && (oauth.client_secret.is_some()
            || oauth.private_key.is_some()
            || oauth.grant == Grant::ClientCredentials)
    {
        return Err(
            field.fault("needs `clientId`, because a secret, a key or this `grant` belongs to one")
        );
    }
    notices.unknown(&object);
    Ok(())
}

fn grant_of(field: &Field<'_>) -> Result<Grant, Fault> {
    match &*field.text()? {
        "authorization_code" => Ok(Grant::AuthorizationCode),
        "client_credentials" => Ok(Grant::ClientCredentials),
        other => Err(field.fault(format!(
            "`{other}` is neither `authorization_code` nor `client_credentials`"
        ))),
    }
}

/// A list, or one text with blanks between, as OAuth itself writes them.
fn scopes_of(field: &Field<'_>) -> Result<Vec<String>, Fault> {
    let written = match &field.node.value {
        Value::Text(text) => vec![text.clone()],
        _ => field.texts()?,
    };
    let words = written.iter().flat_map(|text| text.split_whitespace());
    let scopes: Vec<String> = words.map(str::to_owned).collect();
    let is_scope = |scope: &&String| {
        let may_be = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        !scope.bytes().all(may_be)
    };
    match scopes.iter().find(is_scope) {
        Some(wrong) => Err(field.fault(format!(
            "`{wrong}` is not a scope: letters, digits and signs of ASCII, without quotes"
        ))),
        None => Ok(scopes),
    }
}
