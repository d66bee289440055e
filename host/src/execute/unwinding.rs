//! A panic in a host function ends its run, and nothing more.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::short;

/// Turns a panic in a host function, such as one of an embedder's tool server, into an error of this run only. Wasmtime
/// carries the panic past the guest, and the store is dropped as after any run.
pub(super) async fn unwinding<T>(run: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(run)
        .catch_unwind()
        .await
        .map_err(|panic| message(panic.as_ref()))
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    short::short(text.unwrap_or("no message"), 4_000)
}
