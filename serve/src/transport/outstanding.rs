//! The requests of one session whose answers are not written. Answers none.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::RequestId;
use tokio::sync::watch;

use crate::unwritten::Share;

/// The requests that wait for their answers, with what each answer takes.
#[derive(Clone, Default)]
pub(super) struct Outstanding(Arc<watch::Sender<HashMap<RequestId, Share>>>);

impl Outstanding {
    /// A request came.
    pub(super) fn asked(&self, id: &RequestId, share: Share) {
        self.0
            .send_if_modified(|of| of.insert(id.clone(), share).is_none());
    }

    /// Its answer was written, or the client does not want it any more.
    pub(super) fn done(&self, id: &RequestId) {
        self.0.send_if_modified(|of| of.remove(id).is_some());
    }

    /// What the answer to this request takes.
    pub(super) fn share(&self, id: &RequestId) -> Option<Share> {
        self.0.borrow().get(id).cloned()
    }

    /// Waits until every answer is written.
    pub(super) async fn none(&self) {
        let mut of = self.0.subscribe();
        // The sender lives as long as this does.
        let _ = of.wait_for(HashMap::is_empty).await;
    }
}
