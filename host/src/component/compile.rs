//! Compiles components in a separate process, under a deadline and a memory bound. Fuel does not cover the cost of
//! compiling a hostile component, and a compiler that runs out of memory ends its process. The child runs no code of
//! the component, and receives only its bytes.

mod worker;

pub use worker::work;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::component::cache::{Cache, Functions};
use crate::component::engine::Engine;
use crate::component::skill::{CompileError, LoadError, Skill};

/// How components are compiled: the program that compiles them, and its bounds.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    arguments: Vec<OsString>,
    deadline: Duration,
    memory: u64,
}

/// The largest compiled form that the host accepts from the child, in bytes.
const MAX_CODE: u64 = 1 << 30;

/// Bytes of the child's last output.
const MAX_SAID: usize = 1_000;

impl Compiler {
    /// Uses a program that calls [`work`] when it is started with these arguments. The bounds are 120 s and 4 GiB.
    #[must_use]
    pub fn new(program: PathBuf, arguments: Vec<OsString>) -> Self {
        Self {
            program,
            arguments,
            deadline: Duration::from_secs(120),
            memory: 4 << 30,
        }
    }

    /// Sets the deadline, and the bound on the address space of the process in bytes.
    #[must_use]
    pub fn bounds(mut self, deadline: Duration, memory: u64) -> Self {
        self.deadline = deadline;
        self.memory = memory;
        self
    }

    /// Like [`Skill::load`], but compiles in a separate process. Dropping the future ends that process.
    ///
    /// # Errors
    ///
    /// Those of [`Skill::load`], and [`LoadError::Compile`].
    pub async fn load(
        &self,
        engine: &Engine,
        bytes: &[u8],
        cache: Option<&Cache>,
    ) -> Result<Skill, LoadError> {
        if let Some(cache) = cache
            && let Some(skill) = Skill::cached(engine, bytes, cache)?
        {
            return Ok(skill);
        }
        let footprint = Skill::check(bytes)?;
        let functions = cache.map(Cache::functions);
        let output = self
            .run(bytes, functions.as_ref())
            .await
            .map_err(LoadError::Compile)?;
        worker::read(engine, bytes, footprint, &output, cache)
    }

    async fn run(
        &self,
        bytes: &[u8],
        functions: Option<&Functions>,
    ) -> Result<Vec<u8>, CompileError> {
        let failed = |source| CompileError::Process {
            program: self.program.clone(),
            source,
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(self.memory.to_string())
            .arg(self.deadline.as_secs().to_string())
            .args(functions.map(Functions::path))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let feed = async {
            // A child that ends early closes its side; its status says why. The arguments of a process are no secret,
            // so the key goes this way.
            let key = functions.map_or(&[][..], |functions| functions.key());
            let _ = stdin.write_all(key).await;
            let _ = stdin.write_all(bytes).await;
            drop(stdin);
        };
        let (mut output, mut said) = (Vec::new(), Vec::new());
        let all = async {
            let (mut stdout, mut stderr) = (stdout.take(MAX_CODE), stderr.take(MAX_SAID as u64));
            let ((), code, words) = tokio::join!(
                feed,
                stdout.read_to_end(&mut output),
                stderr.read_to_end(&mut said)
            );
            code.and(words)?;
            child.wait().await
        };
        // The child bounds its CPU time itself, in case the parent stops waiting.
        let status = tokio::time::timeout(self.deadline, all)
            .await
            .map_err(|_| CompileError::TimedOut(self.deadline))?
            .map_err(failed)?;
        if !status.success() {
            return Err(CompileError::Died {
                status,
                memory: self.memory,
                said: words(&said),
            });
        }
        Ok(output)
    }
}

/// The child's output, on one line.
fn words(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    match text.trim() {
        "" => String::new(),
        text => format!(": {}", mcp_bridge::text::line(text)),
    }
}
