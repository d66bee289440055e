//! What a supervisor says to the program about the end of a server: one line on the server's stderr.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// What it says: a word and a number.
pub(super) const NOT_STARTED: &str = "not-started";
pub(super) const ENDED: &str = "ended";

/// What a supervisor says at the end of the server's stderr, after a word that the server does not know.
pub(super) struct Token(pub(super) String);

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The server could not be started: the error of the system.
    NotStarted(i32),
    /// The server ended in a way that its supervisor cannot end in.
    Ended(i32),
}

impl Token {
    /// What a line of stderr says, if it is the supervisor's.
    pub(super) fn said(&self, line: &[u8]) -> Option<Said> {
        let said = line.strip_prefix(self.0.as_bytes())?;
        let mut words = std::str::from_utf8(said).ok()?.split_ascii_whitespace();
        let (what, number) = (words.next()?, words.next()?.parse().ok()?);
        match what {
            NOT_STARTED => Some(Said::NotStarted(number)),
            ENDED => Some(Said::Ended(number)),
            _ => None,
        }
    }
}

impl Said {
    pub(super) fn status(self) -> Option<ExitStatus> {
        match self {
            Self::NotStarted(_) => None,
            Self::Ended(raw) => Some(ExitStatus::from_raw(raw)),
        }
    }

    pub(super) fn not_started(self) -> Option<io::Error> {
        match self {
            Self::NotStarted(code) => Some(io::Error::from_raw_os_error(code)),
            Self::Ended(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_with_the_token_is_the_supervisors() {
        let token = Token("0123456789abcdef".to_owned());
        let said = |line: &str| token.said(line.as_bytes());
        assert_eq!(said("0123456789abcdef ended 9"), Some(Said::Ended(9)));
        let not_started = said("0123456789abcdef not-started 2");
        assert_eq!(not_started, Some(Said::NotStarted(2)));
        for line in [
            "ended 9",
            "0123456789abcdef",
            "0123456789abcdef ended x",
            "x ended 9",
        ] {
            assert_eq!(said(line), None, "{line}");
        }
    }
}
