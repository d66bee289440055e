//! How a host function calls another skill of the same run. Says nothing of how such a skill runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use wasmtime::component::{ComponentExportIndex, Val};

/// The other skills of a run.
pub(crate) trait Peers: Send + Sync {
    /// Calls a function of the skill in this place with this much fuel. Gives the bytes of the account that its results
    /// take until they are in the caller, and how much fuel it used. Dropping the call ends it.
    fn call<'a>(
        self: Arc<Self>,
        place: usize,
        function: ComponentExportIndex,
        params: &'a [Val],
        results: &'a mut [Val],
        fuel: u64,
    ) -> BoxFuture<'a, (wasmtime::Result<usize>, u64)>;
}
