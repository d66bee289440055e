//! Where a host is: on the internet, in this network, on this machine, or where no server is. Decides nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

/// How long the addresses of a name are looked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a host is, as far as its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Public,
    Loopback,
    Private,
    /// Link-local, where clouds keep their keys; multicast, and what is no host.
    Never,
}

/// Services of clouds that give keys to whatever asks from their machine, and that are not link-local.
const METADATA_V4: [Ipv4Addr; 1] = [Ipv4Addr::new(100, 100, 100, 200)];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254),
];

impl Place {
    /// Where the host of an address is, as far as the text says.
    pub(super) fn of(url: &Url) -> Option<Self> {
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

    /// Where the host of an address is, when its name is looked up. A name with addresses of several kinds, or with
    /// none, counts as one of the internet: it opens no way into this network.
    pub(super) async fn reached(url: &Url) -> Option<Self> {
        let said = Self::of(url)?;
        let (Some(Host::Domain(name)), Self::Public) = (url.host(), said) else {
            return Some(said);
        };
        let port = url.port_or_known_default().unwrap_or_default();
        let Ok(Ok(found)) = timeout(PATIENCE, lookup_host((name, port))).await else {
            return Some(said);
        };
        let mut places = found.map(|one| Self::of_address(one.ip()));
        let first = places.next().unwrap_or(said);
        Some(match places.all(|place| place == first) {
            true => first,
            false => said,
        })
    }

    pub(super) fn of_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => match embedded(address) {
                Some(address) => Self::of_v4(address),
                None => Self::of_v6(address),
            },
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, third, _] = address.octets();
        let is_shared = first == 100 && (64..128).contains(&second);
        let is_of_a_test = first == 198 && (18..20).contains(&second);
        // IETF protocol assignments: a cloud has its metadata service there.
        let is_assigned = (first, second, third) == (192, 0, 0);
        if address.is_loopback() {
            Self::Loopback
        } else if address.is_link_local()
            || METADATA_V4.contains(&address)
            || is_assigned
            || first == 0
            // Multicast, reserved and broadcast.
            || first >= 224
        {
            Self::Never
        } else if address.is_private() || is_shared || is_of_a_test {
            Self::Private
        } else {
            Self::Public
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        // Deprecated by RFC 3879, and still of one site.
        let is_site_local = address.segments()[0] & 0xffc0 == 0xfec0;
        if address.is_loopback() {
            Self::Loopback
        } else if address.is_unicast_link_local()
            || METADATA_V6.contains(&address)
            || address.is_multicast()
            || address.is_unspecified()
        {
            Self::Never
        } else if address.is_unique_local() || is_site_local {
            Self::Private
        } else {
            Self::Public
        }
    }
}

/// The address of IPv4 in one of IPv6: mapped, compatible, translated, NAT64, 6to4 and Teredo.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let of = |high: u16, low: u16| {
        let [first, second] = high.to_be_bytes();
        let [third, fourth] = low.to_be_bytes();
        Ipv4Addr::new(first, second, third, fourth)
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => {
            Some(of(g, h))
        }
        // A prefix of this network for NAT64 (RFC 8215).
        [0x64, 0xff9b, 1, ..] => Some(of(g, h)),
        // Teredo has the address of the client with each bit turned.
        [0x2001, 0, ..] => Some(of(!g, !h)),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(of(g, h)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn addresses_are_where_they_lead_however_they_are_written() {
        for (place, addresses) in [
            (
                Place::Never,
                &[
                    "169.254.169.254",
                    "100.100.100.200",
                    "192.0.0.192",
                    "0.1.2.3",
                    "224.0.0.1",
                    "240.0.0.1",
                    "255.255.255.255",
                    "fe80::1",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                    "ff02::1",
                    "::",
                    "::ffff:169.254.169.254",
                    "::ffff:0:169.254.169.254",
                    "::169.254.169.254",
                    "64:ff9b::169.254.169.254",
                    "64:ff9b:1::169.254.169.254",
                    "2002:a9fe:a9fe::",
                    "2001:0:1:2:3:4:5601:5601",
                ][..],
            ),
            (
                Place::Loopback,
                &["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"],
            ),
            (
                Place::Private,
                &[
                    "10.0.0.1",
                    "172.31.0.1",
                    "192.168.1.1",
                    "100.64.0.1",
                    "198.18.0.1",
                    "fc00::1",
                    "fec0::1",
                ],
            ),
            (
                Place::Public,
                &["1.1.1.1", "192.0.1.1", "100.128.0.1", "2606:4700::1111"],
            ),
        ] {
            for address in addresses {
                let found = Place::of_address(address.parse().unwrap());
                assert_eq!(found, place, "{address}");
            }
        }
    }

    #[tokio::test]
    async fn name_is_looked_up_and_opens_no_way_where_it_is_unknown() {
        let reached = async |text: &str| Place::reached(&Url::parse(text).unwrap()).await;
        assert_eq!(reached("https://10.0.0.1/").await, Some(Place::Private));
        assert_eq!(reached("https://localhost/").await, Some(Place::Loopback));
        assert_eq!(
            reached("https://unknown.invalid/").await,
            Some(Place::Public)
        );
    }
}
