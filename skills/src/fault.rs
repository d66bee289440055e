//! The points of a save at which a test kills the process or fills the disk. A program that is no test has none.

#[cfg(not(test))]
pub(crate) fn point() -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use armed::{disarm, fill_at, point};

#[cfg(test)]
mod armed {
    use std::cell::Cell;
    use std::io;

    thread_local! {
        static FULL_AT: Cell<Option<u32>> = const { Cell::new(None) };
        static REFUSED: Cell<bool> = const { Cell::new(false) };
    }

    /// Kills this process at the point of the number in this variable, from 0.
    const KILL_AT: &str = "MCP_SKILLS_KILL_AT";

    /// From the point of this number on, the disk is full in this thread.
    pub(crate) fn fill_at(at: u32) {
        FULL_AT.set(Some(at));
    }

    /// The disk has room again. Whether the point was reached.
    pub(crate) fn disarm() -> bool {
        FULL_AT.set(None);
        REFUSED.take()
    }

    pub(crate) fn point() -> io::Result<()> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static PASSED: AtomicU32 = AtomicU32::new(0);
        if let Ok(at) = std::env::var(KILL_AT)
            && at == PASSED.fetch_add(1, Ordering::SeqCst).to_string()
        {
            let me = rustix::process::getpid();
            let _ = rustix::process::kill_process(me, rustix::process::Signal::KILL);
        }
        match FULL_AT.get() {
            None => Ok(()),
            Some(0) => {
                REFUSED.set(true);
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(left) => {
                FULL_AT.set(Some(left - 1));
                Ok(())
            }
        }
    }
}
