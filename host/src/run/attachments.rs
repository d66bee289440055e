//! Content of tools that is no text: images, audio and binary resources. The host keeps it for the run, and a script
//! gets a handle of it. What the result of the run names is attached to the report; the rest is dropped with the run.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use mcp_bridge::{ContentBlock, ResourceContents, text};
use serde::Serialize;

use crate::contract::bytes_of_base64;
use crate::report::{Attachment, AttachmentKind};
use crate::rules::limits::{Account, Stop};

/// What every handle begins with.
const SCHEME: &str = "blob:";

/// Characters after it: half of a digest. What a handle names is the same in every run and every replay.
const DIGITS: usize = 16;

/// What the host holds for one besides its text.
const ENTRY: usize = 512;

/// Bytes of a URI and of a media type.
const LONGEST_NAME: usize = 2_000;

/// What the tools of one run gave, by handle.
#[derive(Default)]
pub(crate) struct Attachments(Mutex<BTreeMap<String, Arc<Blob>>>);

struct Blob {
    kind: AttachmentKind,
    mime_type: Option<String>,
    uri: Option<String>,
    /// Base64, as the server wrote it.
    data: String,
}

/// What a script has of it, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handle {
    #[serde(rename = "type")]
    kind: AttachmentKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    bytes: usize,
    handle: String,
}

/// A block of an answer, as a script gets it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Block {
    Kept(Handle),
    Whole(Box<ContentBlock>),
}

impl Attachments {
    /// Takes a block out of an answer, and leaves its handle. The bytes are charged until the run ends; the same bytes
    /// are kept once. A block of text or with a link stays as it is.
    pub(crate) fn take(&self, block: ContentBlock, account: &Account) -> Result<Block, Stop> {
        let blob = match Blob::of(block) {
            Ok(blob) => blob,
            Err(block) => return Ok(Block::Whole(block)),
        };
        let handle = blob.handle();
        let given = Handle {
            kind: blob.kind,
            uri: blob.uri.clone(),
            mime_type: blob.mime_type.clone(),
            bytes: blob.length(),
            handle: handle.clone(),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Vacant(place) = kept.entry(handle) {
            account.take(blob.data.len() + ENTRY)?;
            place.insert(Arc::new(blob));
        }
        Ok(Block::Kept(given))
    }

    /// What the result of the run names, in the order of the result. What cannot be attached is left out, with a
    /// warning.
    pub(crate) fn named_in(
        &self,
        result: &str,
        account: &Account,
        warnings: &mut Vec<String>,
    ) -> Vec<Attachment> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for handle in handles(result) {
            let Some(blob) = kept.get(handle) else {
                continue;
            };
            if account.take(blob.data.len()).is_err() {
                warnings.push(format!(
                    "{handle} is not attached: the run has no memory left for it"
                ));
                continue;
            }
            match bytes_of_base64(blob.data.clone()) {
                Ok(bytes) => found.push(Attachment {
                    handle: handle.to_owned(),
                    kind: blob.kind,
                    mime_type: blob.mime_type.clone(),
                    uri: blob.uri.clone(),
                    bytes: bytes.into(),
                }),
                Err(_) => warnings.push(format!("{handle} is not attached: it is not base64")),
            }
        }
        found
    }
}

/// The handles that a JSON text has as whole strings, each once, in its order.
pub fn handles(json: &str) -> impl Iterator<Item = &str> {
    let mut seen = BTreeSet::new();
    json.match_indices("\"blob:").filter_map(move |(at, _)| {
        let handle = json.get(at + 1..at + 1 + SCHEME.len() + DIGITS)?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_whole = json[at + 1 + handle.len()..].starts_with('"');
        let is_handle = is_whole && handle[SCHEME.len()..].bytes().all(is_hex);
        (is_handle && seen.insert(handle)).then_some(handle)
    })
}

