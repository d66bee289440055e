//! The requests of one session whose answers are not written. Answers none.

use std::collections::HashSet;
use std::sync::Arc;

use rmcp::model::RequestId;
use tokio::sync::watch;

/// The ids of the requests that wait for their answers.
#[derive(Clone, Default)]
pub(super) struct Outstanding(Arc<watch::Sender<HashSet<RequestId>>>);

impl Outstanding {
    /// A request came.
    pub(super) fn asked(&self, id: &RequestId) {
        self.0.send_if_modified(|ids| ids.insert(id.clone()));
    }

    /// Its answer was written, or the client does not want it any more.
    pub(super) fn done(&self, id: &RequestId) {
        self.0.send_if_modified(|ids| ids.remove(id));
    }

    /// Waits until every answer is written.
    pub(super) async fn none(&self) {
        let mut ids = self.0.subscribe();
        // The sender lives as long as this does.
        let _ = ids.wait_for(HashSet::is_empty).await;
    }
}
