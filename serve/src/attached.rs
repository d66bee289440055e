//! Bytes beside the text of an answer: images, sound and resources that tools returned, and that the result of a script
//! names by their handles.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcp_host::{Attachment, AttachmentKind, Report, handles};
use rmcp::model::{ContentBlock, ResourceContents};

use crate::answer::{Answer, grouped};
use crate::results::Results;
use crate::unwritten::{Share, Unwritten};

/// The most of one answer.
const MOST: usize = 20;

/// Bytes of all of one answer: clients refuse larger ones.
const MOST_BYTES: usize = 8 << 20;

/// How long attachments wait for other answers to be written.
const MOMENT: Duration = Duration::from_secs(2);

/// What a client gets as the media type where the server named none, or none that is one.
const UNKNOWN: &str = "application/octet-stream";

/// Attaches what the result names: from this run, and from earlier ones of the session. Says what it leaves out.
pub(crate) fn attach(
    mut answer: Answer,
    report: &Report,
    results: &Results,
    (part, scope): (u64, u64),
) -> Answer {
    results.attach(part, scope, &report.attachments);
    let (mut room, mut left_out) = (MOST_BYTES, Vec::new());
    for handle in handles(report.result.as_deref().unwrap_or_default()) {
        let mut of_run = report.attachments.iter();
        let found = of_run.find(|attachment| attachment.handle == handle);
        let Some(found) = found.cloned().or_else(|| results.attached(scope, handle)) else {
            continue;
        };
        match room.checked_sub(found.bytes.len()) {
            Some(left) if answer.attached.len() < MOST => {
                room = left;
                answer.attached.push(found);
            }
            _ => left_out.push(format!("{handle} ({} bytes)", grouped(found.bytes.len()))),
        }
    }
    if !left_out.is_empty() {
        let more = left_out.len().saturating_sub(MOST);
        left_out.truncate(MOST);
        let _ = write!(
            answer.text,
            "\n[not attached: {}{}; an answer has at most {MOST} attachments of {} MiB together. Return fewer.]",
            left_out.join(", "),
            if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            },
            MOST_BYTES >> 20,
        );
    }
    answer
}

/// The answer with its attachments, if they have room beside answers that clients have not read yet. Else the answer
/// names what it leaves out.
pub(crate) async fn in_room(mut answer: Answer, unwritten: &Unwritten, share: &Share) -> Answer {
    let attached = answer.attached.iter();
    let encoded = attached.map(|of| base64::encoded_len(of.bytes.len(), true));
    let bytes = encoded.map(|bytes| bytes.unwrap_or(usize::MAX));
    let bytes = bytes.fold(answer.text.len(), usize::saturating_add);
    if answer.attached.is_empty() || unwritten.take(bytes, share, MOMENT).await {
        return answer;
    }
    let left_out: Vec<_> = answer.attached.drain(..).map(|of| of.handle).collect();
    let _ = write!(
        answer.text,
        "\n[not attached: {}; the answers before this one have not been read. Return the handles again later.]",
        left_out.join(", ")
    );
    answer
}

/// The content of an answer: its text, and after it the attachments in the order of the result.
pub(crate) fn content(answer: Answer) -> Vec<ContentBlock> {
    let text = ContentBlock::text(answer.text);
    let attached = answer.attached.into_iter().map(block);
    std::iter::once(text).chain(attached).collect()
}

fn block(attachment: Attachment) -> ContentBlock {
    let data = STANDARD.encode(&attachment.bytes);
    let mime_type = attachment.mime_type.filter(|name| is_media_type(name));
    match attachment.kind {
        AttachmentKind::Image => {
            ContentBlock::image(data, mime_type.unwrap_or_else(|| UNKNOWN.to_owned()))
        }
        AttachmentKind::Audio => {
            ContentBlock::audio(data, mime_type.unwrap_or_else(|| UNKNOWN.to_owned()))
        }
        AttachmentKind::Resource => {
            ContentBlock::resource(ResourceContents::BlobResourceContents {
                uri: attachment.uri.unwrap_or(attachment.handle),
                mime_type,
                blob: data,
                meta: None,
            })
        }
    }
}

/// `type/subtype`, and parameters of visible ASCII.
fn is_media_type(name: &str) -> bool {
    let visible = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    name.len() <= 255
        && name.bytes().all(visible)
        && name
            .split_once('/')
            .is_some_and(|(of, rest)| !of.is_empty() && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_of_a_server_is_one_or_is_not_passed_on() {
        for name in ["image/png", "text/html; charset=utf-8"] {
            assert!(is_media_type(name), "{name}");
        }
        for name in ["", "png", "/png", "image/", "image/p\u{202e}ng", "a/b\n"] {
            assert!(!is_media_type(name), "{name}");
        }
    }
}
