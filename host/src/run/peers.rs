//! How a host function calls another skill of the same run. Does not know how that skill runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use wasmtime::component::{ComponentExportIndex, Val};

/// The fuel of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fuel {
    /// The caller's fuel: the caller waits, and gets back what is left.
    Handed(u64),
    /// Fuel shared by all such calls, but at most what the caller has: the caller continues meanwhile.
    Shared(u64),
}

impl Fuel {
    /// The most fuel that the call can use.
    pub(crate) fn most(self) -> u64 {
        match self {
            Self::Handed(fuel) | Self::Shared(fuel) => fuel,
        }
    }
}

/// The other skills of a run.
pub(crate) trait Peers: Send + Sync {
    /// Calls a function of the skill at this index. Returns the bytes of the account that its results take until the
    /// caller has them, and the fuel that it used. Dropping the call ends it.
    fn call<'a>(
        self: Arc<Self>,
        place: usize,
        function: ComponentExportIndex,
        params: &'a [Val],
        results: &'a mut [Val],
        fuel: Fuel,
    ) -> BoxFuture<'a, (wasmtime::Result<usize>, u64)>;
}
