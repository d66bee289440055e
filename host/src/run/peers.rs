//! How a host function calls another skill of the same run. Says nothing of how such a skill runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use wasmtime::component::{ComponentExportIndex, Val};

/// The fuel of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fuel {
    /// What the caller has: it waits, and gets back what is left.
    Handed(u64),
    /// At most what the caller has, of what all such calls share: the caller goes on meanwhile.
    Shared(u64),
}

impl Fuel {
    /// The most that the call uses.
    pub(crate) fn most(self) -> u64 {
        match self {
            Self::Handed(fuel) | Self::Shared(fuel) => fuel,
        }
    }
}

/// The other skills of a run.
pub(crate) trait Peers: Send + Sync {
    /// CallTracker a function of the skill in this place. Gives the bytes of the account that its results
    /// take until they are in the caller, and how much fuel it used. Dropping the call ends it.
    fn call<'a>(
        self: Arc<Self>,
        place: usize,
        function: ComponentExportIndex,
        params: &'a [Val],
        results: &'a mut [Val],
        fuel: Fuel,
    ) -> BoxFuture<'a, (wasmtime::Result<usize>, u64)>;
}
