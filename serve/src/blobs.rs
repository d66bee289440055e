//! Bytes that results named, by their handle: a later script of the session may return the handle alone. Bounded, and
//! gone after half an hour.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mcp_host::Attachment;

/// How long bytes are kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 60);

/// What is kept of one besides its bytes.
const ENTRY: usize = 512;

/// Bytes of all together. More removes the oldest.
const ROOM: usize = 64 << 20;

#[derive(Default)]
pub(crate) struct Blobs(Mutex<Kept>);

/// A session, and a handle.
type Key = (u64, String);

#[derive(Default)]
struct Kept {
    by_handle: HashMap<Key, (Instant, Attachment)>,
    order: VecDeque<Key>,
    bytes: usize,
}

impl Blobs {
    /// Keeps the bytes for this session. Those that are kept already keep their time.
    pub(crate) fn keep(&self, scope: u64, attachments: &[Attachment]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for attachment in attachments {
            let key = (scope, attachment.handle.clone());
            let size = attachment.bytes.len() + ENTRY;
            if size > ROOM || kept.by_handle.contains_key(&key) {
                continue;
            }
            kept.bytes += size;
            kept.order.push_back(key.clone());
            let entry = (Instant::now(), attachment.clone());
            kept.by_handle.insert(key, entry);
        }
        kept.forget();
    }

    /// The bytes behind a handle, unless they are gone.
    pub(crate) fn get(&self, scope: u64, handle: &str) -> Option<Attachment> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget();
        let (_, attachment) = kept.by_handle.get(&(scope, handle.to_owned()))?;
        Some(attachment.clone())
    }
}

impl Kept {
    /// Removes the oldest while they are too old, or all are too large.
    fn forget(&mut self) {
        while let Some(oldest) = self.order.front() {
            let since = self.by_handle.get(oldest).map(|(since, _)| since.elapsed());
            if self.bytes <= ROOM && since.is_some_and(|age| age <= KEPT_FOR) {
                return;
            }
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            if let Some((_, gone)) = self.by_handle.remove(&oldest) {
                self.bytes -= gone.bytes.len() + ENTRY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mcp_host::AttachmentKind;

    use super::*;

    fn blob(handle: &str, bytes: usize) -> Attachment {
        Attachment {
            handle: handle.to_owned(),
            kind: AttachmentKind::Image,
            mime_type: None,
            uri: None,
            bytes: vec![0; bytes].into(),
        }
    }

    #[test]
    fn the_oldest_make_room_and_no_session_sees_those_of_another() {
        let blobs = Blobs::default();
        for handle in ["a", "b", "c"] {
            blobs.keep(1, &[blob(handle, ROOM / 2 - ENTRY)]);
        }
        assert!(blobs.get(1, "a").is_none());
        assert!(blobs.get(1, "b").is_some() && blobs.get(1, "c").is_some());
        assert!(blobs.get(2, "b").is_none());
        blobs.keep(1, &[blob("d", ROOM)]);
        assert!(blobs.get(1, "d").is_none());
    }
}
