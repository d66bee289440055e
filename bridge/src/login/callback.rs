//! What the browser brings back: the code, or why there is none. It is believed only with the `state` of this login,
//! and only from its authorization server (RFC 9207).

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::error::LoginError;
use crate::text::{sanitize, short};

/// The longest address that is looked at, in bytes.
const MAX_ADDRESS: usize = 16 * 1024;

/// What a login waits for.
pub(super) struct Expected<'a> {
    pub(super) state: &'a SecretString,
    pub(super) issuer: &'a str,
    /// The authorization server says that it names itself.
    pub(super) must_name_issuer: bool,
    /// Its metadata say who it is.
    pub(super) is_published: bool,
}

/// Whether an address has the `state` of this login.
pub(super) fn belongs(address: &str, state: &SecretString) -> bool {
    parameters(address).is_some_and(|found| {
        let [_, given, ..] = &found;
        given.as_deref().is_some_and(|given| is_same(given, state))
    })
}

/// The code in the address that the browser was sent to.
pub(super) fn code(address: &str, expected: &Expected<'_>) -> Result<SecretString, LoginError> {
    let refused = |why: &str| LoginError::Callback(why.to_owned());
    let [code, state, issuer, error, description] = parameters(address)
        .ok_or_else(|| refused("that is not the address that the browser was sent to"))?;
    match state {
        Some(state) if is_same(&state, expected.state) => {}
        Some(_) => {
            return Err(refused(
                "that address is of another login: its `state` differs",
            ));
        }
        None => return Err(refused("that address has no `state`")),
    }
    match issuer {
        Some(issuer) if expected.is_published && issuer == expected.issuer => {}
        Some(issuer) => {
            return Err(LoginError::Callback(format!(
                "the answer is from `{}`, and the login was at `{}`: it is not used",
                short(&sanitize(issuer.as_bytes()), 200),
                sanitize(expected.issuer.as_bytes())
            )));
        }
        None if expected.must_name_issuer => {
            return Err(refused(
                "the answer does not say which authorization server it is from, as this one always does: it is not used",
            ));
        }
        None => {}
    }
    if let Some(error) = error {
        let words = match description {
            Some(description) => format!("{error}: {description}"),
            None => error,
        };
        let words = short(&sanitize(words.as_bytes()), 300).into_owned();
        return Err(LoginError::Refused(words));
    }
    match code {
        Some(code) if !code.is_empty() => Ok(code.into()),
        _ => Err(refused("that address has no `code`")),
    }
}

/// `code`, `state`, `iss`, `error` and `error_description`. `None`: it is no such address, or has one of them twice.
fn parameters(address: &str) -> Option<[Option<String>; 5]> {
    const NAMES: [&str; 5] = ["code", "state", "iss", "error", "error_description"];
    let address = address.trim();
    if address.len() > MAX_ADDRESS {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let mut found = [const { None }; 5];
    for (name, value) in url.query_pairs() {
        let Some(at) = NAMES.iter().position(|known| *known == name) else {
            continue;
        };
        if found[at].replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Compares in a time that depends on the lengths only.
fn is_same(given: &str, state: &SecretString) -> bool {
    let (given, state) = (given.as_bytes(), state.expose_secret().as_bytes());
    let differ = given
        .iter()
        .zip(state)
        .fold(0, |sum, (one, other)| sum | (one ^ other));
    given.len() == state.len() && differ == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn read(query: &str, must_name_issuer: bool) -> Result<String, String> {
        let state = "right".into();
        let expected = Expected {
            state: &state,
            issuer: "https://a.example",
            must_name_issuer,
            is_published: true,
        };
        let address = format!("http://127.0.0.1:1/callback?{query}");
        code(&address, &expected)
            .map(|code| code.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn code_comes_with_the_state_and_the_issuer() {
        assert_eq!(read("code=a%20b&state=right", false).unwrap(), "a b");
        let named = "code=c&state=right&iss=https%3A%2F%2Fa.example";
        assert_eq!(read(named, true).unwrap(), "c");
    }

    #[test]
    fn another_state_or_issuer_is_refused() {
        for query in [
            "code=c",
            "code=c&state=wrong",
            "code=c&state=right2",
            "code=c&state=right&state=right",
            "code=c&code=d&state=right",
            "code=&state=right",
            "state=right",
            "code=c&state=right&iss=https://a.example/",
            "code=c&state=right&iss=https://evil.example",
        ] {
            assert!(read(query, false).is_err(), "{query}");
        }
        assert!(read("code=c&state=right", true).is_err());
    }

    #[test]
    fn error_is_believed_only_of_this_login_and_shown_printable() {
        let error = read(
            "error=access_denied&error_description=no%1b[31m&state=right",
            false,
        );
        assert!(error.unwrap_err().contains("access_denied: no"));
        let other = read("error=access_denied&state=wrong", false).unwrap_err();
        assert!(!other.contains("access_denied"), "{other}");
    }

    #[test]
    fn only_an_address_with_the_state_belongs_to_a_login() {
        let state = "right".into();
        assert!(belongs(
            "http://127.0.0.1:1/callback?state=right&error=x",
            &state
        ));
        assert!(!belongs("http://127.0.0.1:1/callback?state=left", &state));
        assert!(!belongs("what is this", &state));
        let long = format!(
            "http://127.0.0.1/?state=right&code={}",
            "c".repeat(MAX_ADDRESS)
        );
        assert!(!belongs(&long, &state));
    }
}
