//! The public keys of an issuer, read from its JWK set (RFC 7517). A key says which algorithms it is for: a token
//! cannot choose another one. Fetches nothing.

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of one set that are kept.
const MOST: usize = 64;

/// Bytes of the name of a key.
pub(super) const LONGEST_NAME: usize = 256;

/// The keys of an issuer.
#[derive(Default)]
pub(super) struct Keys(Vec<Key>);

/// One key.
#[derive(Clone)]
pub(super) struct Key {
    name: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// The members of a JWK that matter for signatures.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Keys {
    /// The keys of a set that can verify signatures. `None`: the text is no set.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        if mcp_bridge::reserved::occurs_in(text) {
            return None;
        }
        let set: Set = serde_json::from_slice(text).ok()?;
        let keys = set.keys.into_iter().filter_map(|key| {
            // A key that cannot be read makes the others no worse.
            let key: Jwk = serde_json::from_value(key).ok()?;
            key.usable()
        });
        Some(Self(keys.take(MOST).collect()))
    }

    /// The key of this name, for this algorithm. Without a name, the only one for the algorithm.
    pub(super) fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let fits = |key: &&Key| key.algorithms.contains(&algorithm);
        let mut fitting = self.0.iter().filter(fits);
        match name {
            Some(name) => fitting.find(|key| key.name.as_deref() == Some(name)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Jwk {
    fn usable(self) -> Option<Key> {
        let is_for_signatures = self.purpose.as_ref().is_none_or(|purpose| purpose == "sig");
        let may_verify = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
        if !is_for_signatures || !self.key_ops.as_ref().is_none_or(may_verify) {
            return None;
        }
        let (key, mut algorithms) = match (&*self.kty, self.crv.as_deref()) {
            ("RSA", _) => (
                DecodingKey::from_rsa_components(self.n.as_deref()?, self.e.as_deref()?),
                AlgorithmFamily::Rsa.algorithms().to_vec(),
            ),
            ("EC", Some(curve @ ("P-256" | "P-384"))) => (
                DecodingKey::from_ec_components(self.x.as_deref()?, self.y.as_deref()?),
                match curve {
                    "P-256" => vec![Algorithm::ES256],
                    _ => vec![Algorithm::ES384],
                },
            ),
            ("OKP", Some("Ed25519")) => (
                DecodingKey::from_ed_components(self.x.as_deref()?),
                vec![Algorithm::EdDSA],
            ),
            // `oct` is a shared secret, and no server publishes one.
            _ => return None,
        };
        if let Some(only) = &self.alg {
            // RFC 9864 has another name for it.
            let only = if only == "Ed25519" { "EdDSA" } else { only };
            let only: Algorithm = only.parse().ok()?;
            algorithms.retain(|algorithm| *algorithm == only);
        }
        let name_fits = self
            .kid
            .as_ref()
            .is_none_or(|name| name.len() <= LONGEST_NAME);
        (!algorithms.is_empty() && name_fits).then_some(Key {
            name: self.kid,
            algorithms,
            key: key.ok()?,
        })
    }
}
