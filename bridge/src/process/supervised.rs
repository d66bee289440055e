//! Whether servers run below a supervisor, how one is started, and what it says.
//! What it does is in `supervisor.rs`, and only Linux has it.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

/// The first argument of a program that is to supervise and not to do what it is there for.
const ASKED: &str = "--mcp-bridge-supervise-server";
/// The program as it runs, also where its file has been replaced since.
const PROGRAM: &str = "/proc/self/exe";
/// Asks a supervisor to end everything now.
pub(super) const END_NOW: Signal = Signal::USR1;
/// What it says: a word and a number.
pub(super) const NOT_STARTED: &str = "not-started";
pub(super) const ENDED: &str = "ended";

static SUPERVISES: AtomicBool = AtomicBool::new(false);

/// From now on, every server is started below a supervisor, which is this program, started again: nothing of a server
/// survives then, not even what has left its process group and session, and not even if this program is killed.
///
/// **Call this first in `main`**, before anything reads the arguments or starts a thread: where the program was started to
/// supervise, this does it, and does not return. Without the call, and on systems other than Linux, a server is ended
/// with its process group, and what has left that (`setsid`) survives.
pub fn supervise_servers() {
    #[cfg(target_os = "linux")]
    {
        let mut args = std::env::args_os().skip(1);
        if args.next().is_some_and(|first| first == ASKED) {
            std::process::exit(super::supervisor::supervise(args));
        }
        // Without `/proc` the program cannot be found again, nor what the server has started.
        SUPERVISES.store(Path::new(PROGRAM).exists(), Ordering::Relaxed);
    }
}

/// What a supervisor says at the end of the server's stderr, after a word that the server does not know.
pub(super) struct Token(String);

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

/// The program to start in place of the server, with the arguments that go before the server's own command.
pub(super) fn wrapped() -> Option<(&'static str, [OsString; 3], Token)> {
    if !SUPERVISES.load(Ordering::Relaxed) {
        return None;
    }
    let word = RandomState::new().hash_one(PROGRAM);
    let token = format!("{word:016x}");
    let program = std::process::id().to_string();
    let args = [ASKED.into(), token.clone().into(), program.into()];
    Some((PROGRAM, args, Token(token)))
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
