//! `[serve.authorization]`: whose tokens `serve --http` takes, and what each of their scopes allows. Fetches nothing,
//! and checks no token.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::{keys, policy};
use crate::rules::policy::{Place, PolicyTable};

/// Bytes of an address, and of an audience.
const LONGEST: usize = 2_048;

/// Bytes of a scope.
const LONGEST_SCOPE: usize = 128;

/// Scopes, and audiences.
const MOST: usize = 32;

/// `[serve.authorization]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationSettings {
    /// The authorization server, letter for letter as its tokens name it.
    pub issuer: String,
    /// The address under which clients know this server: what they ask tokens for.
    pub resource: String,
    /// What `aud` of a token may be; nothing: the resource.
    pub audience: Vec<String>,
    /// Where the keys of the issuer are; `None`: where its metadata say.
    pub jwks: Option<String>,
    /// The scopes, the widest first: a token has the first of them that it names. Without any, a token needs none.
    pub scopes: Vec<ScopeSettings>,
}

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeSettings {
    /// Its name in tokens.
    pub scope: String,
    /// What narrows the policy for it.
    pub policy: Option<PolicyTable>,
}

/// `[serve]`
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    authorization: Option<Authorization>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    issuer: Text,
    resource: Text,
    #[serde(default, deserialize_with = "audience")]
    audience: Vec<String>,
    jwks: Option<Text>,
    #[serde(default, deserialize_with = "scopes")]
    scopes: Vec<Scope>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    #[serde(deserialize_with = "scope")]
    scope: String,
    policy: Option<policy::Table>,
}

/// A text that is neither empty nor endless.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            1..=LONGEST => Ok(Self(text)),
            0 => Err("it is empty".to_owned()),
            length => Err(format!("it has {length} bytes, and {LONGEST} at most")),
        }
    }
}

impl Table {
    pub(super) fn settings(self, file: &Path) -> Option<AuthorizationSettings> {
        let table = self.authorization?;
        let scopes = table.scopes.into_iter().map(|entry| {
            let name = format!("serve.authorization.scopes.{}", keys::bare(&entry.scope));
            let policy = entry.policy;
            ScopeSettings {
                policy: policy.map(|policy| policy.into_policy(Place::Skill, file, name)),
                scope: entry.scope,
            }
        });
        Some(AuthorizationSettings {
            issuer: table.issuer.0,
            resource: table.resource.0,
            audience: table.audience,
            jwks: table.jwks.map(|text| text.0),
            scopes: scopes.collect(),
        })
    }
}

/// One audience, or a list of them.
fn audience<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an audience is a text, or a list of texts")]
    enum OneOrMany {
        One(Text),
        Many(Vec<Text>),
    }
    let audience = match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    };
    if audience.is_empty() || audience.len() > MOST {
        return Err(D::Error::custom(format!("write 1 to {MOST} audiences")));
    }
    Ok(audience.into_iter().map(|text| text.0).collect())
}

/// A scope as RFC 6749 has it: printable ASCII without blanks, quotes and backslashes.
fn scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_scope = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    match text.bytes().all(is_scope) && (1..=LONGEST_SCOPE).contains(&text.len()) {
        true => Ok(text),
        false => Err(D::Error::custom(format!(
            "a scope is a word of at most {LONGEST_SCOPE} letters, such as \"mcp:read\""
        ))),
    }
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let scopes = Vec::<Scope>::deserialize(deserializer)?;
    if scopes.len() > MOST {
        return Err(D::Error::custom(format!("write at most {MOST} scopes")));
    }
    let mut seen = BTreeSet::new();
    match scopes.iter().find(|entry| !seen.insert(&entry.scope)) {
        Some(twice) => Err(D::Error::custom(format!(
            "the scope `{}` is there twice",
            twice.scope
        ))),
        None => Ok(scopes),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::super::Settings;
    use super::*;

    fn parse(text: &str) -> Result<Option<AuthorizationSettings>, String> {
        let settings = Settings::parse(text, Path::new("f.toml"));
        let settings = settings.map_err(|error| error.to_string())?;
        Ok(settings.authorization)
    }

    #[test]
    fn every_key_of_authorization_is_read() {
        assert_eq!(parse("").unwrap(), None);
        let read = parse(
            r#"
            [serve.authorization]
            issuer = "https://id.example.com"
            resource = "https://mcp.example.com/mcp"
            audience = "api://mcp"
            jwks = "https://id.example.com/keys"

            [[serve.authorization.scopes]]
            scope = "mcp:write"

            [[serve.authorization.scopes]]
            scope = "mcp:read"
            policy = { read-only = true }
            "#,
        );
        let read = read.unwrap().unwrap();
        assert_eq!(read.issuer, "https://id.example.com");
        assert_eq!(read.resource, "https://mcp.example.com/mcp");
        assert_eq!(read.audience, ["api://mcp"]);
        assert_eq!(read.jwks.as_deref(), Some("https://id.example.com/keys"));
        let [write, narrowed] = &read.scopes[..] else {
            panic!("{:?}", read.scopes);
        };
        assert_eq!((&*write.scope, &write.policy), ("mcp:write", &None));
        let table = narrowed.policy.as_ref().unwrap();
        assert!(table.read_only && table.place == Place::Skill);
        assert_eq!(
            table.to_string(),
            r#"`[serve.authorization.scopes."mcp:read"]` in f.toml"#
        );
    }

    #[test]
    fn what_makes_no_sense_is_an_error_with_its_place() {
        let of = |rest: &str| {
            let head = "[serve.authorization]\nissuer = \"https://a\"\nresource = \"https://b\"\n";
            parse(&format!("{head}{rest}")).unwrap_err()
        };
        for (rest, why) in [
            ("issuers = 1", "did you mean `issuer`?"),
            ("jwks = \"\"", "it is empty"),
            ("audience = []", "1 to 32 audiences"),
            ("scopes = [{ scope = \"a b\" }]", "a scope is a word"),
            (
                "scopes = [{ scope = \"a\" }, { scope = \"a\" }]",
                "there twice",
            ),
            (
                "scopes = [{ scope = \"a\", policy = { read_only = true } }]",
                "did you mean `read-only`?",
            ),
        ] {
            let error = of(rest);
            assert!(error.starts_with("`f.toml` line 4"), "{error}");
            assert!(error.contains(why), "{rest}: {error}");
        }
        let error = parse("[serve.authorization]\nresource = \"https://b\"\n").unwrap_err();
        assert!(error.contains("missing field `issuer`"), "{error}");
    }
}
