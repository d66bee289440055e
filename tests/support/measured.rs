//! The resources of a process, measured from outside: memory, CPU time, wall clock.

use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How a process ended, and the resources that it used.
#[derive(Debug)]
pub struct Measured {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Whether this function killed it, because it ran too long or grew too large.
    pub killed: bool,
    /// The first [`KEPT`] bytes of its standard output.
    pub stdout: String,
    /// The last [`TAIL`] bytes of its standard output, if that is longer than [`KEPT`].
    pub tail: String,
    /// The first [`KEPT`] bytes of its standard error.
    pub stderr: String,
    /// Bytes that it wrote to both.
    pub written: u64,
    /// The most resident memory, in bytes.
    pub peak: u64,
    /// CPU time of all its threads.
    pub cpu: Duration,
    /// From start to end.
    pub wall: Duration,
}

/// Bytes of each stream that are kept.
pub const KEPT: u64 = 64 << 20;

/// Bytes kept from the end of a longer stream.
pub const TAIL: usize = 4 << 10;

/// A process that reaches this is killed, so that a bug does not take down the machine.
const CEILING: u64 = 1 << 30;

/// Clock ticks of a second, as `/proc` counts them on every Linux.
const TICKS: u64 = 100;

/// Runs the command to its end, and kills it after `patience`. It gets no input unless the command names one.
pub fn measured(command: &mut Command, patience: Duration) -> Measured {
    let start = Instant::now();
    let name = started_name(command);
    let mut child = command
        // With it each error captures a backtrace, and the unwind tables of a debug build are megabytes.
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = drain(child.stdout.take().unwrap());
    let stderr = drain(child.stderr.take().unwrap());
    let proc = format!("/proc/{}", child.id());
    let (mut peak, mut cpu, mut killed) = (0, Duration::ZERO, false);
    let status: ExitStatus = loop {
        // The kernel keeps the highest value itself, so only the last millisecond can be missed.
        if let Ok(status) = std::fs::read_to_string(format!("{proc}/status"))
            && status.starts_with(&name)
        {
            peak = peak.max(high_water(&status).unwrap_or(0));
        }
        if let Ok(stat) = std::fs::read_to_string(format!("{proc}/stat")) {
            cpu = cpu.max(processor_time(&stat).unwrap_or_default());
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if !killed && (peak > CEILING || start.elapsed() > patience) {
            killed = true;
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(1));
    };
    let wall = start.elapsed();
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    Measured {
        code: status.code(),
        killed,
        written: stdout.written + stderr.written,
        stdout: stdout.head,
        tail: stdout.tail,
        stderr: stderr.head,
        peak,
        cpu,
        wall,
    }
}

/// The first line of `status` of the started program. Until then, the child has the memory of this process.
fn started_name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name();
    let program = program.unwrap_or_default().to_string_lossy();
    let name: String = program.chars().take(15).collect();
    format!("Name:\t{name}\n")
}

/// What was read from one stream.
struct Drained {
    head: String,
    tail: String,
    written: u64,
}

/// Reads to the end and keeps the beginning, and a little of the end.
fn drain(mut stream: impl Read + Send + 'static) -> JoinHandle<Drained> {
    thread::spawn(move || {
        let mut head = Vec::new();
        let _ = stream.by_ref().take(KEPT).read_to_end(&mut head);
        let mut written = head.len() as u64;
        let (mut tail, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            written += read as u64;
            tail.extend_from_slice(&chunk[..read]);
            tail.drain(..tail.len().saturating_sub(TAIL));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Drained {
            head: text(&head),
            tail: text(&tail),
            written,
        }
    })
}

/// `VmHWM:   123 kB`
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Fields 14 and 15 of `stat`, counted after the name in parentheses.
fn processor_time(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1000 / TICKS))
}
