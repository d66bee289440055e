//! The child process of a stdio server, and everything that it starts in turn.
//! Guarantees that none of them outlives the [`Process`]: of all of them below a supervisor, of those in its process
//! group without one. Reads stderr, but leaves stdin and stdout to the transport.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::timeout;

mod output;
mod said;
mod supervised;
#[cfg(target_os = "linux")]
mod supervisor;

use crate::config::{INHERITED, Launch};
use crate::one_shot::OneShot;
use crate::secret::{Secrets, kept_for};
use crate::text::sanitize;
use crate::throttle::{EventThrottle, Throttle};
pub(crate) use output::Output;
use said::{Said, Token};
use supervised::END_NOW;
pub use supervised::supervise_servers;

/// How long a server may take to end by itself once its stdin is closed.
const GRACE_AFTER_CLOSE: Duration = Duration::from_millis(200);
/// How long it may then take to end when asked to.
const GRACE_AFTER_TERM: Duration = Duration::from_millis(500);
/// How long a killed process may take to be reaped by a `drop`, which cannot wait for long.
const REAP_ON_DROP: Duration = Duration::from_millis(50);
/// How soon after the kill that is looked at first; each further look is after twice the time.
const SHORTEST_LOOK: Duration = Duration::from_micros(50);

const STDERR_LINES: usize = 20;
const STDERR_LINE_BYTES: usize = 500;
/// How many lines become events in a second; the last lines are kept all the same.
const STDERR_EVENTS_PER_SECOND: u32 = 200;

/// How long a supervisor may take to end everything. It gives up earlier by itself.
const LONGEST_END: Duration = Duration::from_secs(6);

/// A running server with all that it has started. Dropping it kills all of it.
pub(crate) struct Process {
    child: Child,
    /// The child is a supervisor.
    supervised: bool,
    said: SaidSoFar,
    end: watch::Receiver<Option<End>>,
    stderr: StderrTail,
    secrets: Secrets,
}

/// How the process ended; `None` where the OS does not say.
pub(crate) type End = Option<ExitStatus>;

type Child = Arc<Mutex<Box<dyn ChildWrapper>>>;
/// As the process wrote them. They are sanitized when an error shows them, which is rare.
type StderrTail = Arc<Mutex<VecDeque<Vec<u8>>>>;
/// What the supervisor said.
type SaidSoFar = Arc<Mutex<Option<Said>>>;

impl Process {
    /// Starts the process as the leader of a group of its own, with a cleared environment.
    pub(crate) fn spawn(
        server: &str,
        launch: &Launch,
        secrets: Secrets,
    ) -> io::Result<(Self, Output<ChildStdout>, ChildStdin)> {
        let (mut command, token) = command(launch);
        let supervised = token.is_some();
        let mut child = command.spawn()?;
        let missing = || io::Error::other("the child has no pipe");
        let stdin = child.stdin().take().ok_or_else(missing)?;
        let stdout = child.stdout().take().ok_or_else(missing)?;
        let stderr = child.stderr().take().ok_or_else(missing)?;

        let (set_gone, gone) = OneShot::new();
        let stdout = Output::new(stdout, gone.clone());
        let stderr = Output::new(stderr, gone);

        let tail = StderrTail::default();
        let said = SaidSoFar::default();
        let stderr_log = StderrLog {
            server: server.to_owned(),
            tail: Arc::clone(&tail),
            secrets: secrets.clone(),
            token,
            said: Arc::clone(&said),
        };
        let reading = tokio::spawn(keep_tail(stderr, stderr_log));
        let child = Arc::new(Mutex::new(child));
        let (report, end) = watch::channel(None);
        let watched = Arc::clone(&child);
        let heard = Arc::clone(&said);
        tokio::spawn(async move {
            let status = exit_status(&watched).await;
            // What the leader has started would hold the pipes open, and outlive the server.
            kill_group(&watched);
            set_gone.set();
            // The last output is often still in the pipe when the process is gone.
            let _ = reading.await;
            let reported = lock(&heard).and_then(Said::status);
            report.send_replace(Some(reported.or(status.ok())));
        });
        Ok((
            Self {
                child,
                supervised,
                said,
                end,
                stderr: tail,
                secrets,
            },
            stdout,
            stdin,
        ))
    }

    /// Waits until the process has ended. Its last output is complete then.
    pub(crate) async fn ended(&self) -> End {
        // A closed channel means that the runtime is shutting down and took the watching task away.
        self.end
            .clone()
            .wait_for(Option::is_some)
            .await
            .map_or(None, |end| end.flatten())
    }

