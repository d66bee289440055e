//! The log as a program has it: entries go to a thread that writes them. No entry fails its caller.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mcp_bridge::with_causes;

use crate::append::Appender;
use crate::entry::Entry;
use crate::files::Kept;
use crate::queue::{Flushed, Queue};

/// The log could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The last lines are lost.
    #[error("the audit log cannot be written: {0}")]
    Failed(String),
    /// The disk, or the process that holds the lock of the log, takes too long.
    #[error("the audit log was not written within {0:?}")]
    TimedOut(Duration),
}

/// The log of one process.
pub struct Log {
    queue: Arc<Queue>,
}

impl Log {
    /// A log in this directory. Reads and writes nothing before the first entry.
    #[must_use]
    pub fn open(dir: PathBuf, kept: Kept) -> Self {
        let queue = Arc::new(Queue::default());
        let lines = Arc::clone(&queue);
        let writer = std::thread::Builder::new().name("audit".to_owned());
        let spawned = writer.spawn(move || write(&lines, Appender::new(dir, kept)));
        if let Err(error) = spawned {
            tracing::warn!(%error, "there is no audit log: its thread does not start");
            queue.close();
        }
        Self { queue }
    }

    /// Appends an entry, some milliseconds later.
    pub fn append(&self, entry: Entry) {
        // A line that is lost is counted, and the count is written later.
        let _ = self.queue.put(entry.body(), false);
    }

    /// Appends an entry at once. The caller does not wait for the disk. `false`: the entry is lost, whatever
    /// [`Self::flush`] says of the others.
    pub fn append_now(&self, entry: Entry) -> bool {
        self.queue.put(entry.body(), true)
    }

    /// Waits until all entries so far are written.
    ///
    /// # Errors
    ///
    /// [`LogError::Failed`] where the last of them were not, and [`LogError::TimedOut`].
    pub fn flush(&self, patience: Duration) -> Result<(), LogError> {
        match self.queue.flush(patience) {
            Flushed::Written => Ok(()),
            Flushed::Failed(error) => Err(LogError::Failed(error)),
            Flushed::TimedOut => Err(LogError::TimedOut(patience)),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A failure costs the lines, and is logged once in each process.
fn write(queue: &Queue, mut appender: Appender) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    while let Some(batch) = queue.take() {
        let error = appender.append(&batch.lines, batch.lost).err();
        let error = error.map(|error| with_causes(&error));
        if let Some(error) = &error
            && !WARNED.swap(true, Ordering::Relaxed)
        {
            let dir = appender.dir().display();
            tracing::warn!(%dir, error, "lines of the audit log are lost");
        }
        queue.done(&batch, error);
    }
}
