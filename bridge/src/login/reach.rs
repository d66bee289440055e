//! Which addresses an authorization server may have. A server names them, so each is checked before it is used, and
//! what its name leads to when it is.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::FutureExt as _;
use url::{Host, Url};

use super::error::LoginError;
use super::place::Place;
use crate::http::Admits;
use crate::text::{sanitize, short};

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2048;

/// Reads an address that the server at `server` or its authorization server gave. It is `https`, or `http` on this
/// machine where the server is on this machine too; and it leads to no address of this network that the server itself
/// is not at. Where the user names the authorization server, that stands for the server here.
pub(super) fn endpoint(what: &str, text: &str, server: &Url) -> Result<Url, LoginError> {
    let refused = |why: &str| {
        let shown = short(&sanitize(text.as_bytes()), 200).into_owned();
        LoginError::Unusable(format!("{what} `{shown}` is not used: {why}"))
    };
    if text.len() > MAX_ADDRESS {
        return Err(refused("it is too long"));
    }
    // A parser of addresses drops line breaks, and this text is shown and compared as it is.
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(refused("it has a blank or a control character"));
    }
    let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    if url.fragment().is_some() {
        return Err(refused("it has a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("it has a user or a password"));
    }
    let Some(place) = Place::of(&url) else {
        return Err(refused("it names no host"));
    };
    match url.scheme() {
        "https" => {}
        "http" if place == Place::Loopback && Place::of(server) == Some(Place::Loopback) => {}
        "http" => return Err(refused("it is not `https`")),
        _ => return Err(refused("its scheme is not `https`")),
    }
    match place {
        Place::Public => Ok(url),
        Place::Never => Err(refused("no authorization server has such an address")),
        Place::Loopback | Place::Private if Place::of(server) == Some(place) => Ok(url),
        Place::Loopback | Place::Private => {
            Err(refused("it is in this network, and the server is not"))
        }
    }
}

/// Which addresses the name in an address of an authorization server may lead to, by the rules of [`endpoint`]. A
/// server on this machine is this user's, and may have its authorization server in this network.
pub(super) fn admits(url: &Url, server: &Url) -> Option<Admits> {
    let is_name = matches!(url.host(), Some(Host::Domain(_)));
    if !is_name || url.origin() == server.origin() {
        return None;
    }
    let server = server.clone();
    Some(Arc::new(move |found| {
        let server = server.clone();
        async move {
            let place = |one: &SocketAddr| Place::of_address(one.ip());
            if found.iter().all(|one| place(one) == Place::Public) {
                return found;
            }
            let server = Place::reached(&server).await;
            let is_good = |one: &SocketAddr| match place(one) {
                Place::Public => true,
                Place::Never => false,
                Place::Private => matches!(server, Some(Place::Private | Place::Loopback)),
                Place::Loopback => server == Some(Place::Loopback),
            };
            found.into_iter().filter(is_good).collect()
        }
        .boxed()
    }))
}

/// Whether a token may be sent to the server at this address.
pub(super) fn server(url: &Url) -> Result<(), LoginError> {
    if url.scheme() == "https" || Place::of(url) == Some(Place::Loopback) {
        return Ok(());
    }
    Err(LoginError::NotOffered(
        "its `url` begins with `http`, and everyone on the way could read the token: use `https`"
            .to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn is_used(text: &str, server: &str) -> bool {
        endpoint("token endpoint", text, &Url::parse(server).unwrap()).is_ok()
    }

    #[test]
    fn public_server_leads_to_public_https_only() {
        let server = "https://mcp.example/mcp";
        assert!(is_used("https://login.example/token", server));
        for text in [
            "http://login.example/token",
            "ftp://login.example/token",
            "javascript:alert(1)",
            "https://localhost/token",
            "https://127.0.0.1/token",
            "https://[::1]/token",
            "https://10.1.2.3/token",
            "https://192.168.0.1/token",
            "https://169.254.169.254/latest",
            "https://[fe80::1]/token",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::]/",
            "https://metadata.google.internal/token",
            "https://0.0.0.0/token",
            "https://login.example/token#x",
            "https://ann:pass@login.example/token",
            "https://login.example/token\nkept: nowhere",
            " https://login.example/token",
            "https://login.example/\u{1b}[31m",
        ] {
            assert!(!is_used(text, server), "{text}");
        }
    }

    #[test]
    fn server_on_this_machine_leads_to_this_machine_and_never_to_a_metadata_service() {
        let server = "http://localhost:3000/mcp";
        assert!(is_used("http://127.0.0.1:9000/token", server));
        assert!(is_used("https://login.example/token", server));
        for text in [
            "http://login.example/token",
            "http://169.254.169.254/latest",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/token",
        ] {
            assert!(!is_used(text, server), "{text}");
        }
        assert!(is_used("https://10.0.0.2/token", "https://10.0.0.1/mcp"));
    }

    #[test]
    fn token_goes_over_https_or_stays_on_this_machine() {
        let may = |text| server(&Url::parse(text).unwrap()).is_ok();
        assert!(may("https://mcp.example/"));
        assert!(may("http://[::1]:1/"));
        assert!(!may("http://mcp.example/"));
        assert!(!may("http://10.0.0.1/"));
    }

    async fn is_admitted(address: &str, server: &str) -> bool {
        let to = Url::parse("https://login.example/token").unwrap();
        let found = vec![SocketAddr::new(address.parse().unwrap(), 443)];
        let admits = admits(&to, &Url::parse(server).unwrap()).unwrap();
        !admits(found).await.is_empty()
    }

    #[tokio::test]
    async fn name_that_leads_into_this_network_is_not_followed() {
        let far = "https://93.184.216.34/mcp";
        for (address, server, is_good) in [
            ("93.184.216.35", far, true),
            ("10.0.0.1", far, false),
            ("127.0.0.1", far, false),
            ("169.254.169.254", far, false),
            ("fe80::1", far, false),
            ("10.0.0.1", "https://10.9.9.9/mcp", true),
            ("127.0.0.1", "https://10.9.9.9/mcp", false),
            ("127.0.0.1", "http://127.0.0.1:1/mcp", true),
            ("10.0.0.1", "http://localhost:1/mcp", true),
            ("169.254.169.254", "http://127.0.0.1:1/mcp", false),
        ] {
            assert_eq!(
                is_admitted(address, server).await,
                is_good,
                "{address} of {server}"
            );
        }
        // The server itself is the user's choice.
        let url = |text| Url::parse(text).unwrap();
        let (token, server) = (url("https://a.example/token"), url("https://a.example/mcp"));
        assert!(admits(&token, &server).is_none());
    }
}