impl Blob {
    /// The block again, if it has no bytes.
    fn of(block: ContentBlock) -> Result<Self, Box<ContentBlock>> {
        let short = |name: String| text::short(&name, LONGEST_NAME).to_string();
        let media = |kind, mime_type: String, data| Self {
            kind,
            mime_type: Some(short(mime_type)),
            uri: None,
            data,
        };
        match block {
            ContentBlock::Image(image) => {
                Ok(media(AttachmentKind::Image, image.mime_type, image.data))
            }
            ContentBlock::Audio(audio) => {
                Ok(media(AttachmentKind::Audio, audio.mime_type, audio.data))
            }
            ContentBlock::Resource(embedded) => match embedded.resource {
                ResourceContents::BlobResourceContents {
                    uri,
                    mime_type,
                    blob,
                    ..
                } => Ok(Self {
                    kind: AttachmentKind::Resource,
                    mime_type: mime_type.map(short),
                    uri: Some(short(uri)),
                    data: blob,
                }),
                resource => Err(Box::new(ContentBlock::resource(resource))),
            },
            other => Err(Box::new(other)),
        }
    }

    fn handle(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let names = [self.mime_type.as_deref(), self.uri.as_deref()];
        for name in names {
            hasher.update(name.unwrap_or_default().as_bytes());
            hasher.update(&[0, u8::from(name.is_some())]);
        }
        hasher.update(&[match self.kind {
            AttachmentKind::Image => 0,
            AttachmentKind::Audio => 1,
            AttachmentKind::Resource => 2,
        }]);
        hasher.update(self.data.as_bytes());
        format!("{SCHEME}{}", &hasher.finalize().to_hex()[..DIGITS])
    }

    /// How many bytes the base64 stands for.
    fn length(&self) -> usize {
        let is_letter = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'=';
        self.data.bytes().filter(is_letter).count() / 4 * 3
            + match self.data.bytes().filter(is_letter).count() % 4 {
                0 | 1 => 0,
                rest => rest - 1,
            }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn taken(
        attachments: &Attachments,
        block: ContentBlock,
        account: &Account,
    ) -> serde_json::Value {
        serde_json::to_value(attachments.take(block, account).unwrap()).unwrap()
    }

    #[test]
    fn a_script_gets_a_handle_and_the_host_keeps_the_bytes_once() {
        let (attachments, account) = (Attachments::default(), Account::new(10_000, None));
        let image = || ContentBlock::image("AAEC", "image/png");
        let first = taken(&attachments, image(), &account);
        assert_eq!(first["type"], "image");
        assert_eq!(first["mimeType"], "image/png");
        assert_eq!(first["bytes"], 3);
        let left = account.available();
        assert!(left < 10_000);
        assert_eq!(taken(&attachments, image(), &account), first);
        assert_eq!(account.available(), left);
        let audio = taken(
            &attachments,
            ContentBlock::audio("AAEC", "image/png"),
            &account,
        );
        assert_ne!(audio["handle"], first["handle"]);
        let text = taken(&attachments, ContentBlock::text("a"), &account);
        assert_eq!(text["text"], "a");
    }

    #[test]
    fn bytes_that_the_run_has_no_memory_for_are_not_kept() {
        let (attachments, account) = (Attachments::default(), Account::new(1_000, None));
        let image = ContentBlock::image("A".repeat(900), "image/png");
        assert_eq!(attachments.take(image, &account).unwrap_err(), Stop::Memory);
    }

    #[test]
    fn only_what_the_result_names_is_attached() {
        let (attachments, account) = (Attachments::default(), Account::new(100_000, None));
        let handle = |data: &str| {
            let given = taken(
                &attachments,
                ContentBlock::image(data, "image/png"),
                &account,
            );
            given["handle"].as_str().unwrap().to_owned()
        };
        let (first, second, broken) = (handle("AAEC"), handle("AA\n=="), handle("?"));
        let mut warnings = Vec::new();
        let result =
            format!(r#"{{"a":["{second}","{second}","blob:0123456789abcdef"],"b":"{broken}"}}"#);
        let found = attachments.named_in(&result, &account, &mut warnings);
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].handle, &*found[0].bytes), (&*second, &[0][..]));
        assert_eq!(warnings.len(), 1);
        let partly = format!(r#""{first}0""#);
        assert!(
            attachments
                .named_in(&partly, &account, &mut warnings)
                .is_empty()
        );
        assert_eq!(handles("\"blob:ü\"").count(), 0);
    }
}
