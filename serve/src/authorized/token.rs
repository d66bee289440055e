//! One access token: a JWT (RFC 9068), signed by the issuer, for this server, now. Keeps nothing of it but who it is
//! about and its scopes.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::keys::{Key, LONGEST_NAME};
use super::refused::Refused;
use super::settings::Authorization;
use crate::principal::Principal;

/// Bytes of a token.
const LONGEST: usize = 16 << 10;

/// Bytes of a subject (OpenID Connect Core, 2).
const LONGEST_SUBJECT: usize = 255;

/// Seconds for which a token counts as good at most, before it is looked at again.
const LONGEST_LEFT: f64 = 30.0 * 24.0 * 60.0 * 60.0;

/// Seconds by which the clocks of issuer and server may differ.
const LEEWAY: f64 = 30.0;

/// A token of which only the header was read.
pub(super) struct Token<'t> {
    text: &'t str,
    pub(super) algorithm: Algorithm,
    /// The name of the key that signed it.
    pub(super) key: Option<String>,
}

/// What a good token says.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) principal: Principal,
    /// How long it is good from now on.
    pub(super) left: Duration,
    scopes: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// Seconds since 1970, which may have a fraction.
    exp: f64,
    nbf: Option<f64>,
    scope: Option<Scopes>,
    /// The same in tokens of some vendors.
    scp: Option<Scopes>,
    /// The key that a client has to prove (RFC 7800).
    cnf: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    /// With blanks between them.
    Text(String),
    List(Vec<String>),
}

impl<'t> Token<'t> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// For what can be no token of any issuer.
    pub(super) fn read(text: &'t str) -> Result<Self, Refused> {
        if text.len() > LONGEST {
            return Err(Refused::Invalid("the token is too long"));
        }
        // `none` is no algorithm here.
        let header = decode_header(text);
        let header = header.map_err(|_| Refused::Invalid("the token is no signed JWT"))?;
        check(&header)?;
        Ok(Self {
            text,
            algorithm: header.alg,
            key: header.kid,
        })
    }

    /// Verifies signature and claims.
    ///
    /// # Errors
    ///
    /// When the token is not one of the issuer, for this server, now.
    pub(super) fn verify(&self, key: &Key, of: &Authorization) -> Result<Granted, Refused> {
        let mut validation = Validation::new(self.algorithm);
        // The library reads no number where `serde_json` keeps numbers as they were written: `in_time` does it.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[&*of.issuer]);
        validation.set_audience(&of.audience);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        let decoded = decode::<Claims>(self.text, &key.key, &validation);
        let claims = decoded.map_err(|error| Refused::Invalid(words(error.kind())))?;
        let claims = claims.claims;
        let left = in_time(&claims, SystemTime::now())?;
        // The library takes a list of issuers as well.
        if claims.iss != *of.issuer {
            return Err(Refused::Invalid("the token is of another issuer"));
        }
        if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
            let what = "the subject of the token is empty or too long";
            return Err(Refused::Invalid(what));
        }
        // As a bearer token, it would be good for a thief.
        if claims.cnf.is_some() {
            let what = "the token is bound to a key, which this server cannot ask for";
            return Err(Refused::Invalid(what));
        }
        let scopes = claims.scope.into_iter().chain(claims.scp);
        Ok(Granted {
            principal: Principal::new(&claims.iss, &claims.sub),
            left,
            scopes: scopes.flat_map(Scopes::all).collect(),
        })
    }
}

impl Granted {
    pub(super) fn has(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}

impl Scopes {
    fn all(self) -> Vec<String> {
        match self {
            Self::Text(text) => text.split(' ').map(str::to_owned).collect(),
            Self::List(list) => list,
        }
    }
}

fn check(header: &Header) -> Result<(), Refused> {
    let kind = header
        .typ
        .as_deref()
        .unwrap_or("at+jwt")
        .to_ascii_lowercase();
    // Other JWTs of the issuer are no access tokens. Not every issuer says which of them are.
    if !matches!(&*kind, "at+jwt" | "application/at+jwt" | "jwt") {
        return Err(Refused::Invalid("the JWT is no access token"));
    }
    if header.crit.is_some() {
        return Err(Refused::Invalid("the token has a critical extension"));
    }
    let name = header.kid.as_ref();
    if name.is_some_and(|name| name.len() > LONGEST_NAME) {
        return Err(Refused::Invalid("the name of the token's key is too long"));
    }
    match header.alg {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            Err(Refused::Invalid("the token is signed with a shared secret"))
        }
        _ => Ok(()),
    }
}

/// How long the token is good, if it is at this moment.
fn in_time(claims: &Claims, now: SystemTime) -> Result<Duration, Refused> {
    let now = now
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    if claims.exp <= now - LEEWAY {
        return Err(Refused::Invalid("the token has expired"));
    }
    if claims.nbf.is_some_and(|from| from > now + LEEWAY) {
        return Err(Refused::Invalid("the token is not good yet"));
    }
    let left = claims.exp + LEEWAY - now;
    Ok(Duration::from_secs_f64(left.clamp(0.0, LONGEST_LEFT)))
}

fn words(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another server",
        ErrorKind::MissingRequiredClaim(_) => "the token lacks `iss`, `aud` or `sub`",
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => {
            "the signature of the token is not one of the issuer"
        }
        _ => "the token lacks a claim, or has one that cannot be read",
    }
}
