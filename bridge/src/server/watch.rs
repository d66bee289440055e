//! Hears that the tools of a stateless server have changed. Such a server says so only to who asks
//! for it (`subscriptions/listen`); one with a handshake says it unasked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{ServerNotification, SubscriptionFilter};
use rmcp::service::{Peer, ServiceError};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::failure::Client;

/// Most connections are over by then, and a stream for them would be open in vain. It is also the
/// pause before a subscription that broke off is opened again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Listens until it is dropped.
pub(super) struct Watch(AbortHandle);

impl Watch {
    /// Listens to a server that can tell, if it has to be asked for that.
    pub(super) fn of(client: &Client) -> Option<Self> {
        let server = client.peer_info()?;
        let tells = server
            .capabilities
            .tools
            .as_ref()
            .is_some_and(|tools| tools.list_changed == Some(true));
        if server.protocol_version.has_initialize() || !tells {
            return None;
        }
        let changed = client.service().tools_changed();
        let listening = tokio::spawn(listen(client.peer().clone(), changed));
        Some(Self(listening.abort_handle()))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(server: Peer<RoleClient>, changed: Arc<AtomicBool>) {
    loop {
        sleep(PATIENCE).await;
        match subscribe(&server, &changed).await {
            Ok(()) => {}
            // It does not do what it says it can. That is no reason to use it less.
            Err(ServiceError::McpError(error)) => {
                tracing::debug!(%error, "server refused the subscription to changes");
                return;
            }
            Err(error) => tracing::debug!(%error, "subscription broke off"),
        }
        if server.is_transport_closed() {
            return;
        }
    }
}

async fn subscribe(server: &Peer<RoleClient>, changed: &AtomicBool) -> Result<(), ServiceError> {
    let filter = SubscriptionFilter::builder().tools_list_changed().build();
    let mut subscription = server.listen(filter).await?;
    // A change before the subscription was not seen.
    changed.store(true, Ordering::Relaxed);
    while let Some(notification) = subscription.next().await? {
        if matches!(
            notification,
            ServerNotification::ToolListChangedNotification(_)
        ) {
            changed.store(true, Ordering::Relaxed);
        }
    }
    Ok(())
}