    /// Why the server could not be started, where that was seen only below its supervisor.
    pub(crate) fn not_started(&self) -> Option<io::Error> {
        lock(&self.said).and_then(Said::not_started)
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// The last lines on stderr so far, with the secrets of the server hidden.
    pub(crate) fn stderr(&self) -> Vec<String> {
        // A secret of several lines is one, in whatever lines it comes.
        let text = lock(&self.stderr).make_contiguous().join(&b'\n');
        let hidden = self.secrets.hide_bytes(&text);
        hidden
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .map(|line| cut(sanitize(line), STDERR_LINE_BYTES))
            .collect()
    }

    /// Ends the server and all that it has started: a process that does not end by itself, now that its stdin is
    /// closed, is asked to, and then killed.
    pub(crate) async fn stop(self) {
        if timeout(GRACE_AFTER_CLOSE, self.ended()).await.is_ok() {
            return;
        }
        // An error says that the process is gone, which is what we want.
        let _ = lock(&self.child).signal(Signal::TERM.as_raw());
        if timeout(GRACE_AFTER_TERM, self.ended()).await.is_ok() {
            return;
        }
        self.kill();
        if timeout(LONGEST_END, self.ended()).await.is_err() {
            kill_group(&self.child);
            self.ended().await;
        }
    }

    /// Kills all of it, or asks the supervisor to.
    fn kill(&self) {
        if !self.supervised {
            return kill_group(&self.child);
        }
        let child = lock(&self.child);
        // Without a number it has been reaped.
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have been stopped.
            let _ = kill_process(pid, Signal::CONT);
            let _ = kill_process(pid, END_NOW);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.end.borrow().is_some() {
            return;
        }
        self.kill();
        // The watching task reaps the process, unless its runtime is gone or about to go. Most are dead
        // within a fraction of a millisecond, and the end of the whole program may wait for this.
        let begun = Instant::now();
        let mut step = SHORTEST_LOOK;
        while begun.elapsed() < REAP_ON_DROP {
            match lock(&self.child).inner_mut().try_wait() {
                Ok(None) => thread::sleep(step),
                Ok(Some(_)) | Err(_) => return,
            }
            step *= 2;
        }
    }
}

/// The command to start: the server, or a supervisor that starts it and speaks with this token.
fn command(launch: &Launch) -> (CommandWrap, Option<Token>) {
    let (mut command, token) = match supervised::wrapped() {
        Some((program, args, token)) => {
            let mut command = Command::new(program);
            command.args(args).arg(&launch.command);
            (command, Some(token))
        }
        None => (Command::new(&launch.command), None),
    };
    command
        .args(&launch.args)
        .env_clear()
        .envs(
            INHERITED
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .envs(
            launch
                .env
                .iter()
                .map(|(name, value)| (name, value.expose_secret())),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in &launch.unset {
        command.env_remove(name);
    }
    if let Some(directory) = &launch.cwd {
        command.current_dir(directory);
    }
    let mut command = CommandWrap::from(command);
    command.wrap(ProcessGroup::leader());
    // A supervisor that is killed leaves everything behind. It ends with this program, and by `Process::drop`.
    if token.is_none() {
        command.wrap(KillOnDrop);
    }
    (command, token)
}

/// Waits for the leader without holding the lock, so that it can be signalled meanwhile.
async fn exit_status(child: &Child) -> io::Result<ExitStatus> {
    // The innermost child's `wait` keeps its state in the child, so a new future may poll it.
    poll_fn(|context| lock(child).inner_mut().wait().as_mut().poll(context)).await
}

fn kill_group(child: &Child) {
    // An error says that no process of the group is left.
    let _ = lock(child).start_kill();
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the lines of stderr go.
struct StderrLog {
    server: String,
    tail: StderrTail,
    secrets: Secrets,
    token: Option<Token>,
    said: SaidSoFar,
}

/// Reads stderr to its end: each line becomes an event, and the last ones are kept.
async fn keep_tail(mut stderr: impl AsyncRead + Unpin, log: StderrLog) {
    let StderrLog {
        server,
        tail,
        secrets,
        token,
        said,
    } = log;
    let mut chunk = [0; 4096];
    let mut line = Vec::new();
    let mut throttle = EventThrottle::new(STDERR_EVENTS_PER_SECOND, Instant::now());
    let mut finish = |line: &mut Vec<u8>| {
        if line.trim_ascii().is_empty() {
            line.clear();
            return;
        }
        if let Some(found) = token.as_ref().and_then(|token| token.said(line)) {
            *lock(&said) = Some(found);
            line.clear();
            return;
        }
        if let Throttle::Pass { dropped } = throttle.admit(Instant::now()) {
            if dropped > 0 {
                tracing::warn!(server, dropped, "server wrote too many lines to stderr");
            }
            let text = secrets.sanitize(line, STDERR_LINE_BYTES);
            tracing::debug!(target: "server", server, "{text}");
        }
        let mut tail = lock(&tail);
        let mut oldest = Vec::new();
        if tail.len() == STDERR_LINES {
            oldest = tail.pop_front().unwrap_or_default();
            oldest.clear();
        }
        tail.push_back(mem::replace(line, oldest));
    };
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        for &byte in &chunk[..length] {
            match byte {
                b'\n' => finish(&mut line),
                _ if line.len() < kept_for(STDERR_LINE_BYTES) => line.push(byte),
                // The rest of an endless line is read, so that the writer never blocks, and dropped.
                _ => {}
            }
        }
        // A server that writes without end must not starve other tasks.
        yield_now().await;
    }
    finish(&mut line);
}

fn cut(mut line: String, most: usize) -> String {
    line.truncate(line.floor_char_boundary(most));
    line
}
