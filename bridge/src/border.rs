//! Bounds the notifications and requests that a server sends on one connection, over either transport.
//! Answers to requests of this client pass without a check.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rmcp::model::{
    ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerNotification,
};

use crate::text;
use crate::throttle::{self, EventThrottle, Throttle};

/// How many notifications and requests of a server are passed on in a second.
const PER_SECOND: u32 = 1000;
/// How many of those that are refused are warned about in a second.
const WARNINGS_PER_SECOND: u32 = 5;
/// How many requests of a server may wait for their answer to be written.
const MAX_OWED: usize = 64;
/// The longest id of a request of a server, in bytes. Its answer repeats it.
const MAX_ID: usize = 256;

/// What comes in on one connection.
pub(crate) struct Border {
    server: String,
    admitted: EventThrottle,
    refused: EventThrottle,
    owed: Arc<Owed>,
}

/// Requests of the server that are not answered yet.
#[derive(Default)]
struct Owed(Mutex<VecDeque<RequestId>>);

/// A request of the server, paid when this is dropped.
pub(crate) struct Debt {
    owed: Arc<Owed>,
    id: RequestId,
}

impl Border {
    /// `server` is its name in the log.
    pub(crate) fn new(server: &str) -> Self {
        let now = Instant::now();
        Self {
            server: server.to_owned(),
            admitted: EventThrottle::new(PER_SECOND, now),
            refused: EventThrottle::new(WARNINGS_PER_SECOND, now),
            owed: Arc::default(),
        }
    }

    /// What a message of ours pays when it is sent or given up, if it answers a request of the server.
    pub(crate) fn debt(&self, message: &ClientJsonRpcMessage) -> Option<Debt> {
        let id = match message {
            JsonRpcMessage::Response(response) => &response.id,
            JsonRpcMessage::Error(error) => error.id.as_ref()?,
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => return None,
        };
        Some(Debt {
            owed: Arc::clone(&self.owed),
            id: id.clone(),
        })
    }

    /// Passes an answer, and of the rest what is not too much.
    pub(crate) fn admit(&mut self, message: ServerJsonRpcMessage) -> Option<ServerJsonRpcMessage> {
        match &message {
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => return Some(message),
            JsonRpcMessage::Request(request) => {
                if !is_usable(&request.id) {
                    self.refuse(
                        "server request is dropped: its id is longer than 256 bytes, or has \
                         control characters in it",
                    );
                    return None;
                }
                if !self.has_turn() {
                    return None;
                }
                let mut owed = self.owed.lock();
                if owed.len() >= MAX_OWED {
                    drop(owed);
                    self.refuse("server request is dropped: the server does not read its answers");
                    return None;
                }
                owed.push_back(request.id.clone());
            }
            JsonRpcMessage::Notification(notification) => {
                if let ServerNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // rmcp does not answer it any more.
                    self.owed.paid(id);
                }
                if !self.has_turn() {
                    return None;
                }
            }
        }
        Some(message)
    }

    /// Whether one more may pass. What libraries log about these messages is thinned as well, and reported here.
    fn has_turn(&mut self) -> bool {
        match self.admitted.admit(Instant::now()) {
            Throttle::Drop => false,
            Throttle::Pass { dropped } => {
                let server = self.server.as_str();
                if dropped > 0 {
                    tracing::warn!(server, dropped, "server sent too many notifications");
                }
                let dropped = throttle::unlogged();
                if dropped > 0 {
                    tracing::warn!(dropped, "libraries logged too many lines");
                }
                true
            }
        }
    }

    fn refuse(&mut self, why: &'static str) {
        if let Throttle::Pass { dropped } = self.refused.admit(Instant::now()) {
            let more = throttle::not_zero(dropped);
            tracing::warn!(server = self.server, more, "{why}");
        }
    }
}

impl Owed {
    /// The answer to this request is written, or never will be.
    fn paid(&self, id: &RequestId) {
        self.lock().retain(|waiting| waiting != id);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<RequestId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        self.owed.paid(&self.id);
    }
}

/// Whether an id is short, and safe where a library logs it.
fn is_usable(id: &RequestId) -> bool {
    match id {
        RequestId::Number(_) => true,
        RequestId::String(id) => id.len() <= MAX_ID && id.chars().all(text::is_safe),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;

    fn ping(id: &str) -> ServerJsonRpcMessage {
        let ping = json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
        serde_json::from_value(ping).unwrap()
    }

    fn cancelled(id: &str) -> ServerJsonRpcMessage {
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": id}});
        serde_json::from_value(cancelled).unwrap()
    }

    #[test]
    fn request_under_a_long_id_or_one_with_control_characters_is_dropped() {
        let mut border = Border::new("s");
        assert!(border.admit(ping(&"x".repeat(MAX_ID))).is_some());
        assert!(border.admit(ping(&"x".repeat(MAX_ID + 1))).is_none());
        assert!(border.admit(ping("a\n2026 ERROR\u{1b}[31m")).is_none());
        assert_eq!(border.owed.lock().len(), 1);
    }

    #[test]
    fn server_that_reads_no_answers_is_owed_a_bounded_number_of_them() {
        let mut border = Border::new("s");
        let passed = (0..100)
            .filter(|id| border.admit(ping(&id.to_string())).is_some())
            .count();
        assert_eq!(passed, MAX_OWED);
        border.owed.paid(&RequestId::String("7".into()));
        assert!(border.admit(cancelled("8")).is_some());
        assert!(border.admit(ping("a")).is_some());
        assert!(border.admit(ping("b")).is_some());
        assert!(border.admit(ping("c")).is_none());
    }

    #[test]
    fn notifications_and_requests_have_one_bound() {
        let mut border = Border::new("s");
        let passed = (0..2000)
            .filter(|round| {
                let message = if round % 2 == 0 {
                    ping("a")
                } else {
                    cancelled("a")
                };
                border.admit(message).is_some()
            })
            .count();
        assert_eq!(passed, 1000, "in one second");
    }
}
