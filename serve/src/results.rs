//! Results of finished runs, which later scripts of the session import from `run:ID`, and what they name besides text.
//! Immutable, bounded, and gone after half an hour.

use std::sync::Arc;

use mcp_host::Attachment;

use crate::shelf::Shelf;

/// What is kept of a result besides its text: small results are many.
const RESULT: usize = 256;

/// What is kept of an attachment besides its bytes.
const ATTACHMENT: usize = 512;

/// By session, and by the part of whom they take.
#[derive(Default)]
pub(crate) struct Results {
    texts: Shelf<Arc<str>>,
    attachments: Shelf<Attachment>,
}

impl Results {
    /// Keeps the result of a run, as JSON text.
    pub(crate) fn keep(&self, part: u64, (scope, run): (u64, &str), value: Arc<str>) {
        let bytes = value.len() + RESULT;
        self.texts.keep(part, (scope, run), bytes, value);
    }

    /// The result of a run, unless it is gone.
    pub(crate) fn get(&self, scope: u64, run: &str) -> Option<Arc<str>> {
        self.texts.get(scope, run)
    }

    /// Keeps bytes that a result named, by their handle.
    pub(crate) fn attach(&self, part: u64, scope: u64, attachments: &[Attachment]) {
        for attachment in attachments {
            let bytes = attachment.bytes.len() + ATTACHMENT;
            let key = (scope, &*attachment.handle);
            self.attachments.keep(part, key, bytes, attachment.clone());
        }
    }

    /// The bytes behind a handle, unless they are gone.
    pub(crate) fn attached(&self, scope: u64, handle: &str) -> Option<Attachment> {
        self.attachments.get(scope, handle)
    }
}
