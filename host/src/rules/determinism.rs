//! Fixed random numbers and clocks, which make a run repeatable. `wasi` builds generators and clocks from them.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, SystemTime};

/// The fixed inputs of a run. A field that is `None` comes from the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Determinism {
    /// Seeds every random number that the skill gets.
    pub seed: Option<u64>,
    /// The fixed time of the wall clock. The monotonic clock then advances by a millisecond with each reading.
    pub clock: Option<SystemTime>,
}

impl Determinism {
    /// The same, with a drawn seed and the current time for the fields that are `None`: a run under it can be repeated.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn complete(self) -> std::io::Result<Self> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => u64::from_le_bytes(random()?),
        };
        let clock = self.clock.unwrap_or_else(whole_second);
        Ok(Self {
            seed: Some(seed),
            clock: Some(clock),
        })
    }
}

/// Random bytes of the OS.
///
/// # Errors
///
/// When the OS has none.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Now, to the second: the recorded value is the value in use.
fn whole_second() -> SystemTime {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}
