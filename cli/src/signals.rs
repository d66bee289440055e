//! The signals that end a run.

use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Sends the signal to a run. Without a subscriber, a signal ends the command at once.
pub(crate) type StopSender = watch::Sender<Option<&'static str>>;

/// Waits until the run must stop, and returns the reason for its report. It subscribes at once, so that no signal
/// before the first poll is missed.
pub(crate) fn stopped(stop: &StopSender) -> impl Future<Output = String> + use<> {
    let mut received = stop.subscribe();
    async move {
        match received
            .wait_for(Option::is_some)
            .await
            .map(|signal| *signal)
        {
            Ok(Some(signal)) => format!("stopped by {signal}"),
            // The sender lives as long as the command does.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

/// The signals by which a user or the OS stops a command. A signal that arrives after this value was created is not
/// missed, and does not end the process. Create it before starting a child process.
pub(crate) struct Signals([(&'static str, Option<Signal>); 3]);

impl Signals {
    pub(crate) fn new() -> Self {
        // Without a handler the signal keeps its default effect: it ends the process.
        Self([
            ("SIGINT", signal(SignalKind::interrupt()).ok()),
            ("SIGTERM", signal(SignalKind::terminate()).ok()),
            ("SIGHUP", signal(SignalKind::hangup()).ok()),
        ])
    }

    /// Waits for one of them and names it.
    pub(crate) async fn received(&mut self) -> &'static str {
        std::future::poll_fn(|context| {
            let came = self.0.iter_mut().find_map(|(name, signal)| {
                let came = signal.as_mut()?.poll_recv(context);
                came.is_ready().then_some(*name)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}
