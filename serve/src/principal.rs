//! Who asks: a user whom an authorization server knows. Checks no token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mcp_host::RunOwner;

/// What the ids of users are derived with: no other hash of this program gives them.
const DOMAIN: &str = "mcp-host 2026-11-30 serve: id of a principal";

/// A subject of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    id: [u8; 32],
    issuer: Arc<str>,
    subject: Arc<str>,
}

/// Who asks, and the scope by which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    /// The scope whose policy is in force. `None`: no scope is configured.
    pub(crate) scope: Option<Arc<str>>,
    /// How long the token is good from now on.
    pub(crate) left: Duration,
}

impl Principal {
    /// The subject that this issuer calls so.
    #[must_use]
    pub fn new(issuer: &str, subject: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
        // The length keeps the two apart.
        hasher.update(&(issuer.len() as u64).to_le_bytes());
        hasher.update(issuer.as_bytes());
        hasher.update(subject.as_bytes());
        Self {
            id: hasher.finalize().into(),
            issuer: issuer.into(),
            subject: subject.into(),
        }
    }

    /// What tells this principal from all others.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        self.id
    }

    /// The id as 64 hexadecimal digits: a name for a directory, whatever the subject is.
    #[must_use]
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.id).to_hex().to_string()
    }

    /// As the description of a run has it.
    pub(crate) fn owner(&self) -> RunOwner {
        RunOwner {
            id: self.hex(),
            name: self.to_string(),
        }
    }
}

impl fmt::Display for Principal {
    /// `ann of https://id.example.com`: an issuer has no blank in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = mcp_bridge::text::line(&self.subject);
        write!(f, "{subject} of {}", self.issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_subjects_or_two_issuers_are_two_principals() {
        let ann = Principal::new("https://a", "ann");
        assert_eq!(ann, Principal::new("https://a", "ann"));
        assert_eq!(ann.to_string(), "ann of https://a");
        for other in [
            Principal::new("https://a", "bob"),
            Principal::new("https://b", "ann"),
            // The same letters in a row.
            Principal::new("https://", "aann"),
            Principal::new("https://aa", "nn"),
        ] {
            assert_ne!(ann.id(), other.id(), "{other}");
        }
    }

    #[test]
    fn a_subject_is_no_path_and_no_line() {
        let hostile = Principal::new("https://a", "../../x\n/\u{1b}[31m");
        assert!(hostile.hex().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(hostile.hex().len(), 64);
        assert!(!hostile.to_string().contains(['\n', '\u{1b}']), "{hostile}");
    }
}
