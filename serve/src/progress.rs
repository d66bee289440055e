//! What an agent hears of a script before its answer. Decides nothing about the run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;

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
pub(crate) struct Stage(Mutex<Step>);

impl Stage {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Step::Reading))
    }

    pub(crate) fn set(&self, step: Step) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    fn text(&self) -> &'static str {
        match *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Step::Reading => "the script is read",
            Step::Starting => "the servers of the script start",
            Step::Waiting => "the script waits for a free slot",
            Step::Running => "the script runs",
        }
    }
}

/// Says from time to time that the call is not forgotten, from its beginning to its answer. Ends if the client does not
/// hear it.
pub(crate) async fn progress(context: &RequestContext<RoleServer>, stage: &Stage) {
    let Some(token) = context.meta.get_progress_token() else {
        return std::future::pending().await;
    };
    let mut seconds = 0.0;
    loop {
        tokio::time::sleep(PERIOD).await;
        seconds += PERIOD.as_secs_f64();
        let said = ProgressNotificationParam::new(token.clone(), seconds)
            .with_message(format!("{} ({seconds} s)", stage.text()));
        if context.peer.notify_progress(said).await.is_err() {
            return;
        }
    }
}
