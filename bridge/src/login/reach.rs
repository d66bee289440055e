//! Which addresses an authorization server may have. A server names them, so each is checked before it is used.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::error::LoginError;
use crate::text::{sanitize, short};

/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2048;

/// Reads an address that the server at `server` or its authorization server gave. It is `https`, or `http` on this
/// machine where the server is on this machine too; and it leads to no address of this network that the server itself
/// is not at.
pub(super) fn endpoint(what: &str, text: &str, server: &Url) -> Result<Url, LoginError> {
    let refused = |why: &str| {
        let shown = short(&sanitize(text.as_bytes()), 200).into_owned();
        LoginError::Unusable(format!("{what} `{shown}` is not used: {why}"))
    };
    if text.len() > MAX_ADDRESS {
        return Err(refused("it is too long"));
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

/// Where a host is, as far as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Public,
    Loopback,
    Private,
    /// Link-local, where clouds keep their keys; multicast, and what is no host.
    Never,
}

impl Place {
    fn of(url: &Url) -> Option<Self> {
        Some(match url.host()? {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                match name.as_str() {
                    "localhost" => Self::Loopback,
                    name if name.ends_with(".localhost") => Self::Loopback,
                    "metadata" | "metadata.google.internal" | "metadata.azure.internal" => {
                        Self::Never
                    }
                    _ => Self::Public,
                }
            }
            Host::Ipv4(address) => Self::of_address(address.into()),
            Host::Ipv6(address) => Self::of_address(address.into()),
        })
    }

    fn of_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(address) => Self::of_v4(address),
                None => Self::of_v6(address),
            },
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, ..] = address.octets();
        let is_shared = first == 100 && (64..128).contains(&second);
        if address.is_loopback() {
            Self::Loopback
        } else if address.is_private() || is_shared {
            Self::Private
        } else if address.is_link_local()
            || address.is_multicast()
            || address.is_broadcast()
            || first == 0
        {
            Self::Never
        } else {
            Self::Public
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() {
            Self::Loopback
        } else if address.is_unique_local() {
            Self::Private
        } else if address.is_unicast_link_local()
            || address.is_multicast()
            || address.is_unspecified()
        {
            Self::Never
        } else {
            Self::Public
        }
    }
}

/// The address of IPv4 in one of IPv6: mapped, compatible, NAT64 and 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| {
        let [first, second] = high.to_be_bytes();
        let [third, fourth] = low.to_be_bytes();
        Ipv4Addr::new(first, second, third, fourth)
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(of(g, h)),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(of(g, h)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
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
}
