//! A process between the program and a server, on Linux: it adopts whatever the server leaves behind, and ends when
//! nothing of the server is left.
//!
//! It is the program itself, started again. Everything that the server starts descends from it, also after `setsid` and
//! double forks (`PR_SET_CHILD_SUBREAPER`), and nothing else does. So it may kill all that it finds below it, and the
//! program's own children are never touched. It ends everything as soon as the server has ended, the program asks for
//! it, or the program is gone, be it by SIGKILL. A server that wants to can kill it: it has the same user.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpgid, getpid, getppid, kill_process,
    kill_process_group, pidfd_open, set_child_subreaper, wait,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::said::{ENDED, NOT_STARTED};

/// How long a killed process may take to end. One that is stuck in the kernel cannot be waited for.
const LONGEST_DEATH: Duration = Duration::from_secs(5);
/// How often it is looked whether the program lives, where the system does not tell.
const LOOK_AFTER_PROGRAM: Duration = Duration::from_millis(200);

/// The exit code of the server.
pub(super) fn supervise(mut args: impl Iterator<Item = OsString>) -> i32 {
    const WRONG_USE: i32 = 2;
    let token = args.next();
    let program = args.next().and_then(|pid| pid.to_str()?.parse().ok());
    let (Some(token), Some(program), Some(command)) =
        (token, program.and_then(Pid::from_raw), args.next())
    else {
        return WRONG_USE;
    };
    let mut server = Command::new(command);
    // A group of its own: what the server sends to its group is not for the supervisor.
    server.args(args).process_group(0);
    let supervised = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|runtime| runtime.block_on(supervised(&mut server, program)));
    match supervised {
        Ok(Some(status)) => status.code().unwrap_or_else(|| {
            say(&token, ENDED, status.into_raw());
            128 + status.signal().unwrap_or_default()
        }),
        Ok(None) => 0,
        Err(error) => {
            let code = error.raw_os_error();
            say(
                &token,
                NOT_STARTED,
                code.unwrap_or(Errno::INVAL.raw_os_error()),
            );
            127
        }
    }
}

/// A line of its own behind what the server wrote.
fn say(token: &OsStr, what: &str, number: i32) {
    let token = token.to_string_lossy();
    // An error says that the program is gone.
    let _ = writeln!(io::stderr(), "\n{token} {what} {number}");
}

/// Starts the server and stays until nothing of it is left. How it ended; an error where it did not start.
async fn supervised(server: &mut Command, program: Pid) -> io::Result<Option<ExitStatus>> {
    set_child_subreaper(Some(getpid()))?;
    let mut ended = signal(SignalKind::child())?;
    let mut end_now = signal(SignalKind::user_defined1())?;
    let mut asked = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut gone = gone(program);
    let child = server.spawn()?;
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Ok(None);
    };
    // Only the server and the program are at the ends of the pipes. The last output goes to stderr all the same.
    release_stdin_and_stdout();
    let mut family = Family {
        server: pid,
        status: None,
    };
    loop {
        // An error says that whom the signal is for has just ended.
        tokio::select! {
            _ = ended.recv() => {}
            _ = end_now.recv() => break,
            _ = &mut gone => break,
            // The program asks the server to end. It is not reaped yet, so the group is still its own.
            _ = asked.recv() => drop(kill_process_group(pid, Signal::TERM)),
            // What a server sends to its parent is for the program.
            _ = interrupted.recv() => if getppid() == Some(program) {
                let _ = kill_process(program, Signal::INT);
            },
            // The end of a terminal is not the end of the program, which may ignore the signal.
            _ = hung_up.recv() => {}
        }
        family.reap();
        if family.status.is_some() {
            break;
        }
    }
    family.end();
    Ok(family.status)
}

/// Resolves when the program is gone.
fn gone(program: Pid) -> oneshot::Receiver<()> {
    let (say, hear) = oneshot::channel();
    thread::spawn(move || {
        let pidfd = pidfd_open(program, PidfdFlags::empty());
        // When the program ends, another process adopts this one.
        while getppid() == Some(program) {
            match &pidfd {
                Ok(pidfd) => {
                    // Interrupted or not, the parent is looked at again.
                    let _ = poll(&mut [PollFd::new(pidfd, PollFlags::IN)], None);
                }
                Err(_) => thread::sleep(LOOK_AFTER_PROGRAM),
            }
        }
        // The supervisor may have ended meanwhile.
        let _ = say.send(());
    });
    hear
}

fn release_stdin_and_stdout() {
    // Without `/dev/null` the server's own end of a pipe is seen only when it ends.
    if let Ok(null) = fs::File::options().read(true).write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

/// The server and all that descends from it: every child of this process is one of them.
struct Family {
    server: Pid,
    /// How the server ended, when it has.
    status: Option<ExitStatus>,
}

impl Family {
    /// Takes note of all that have ended. Whether some are left.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if pid == self.server && self.status.is_none() {
                        self.status = Some(ExitStatus::from_raw(status.as_raw()));
                    }
                }
                Ok(None) => return true,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Kills all of them. Those whose parents die become children of this process, and are killed in the next round.
    fn end(&mut self) {
        let begun = Instant::now();
        let mut pause = Duration::from_micros(50);
        while self.reap() {
            if begun.elapsed() > LONGEST_DEATH {
                return;
            }
            // A child that has ended is not reaped in between, so its number is not another process's.
            for child in children() {
                if let Ok(group) = getpgid(Some(child))
                    && (group == child || group == self.server)
                {
                    // A process cannot fork away from under the death of its group.
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = kill_process(child, Signal::KILL);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }
}

/// The processes whose parent this one is.
fn children() -> Vec<Pid> {
    let mut listed = String::new();
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    for thread in threads.flatten() {
        if let Ok(children) = fs::read_to_string(thread.path().join("children")) {
            listed.push_str(&children);
            listed.push(' ');
        }
    }
    if !listed.trim().is_empty() {
        return listed.split_whitespace().filter_map(number).collect();
    }
    // Not every kernel lists them.
    let me = getpid();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| number(entry.file_name().to_str()?))
        .filter(|pid| parent(*pid) == Some(me))
        .collect()
}

fn number(text: &str) -> Option<Pid> {
    text.parse().ok().and_then(Pid::from_raw)
}

/// The second field after the name in parentheses, which may hold anything.
fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    number(fields.split(' ').nth(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_of_a_process_is_found() {
        assert_eq!(parent(getpid()), getppid());
    }
}
