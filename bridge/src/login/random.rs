//! Values that others must not guess: `state`, the verifier of PKCE and its challenge (RFC 7636), and ids.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::LoginError;

/// 32 bytes of the operating system.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], LoginError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        LoginError::Store("the operating system gives no random numbers".to_owned())
    })?;
    Ok(bytes)
}

/// 43 letters and digits with 256 bits of chance.
pub(super) fn word() -> Result<SecretString, LoginError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?).into())
}

/// The challenge that belongs to a verifier, by the method `S256`.
pub(super) fn challenge(verifier: &SecretString) -> String {
    let hash = digest::digest(&digest::SHA256, verifier.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn challenge_is_that_of_the_specification() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into();
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn words_differ_and_are_long_enough() {
        let (one, other) = (word().unwrap(), word().unwrap());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
