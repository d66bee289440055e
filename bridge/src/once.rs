//! Something that happens once, and that many can wait for.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;

/// Resolves when it has happened.
pub(crate) type Once = Shared<BoxFuture<'static, ()>>;

/// The way to say that it has happened, which dropping it does too, and the way to hear of it.
pub(crate) fn once() -> (oneshot::Sender<()>, Once) {
    let (say, hear) = oneshot::channel();
    (say, hear.map(drop).boxed().shared())
}
