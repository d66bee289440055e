//! The signed assertion of a client with a private key (RFC 7523, `private_key_jwt`). Checks no assertion of others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::error::LoginError;
use super::random;
use super::record::now;

/// How long an assertion is good, in seconds. It is used at once.
const LASTS: u64 = 120;

/// The assertion that the client `id` makes for the authorization server `audience`.
pub(super) fn assertion(
    key: &SecretString,
    id: &str,
    audience: &str,
) -> Result<SecretString, LoginError> {
    let key = Key::of(key)?;
    let header = json!({"alg": key.algorithm(), "typ": "JWT"});
    let issued = now();
    let claims = json!({
        "iss": id,
        "sub": id,
        "aud": audience,
        "iat": issued,
        "exp": issued + LASTS,
        "jti": random::word()?.expose_secret(),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}").into())
}

enum Key {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    /// A key of one of the kinds that authorization servers take.
    fn of(pem: &SecretString) -> Result<Self, LoginError> {
        let unusable = || {
            LoginError::Unusable(
                "`privateKey` in `oauth` is no key that is known here: write PEM of PKCS #8 (`BEGIN PRIVATE KEY`), for \
                 P-256, P-384, Ed25519 or RSA"
                    .to_owned(),
            )
        };
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.expose_secret().as_bytes())
            .map_err(|_| unusable())?;
        let der = der.secret_pkcs8_der();
        let random = SystemRandom::new();
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random) {
            return Ok(Self::P256(key));
        }
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der, &random) {
            return Ok(Self::P384(key));
        }
        if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Ok(Self::Ed25519(key));
        }
        RsaKeyPair::from_pkcs8(der)
            .map(Self::Rsa)
            .map_err(|_| unusable())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, LoginError> {
        let random = SystemRandom::new();
        let signed = match self {
            Self::P256(key) | Self::P384(key) => key
                .sign(&random, text)
                .map(|signature| signature.as_ref().to_vec()),
            Self::Ed25519(key) => Ok(key.sign(text).as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                    .map(|()| signature)
            }
        };
        signed.map_err(|_| LoginError::Unusable("`privateKey` in `oauth` does not sign".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, KeyPair as _, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    fn parts(jwt: &SecretString) -> (Value, Value, String, Vec<u8>) {
        let text = jwt.expose_secret();
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        (
            serde_json::from_slice(&decoded(header)).unwrap(),
            serde_json::from_slice(&decoded(claims)).unwrap(),
            signed.to_owned(),
            decoded(signature),
        )
    }

    #[test]
    fn assertion_is_signed_and_says_who_for_whom_and_until_when() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let pem = pair.serialize_pem().into();
        let jwt = assertion(&pem, "me", "https://a.example").unwrap();
        let (header, claims, signed, signature) = parts(&jwt);
        assert_eq!(header["alg"], "ES256");
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&"me".into(), &"me".into())
        );
        assert_eq!(claims["aud"], "https://a.example");
        let (issued, ends) = (
            claims["iat"].as_u64().unwrap(),
            claims["exp"].as_u64().unwrap(),
        );
        assert_eq!(ends - issued, LASTS);
        let Key::P256(key) = Key::of(&pem).unwrap() else {
            panic!("another kind");
        };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let again = assertion(&pem, "me", "https://a.example").unwrap();
        assert_ne!(parts(&again).1["jti"], claims["jti"]);
    }

    #[test]
    fn ed25519_signs_too_and_text_that_is_no_key_is_refused_without_showing_it() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let pem = pair.serialize_pem().into();
        let (header, _, signed, signature) = parts(&assertion(&pem, "me", "you").unwrap());
        assert_eq!(header["alg"], "EdDSA");
        let Key::Ed25519(key) = Key::of(&pem).unwrap() else {
            panic!("another kind");
        };
        UnparsedPublicKey::new(&ED25519, key.public_key())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let error = assertion(&"hunter2hunter2".into(), "me", "you").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
