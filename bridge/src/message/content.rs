//! Reads the content blocks of a result. `serde_json` puts a string with an escape together in a place that grows to
//! twice its length, and then copies it; here a long text is read by itself, straight into its own memory.

use std::fmt;

use rmcp::model::{ContentBlock, ResourceContents};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::memory;
use crate::raw_json::json_string;

/// A block of more bytes than this has its long texts read by themselves.
const LONG: usize = 16 * 1024;

/// The blocks of a result.
pub(super) fn read(content: &RawValue) -> serde_json::Result<Vec<ContentBlock>> {
    struct Blocks;
    impl<'de> Visitor<'de> for Blocks {
        type Value = Vec<ContentBlock>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array of content blocks")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut listed: A) -> Result<Self::Value, A::Error> {
            let mut blocks = Vec::new();
            while let Some(text) = listed.next_element::<&RawValue>()? {
                blocks.push(block(text).map_err(A::Error::custom)?);
            }
            Ok(blocks)
        }
    }
    serde_json::Deserializer::from_str(content.get()).deserialize_seq(Blocks)
}

/// How many bytes of memory the blocks take once they are read, besides their text.
pub(super) fn memory(content: &RawValue) -> usize {
    struct Weight;
    impl<'de> Visitor<'de> for Weight {
        type Value = usize;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut listed: A) -> Result<usize, A::Error> {
            // Where `serde_json` puts a string together.
            let mut bytes = 2 * LONG;
            while let Some(text) = listed.next_element::<&RawValue>()? {
                let block = match Split::of(text) {
                    Some(split) => split.memory(),
                    None if text.get().len() > LONG => memory::of(text.get().as_bytes()),
                    None => memory::without_text(text.get().as_bytes()),
                };
                // A vector may have twice the room that it needs.
                bytes = bytes.saturating_add(2 * size_of::<ContentBlock>() + block);
            }
            Ok(bytes)
        }
    }
    let weighed = serde_json::Deserializer::from_str(content.get()).deserialize_seq(Weight);
    // What is no array is not read here.
    weighed.unwrap_or_else(|_| memory::of(content.get().as_bytes()))
}

fn block(text: &RawValue) -> serde_json::Result<ContentBlock> {
    match Split::of(text) {
        Some(split) => split.read(),
        None => serde_json::from_str(text.get()),
    }
}

/// A block without its long texts, and these.
struct Split<'a> {
    short: String,
    long: [Option<&'a RawValue>; 4],
}

/// The members of a block; other members are of no use here. Long texts stand in the last two of block and resource.
#[derive(Serialize, Deserialize)]
struct Members<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow, rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a RawValue>,
    #[serde(borrow, rename = "mimeType", skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    resource: Option<Resource<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    uri: &'a RawValue,
    #[serde(borrow, rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, rename = "mimeType", skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    blob: Option<&'a RawValue>,
}

impl<'a> Split<'a> {
    /// `None` for a block that is short, or has no text that could be long.
    fn of(block: &'a RawValue) -> Option<Self> {
        if block.get().len() <= LONG {
            return None;
        }
        let mut members: Members<'a> = serde_json::from_str(block.get()).ok()?;
        if !matches!(members.kind, "text" | "image" | "audio" | "resource") {
            return None;
        }
        let mut long = [take(&mut members.text), take(&mut members.data), None, None];
        if let Some(resource) = &mut members.resource {
            long[2] = take(&mut resource.text);
            long[3] = take(&mut resource.blob);
        }
        let short = serde_json::to_string(&members).ok()?;
        Some(Self { short, long })
    }

    fn memory(&self) -> usize {
        let long: usize = self
            .long
            .iter()
            .flatten()
            .map(|text| text.get().len())
            .sum();
        memory::of(self.short.as_bytes()).saturating_add(long)
    }

    fn read(self) -> serde_json::Result<ContentBlock> {
        let mut block: ContentBlock = serde_json::from_str(&self.short)?;
        let [text, data, resource_text, blob] = self.long;
        let (place, long) = match &mut block {
            ContentBlock::Text(of) => (Some(&mut of.text), text),
            ContentBlock::Image(of) => (Some(&mut of.data), data),
            ContentBlock::Audio(of) => (Some(&mut of.data), data),
            ContentBlock::Resource(of) => match &mut of.resource {
                ResourceContents::TextResourceContents { text, .. } => (Some(text), resource_text),
                ResourceContents::BlobResourceContents { blob: place, .. } => (Some(place), blob),
                _ => (None, None),
            },
            _ => (None, None),
        };
        if let (Some(place), Some(long)) = (place, long) {
            *place = json_string(long);
        }
        Ok(block)
    }
}

/// Takes a string, and leaves an empty one. What is no string stays, for the error.
fn take<'a>(member: &mut Option<&'a RawValue>) -> Option<&'a RawValue> {
    /// The text `""`.
    const EMPTY: &str = "\"\"";
    let text = member.filter(|text| text.get().starts_with('"'))?;
    *member = serde_json::from_str(EMPTY).ok();
    Some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::{Value, json};

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn long_block_is_read_as_serde_json_reads_it() {
        let text = "a\"\\/\u{8}\u{c}\n\r\t\u{1f600}é\u{1}".repeat(8_000);
        let resource = |of: Value| json!({"type": "resource", "resource": of});
        for block in [
            json!({"type": "text", "text": text, "annotations": {"priority": 0.5}}),
            json!({"type": "text", "text": text, "_meta": {"text": "m"}}),
            json!({"type": "image", "data": text, "mimeType": "image/png"}),
            json!({"type": "audio", "data": text, "mimeType": "audio/wav"}),
            resource(json!({"uri": "a:b", "mimeType": "text/plain", "text": text})),
            resource(json!({"uri": "a:b", "blob": text})),
            json!({"type": "resource_link", "uri": "a:b", "name": text}),
        ] {
            let written = format!("[{block}]");
            let expected: Vec<ContentBlock> = serde_json::from_str(&written).unwrap();
            assert_eq!(read(&raw(&written)).unwrap(), expected);
            let ascii = written
                .replace('\u{1f600}', r"\ud83d\ude00")
                .replace('/', r"\/");
            assert_eq!(read(&raw(&ascii)).unwrap(), expected);
        }
        let member = format!(r#"[{{"type":"text","text":{}}}]"#, "7".repeat(LONG));
        read(&raw(&member)).unwrap_err();
    }

    #[test]
    fn long_text_weighs_what_it_is_and_small_blocks_what_they_become() {
        let text = format!(r#"[{{"type":"text","text":"{}"}}]"#, r"x\n".repeat(1 << 20));
        let bytes = memory(&raw(&text));
        assert!(
            (text.len()..text.len() + (1 << 18)).contains(&bytes),
            "{bytes}"
        );
        let many = format!("[{}0]", r#"{"type":"text","text":""},"#.repeat(10_000));
        assert!(memory(&raw(&many)) > 10_000 * 600);
    }
}
