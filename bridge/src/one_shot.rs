//! An event that happens once, and that any number of tasks can wait for.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::oneshot;

/// Resolves when the event has happened.
#[derive(Clone)]
pub(crate) struct OneShot(Shared<BoxFuture<'static, ()>>);

/// Makes the event happen, when it is set or dropped.
pub(crate) struct Setter(oneshot::Sender<()>);

impl OneShot {
    /// An event, and the way to make it happen.
    pub(crate) fn new() -> (Setter, Self) {
        let (set, wait) = oneshot::channel();
        (Setter(set), Self(wait.map(drop).boxed().shared()))
    }

    /// Waits until the event has happened.
    pub(crate) async fn wait(&self) {
        self.0.clone().await;
    }

    /// Whether the event has happened; where it has not, the task is woken when it does.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl Setter {
    /// Makes the event happen.
    pub(crate) fn set(self) {
        // An error says that no task waits.
        let _ = self.0.send(());
    }
}
