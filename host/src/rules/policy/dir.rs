//! `HOST::GUEST[:rw]` grants.

use std::path::PathBuf;
use std::str::FromStr;

use super::error::GrantError;

/// `HOST::GUEST[:rw]`: a directory of the host, and the path under which the skill sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// The directory on this machine.
    pub host: PathBuf,
    /// The absolute path in the skill, without a trailing slash.
    pub guest: String,
    /// Whether the skill may write.
    pub writable: bool,
}

impl FromStr for DirGrant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let wrong = || GrantError::Dir(text.to_owned());
        let (host, rest) = text.rsplit_once("::").ok_or_else(wrong)?;
        let (guest, writable) = match rest.strip_suffix(":rw") {
            Some(guest) => (guest, true),
            None => (rest, false),
        };
        let guest = guest.trim_end_matches('/');
        let plain = guest
            .split('/')
            .skip(1)
            .all(|part| !part.is_empty() && part != "." && part != "..");
        if host.is_empty() || !rest.starts_with('/') || !plain || guest.contains(['\0', ':']) {
            return Err(wrong());
        }
        if guest == "/mcp-tools" || guest.starts_with("/mcp-tools/") {
            return Err(GrantError::Reserved(guest.to_owned()));
        }
        Ok(Self {
            host: PathBuf::from(host),
            guest: guest.to_owned(),
            writable,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn directories_are_read_only_unless_rw() {
        let read: DirGrant = "./data::/data".parse().unwrap();
        let write: DirGrant = "./data::/data/:rw".parse().unwrap();
        assert_eq!((read.guest.as_str(), read.writable), ("/data", false));
        assert_eq!((write.guest.as_str(), write.writable), ("/data", true));
    }

    #[test]
    fn guest_paths_are_absolute_plain_and_not_the_catalog() {
        for text in ["data", "a::b", "a::/b/../c", "a::/b//c", "::/x"] {
            assert_eq!(text.parse::<DirGrant>(), Err(GrantError::Dir(text.into())));
        }
        assert_eq!(
            "a::/mcp-tools/x".parse::<DirGrant>(),
            Err(GrantError::Reserved("/mcp-tools/x".into()))
        );
    }
}
