//! The child process of a stdio server, and everything that it starts in turn.
//! Guarantees that none of them outlives the [`Process`]; reads stderr, but leaves stdin and stdout
//! to the wire.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::timeout;

mod output;

use crate::config::Launch;
use crate::flood::{Admission, Flood};
use crate::once::once;
use crate::secret::Secrets;
use crate::text::is_shown;
pub(crate) use output::Output;

/// Variables of the host that a server gets without being named in its `env`.
pub(crate) const INHERITED: [&str; 8] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TMPDIR",
];

const SIGTERM: i32 = 15;
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

/// A running process group. Dropping it kills all of it.
pub(crate) struct Process {
    child: Child,
    end: watch::Receiver<Option<End>>,
    stderr: StderrTail,
    secrets: Secrets,
}

/// How the process ended: not at all known where the system did not say.
pub(crate) type End = Option<ExitStatus>;

type Child = Arc<Mutex<Box<dyn ChildWrapper>>>;
/// As the process wrote them: of most lines nobody wants to know more.
type StderrTail = Arc<Mutex<VecDeque<Vec<u8>>>>;

impl Process {
    /// Starts the process as the leader of a group of its own, with a cleared environment.
    pub(crate) fn spawn(
        server: &str,
        launch: &Launch,
    ) -> io::Result<(Self, Output<ChildStdout>, ChildStdin)> {
        let mut command = Command::new(&launch.command);
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
        if let Some(directory) = &launch.cwd {
            command.current_dir(directory);
        }
        let mut child = CommandWrap::from(command)
            .wrap(ProcessGroup::leader())
            .wrap(KillOnDrop)
            .spawn()?;
        let missing = || io::Error::other("the child has no pipe");
        let stdin = child.stdin().take().ok_or_else(missing)?;
        let stdout = child.stdout().take().ok_or_else(missing)?;
        let stderr = child.stderr().take().ok_or_else(missing)?;

        let (say_gone, gone) = once();
        let stdout = Output::new(stdout, gone.clone());
        let stderr = Output::new(stderr, gone);

        let tail = StderrTail::default();
        let secrets = Secrets::of_process(launch);
        let reading = tokio::spawn(keep_tail(
            server.to_owned(),
            stderr,
            Arc::clone(&tail),
            secrets.clone(),
        ));
        let child = Arc::new(Mutex::new(child));
        let (report, end) = watch::channel(None);
        let watched = Arc::clone(&child);
        tokio::spawn(async move {
            let status = exit_status(&watched).await;
            // What the leader has started would hold the pipes open, and outlive the server.
            kill_group(&watched);
            // Nobody listens any more where both pipes have been closed.
            let _ = say_gone.send(());
            // The last words are often still in the pipe when the process is gone.
            let _ = reading.await;
            report.send_replace(Some(status.ok()));
        });
        Ok((
            Self {
                child,
                end,
                stderr: tail,
                secrets,
            },
            stdout,
            stdin,
        ))
    }

    /// Waits until the process has ended by itself. Its last words are complete then.
    pub(crate) async fn ended(&self) -> End {
        // A closed channel means that the runtime is shutting down and took the watching task away.
        self.end
            .clone()
            .wait_for(Option::is_some)
            .await
            .map_or(None, |end| end.flatten())
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// The last lines on stderr so far.
    pub(crate) fn stderr(&self) -> Vec<String> {
        let tail = lock(&self.stderr);
        tail.iter().map(|line| shown(line, &self.secrets)).collect()
    }

    /// Ends the whole group: a process that does not end by itself, now that its stdin is closed,
    /// is asked to, and then killed.
    pub(crate) async fn stop(self) {
        if timeout(GRACE_AFTER_CLOSE, self.ended()).await.is_ok() {
            return;
        }
        // An error says that the process is gone, which is what we want.
        let _ = lock(&self.child).signal(SIGTERM);
        if timeout(GRACE_AFTER_TERM, self.ended()).await.is_ok() {
            return;
        }
        kill_group(&self.child);
        self.ended().await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.end.borrow().is_some() {
            return;
        }
        kill_group(&self.child);
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

/// Reads stderr to its end: each line becomes an event, and the last ones are kept.
async fn keep_tail(
    server: String,
    mut stderr: impl AsyncRead + Unpin,
    tail: StderrTail,
    secrets: Secrets,
) {
    let mut chunk = [0; 4096];
    let mut line = Vec::new();
    let mut flood = Flood::new(STDERR_EVENTS_PER_SECOND, Instant::now());
    let mut finish = |line: &mut Vec<u8>| {
        if line.trim_ascii().is_empty() {
            line.clear();
            return;
        }
        if let Admission::Passed { dropped } = flood.admit(Instant::now()) {
            if dropped > 0 {
                tracing::warn!(server, dropped, "server wrote too many lines to stderr");
            }
            let text = shown(line, &secrets);
            tracing::debug!(target: "mcp_bridge::server_stderr", server, "{text}");
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
                _ if line.len() < STDERR_LINE_BYTES => line.push(byte),
                // The rest of an endless line is read, so that the writer never blocks, and dropped.
                _ => {}
            }
        }
        // Whoever writes without end must not keep others from their turn.
        yield_now().await;
    }
    finish(&mut line);
}

/// A line as it may be shown: what the server was given in confidence must not come back in it.
fn shown(line: &[u8], secrets: &Secrets) -> String {
    secrets.hide(&printable(line)).into_owned()
}

/// Foreign bytes as one line, with blanks in place of what [`crate::text`] does not show.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown: String = text
        .chars()
        .map(|letter| if is_shown(letter) { letter } else { ' ' })
        .collect();
    shown.trim_end().to_owned()
}
