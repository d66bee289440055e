//! The signals that end a run.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells a run which signal came. While nobody subscribes, a signal ends the command at once.
pub(crate) type StopSender = watch::Sender<Option<&'static str>>;

/// Waits until the run is told to stop, and says why, for its report. It subscribes at once, so that no
/// signal is missed before it is first waited for.
pub(crate) fn stopped(stop: &StopSender) -> impl Future<Output = String> + use<> {
    let mut told = stop.subscribe();
    async move {
        match told.wait_for(Option::is_some).await.map(|signal| *signal) {
            Ok(Some(signal)) => format!("stopped by {signal}"),
            // The sender lives as long as the command does.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

/// Waits for SIGINT, SIGTERM or SIGHUP and names it.
pub(crate) async fn received() -> &'static str {
    tokio::select! {
        () = wait(SignalKind::interrupt()) => "SIGINT",
        () = wait(SignalKind::terminate()) => "SIGTERM",
        () = wait(SignalKind::hangup()) => "SIGHUP",
    }
}

async fn wait(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        // Without a handler the signal keeps its default effect: it ends the process.
        Err(_) => std::future::pending().await,
    }
}
