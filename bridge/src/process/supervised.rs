//! Whether servers run below a supervisor, and how one is started.
//! What it does is in `supervisor.rs`, and only Linux has it; what it says is in `said.rs`.

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

use super::said::Token;

/// The first argument of a program that is to supervise and not to do what it is there for.
const ASKED: &str = "--mcp-bridge-supervise-server";
/// The program as it runs, also where its file has been replaced since.
const PROGRAM: &str = "/proc/self/exe";
/// Asks a supervisor to end everything now.
pub(super) const END_NOW: Signal = Signal::USR1;

static SUPERVISES: AtomicBool = AtomicBool::new(false);

/// Starts every server from now on below a supervisor, which is this program, started again. No process of a server
/// survives then, not even one that has left its process group and session, and not even if this program is killed.
///
/// **Call this first in `main`**, before anything reads the arguments or starts a thread: in a program that was started
/// to supervise, this does not return. Without the call, and on systems other than Linux, a server is ended with its
/// process group, and a process that has left the group (`setsid`) survives.
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
