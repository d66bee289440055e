//! What an agent hears of a script or a call before its answer. Decides nothing about either.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use tokio::sync::watch;

/// How often an agent hears of a script that is not done.
const PERIOD: Duration = Duration::from_secs(10);

/// What happens to a script now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is read and checked.
    Reading,
    /// Its servers start.
    Starting,
    /// All slots are in use.
    Waiting,
    Running,
}

/// The step of one script.
#[derive(Clone)]
pub(crate) struct Stage(Arc<watch::Sender<Step>>);

impl Stage {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Step::Reading)))
    }

    /// That of a task, which shows it as its status; else a new one.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let given = context.extensions.get::<Self>();
        given.cloned().unwrap_or_else(Self::new)
    }

    pub(crate) fn set(&self, step: Step) {
        self.0.send_replace(step);
    }

    /// Calls `show` with the step in words, now and whenever it changes, without end.
    pub(crate) async fn follow(&self, show: impl Fn(&'static str)) {
        let mut steps = self.0.subscribe();
        loop {
            steps.mark_unchanged();
            show(self.text());
            // The sender lives as long as this does.
            let _ = steps.changed().await;
        }
    }

    pub(crate) fn text(&self) -> &'static str {
        match *self.0.borrow() {
            Step::Reading => "the script is read",
            Step::Starting => "the servers of the script start",
            Step::Waiting => "the script waits for a free slot",
            Step::Running => "the script runs",
        }
    }
}

/// Says from time to time that the call is not forgotten, from its beginning to its answer. Ends if the client does not
/// hear it.
pub(crate) async fn progress(
    context: &RequestContext<RoleServer>,
    step: impl Fn() -> &'static str,
) {
    let Some(token) = context.meta.get_progress_token() else {
        return std::future::pending().await;
    };
    let mut seconds = 0.0;
    loop {
        tokio::time::sleep(PERIOD).await;
        seconds += PERIOD.as_secs_f64();
        let said = ProgressNotificationParam::new(token.clone(), seconds)
            .with_message(format!("{} ({seconds} s)", step()));
        if context.peer.notify_progress(said).await.is_err() {
            return;
        }
    }
}
