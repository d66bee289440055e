//! Resolves a `$ref` inside its own document: JSON pointers (RFC 6901) and `$anchor`s. Uses neither network nor files:
//! any other address is an error.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use serde_json::Value;

use super::keywords::Keywords;

/// The most schema nodes that are searched for anchors and addresses.
const MOST_SEARCHED: usize = 50_000;

/// The most work for one schema: about one unit for each keyword, property, value and line of text, each time that a
/// walk passes. The largest real schema known needs a tenth of it.
const MOST_WORK: usize = 100_000;
/// The most bytes of documentation for one schema; each repetition of a text counts. A separate budget, so that no
/// description affects the types.
const MOST_TEXT: usize = 4 << 20;
/// The bytes of examined text per unit of work.
const LINE: usize = 64;
/// The approximate output of one unit of work, in bytes: 23 for a plain tool, 80 for one with long enums. Copied text
/// counts as output.
pub(crate) const BYTES_OF_WORK: usize = 32;

/// One schema document.
pub(super) struct Definitions<'a> {
    root: &'a Value,
    work: Cell<usize>,
    /// The work of the walk, documentation included, and its maximum.
    effort: Cell<usize>,
    most: usize,
    text: Cell<usize>,
    index: OnceCell<Index<'a>>,
}

#[derive(Default)]
struct Index<'a> {
    anchors: HashMap<&'a str, &'a Value>,
    /// Whether a schema inside the document has an address of its own.
    rebased: bool,
}

impl<'a> Definitions<'a> {
    pub(super) fn new(root: &'a Value, most: usize) -> Self {
        Self {
            root,
            work: Cell::new(0),
            effort: Cell::new(0),
            most,
            text: Cell::new(0),
            index: OnceCell::new(),
        }
    }

    /// The work of the walk so far.
    pub(super) fn effort(&self) -> usize {
        self.effort.get()
    }

    /// Counts work that affects no decision about this schema, and fails when the catalog's tools exceed their budget.
    pub(super) fn labour(&self, units: usize) -> Result<(), String> {
        let effort = self.effort.get().saturating_add(units);
        self.effort.set(effort);
        if effort > self.most {
            Err("the tools of the server together are too large".to_owned())
        } else {
            Ok(())
        }
    }

    /// Counts one examination of a schema object.
    pub(super) fn look(&self, keywords: &Keywords<'_>) -> Result<(), String> {
        self.labour(keywords.description.map_or(0, str::len) / LINE)?;
        self.spend(keywords.weight)
    }

    /// Counts work, and fails when it exceeds the limit.
    pub(super) fn spend(&self, units: usize) -> Result<(), String> {
        self.labour(units)?;
        let spent = self.work.get().saturating_add(units);
        self.work.set(spent);
        if spent > MOST_WORK {
            Err("the schema as a whole is too large".to_owned())
        } else {
            Ok(())
        }
    }

    /// Counts documentation, and returns none when the limit is exceeded.
    pub(super) fn afford<T: AsRef<str>>(&self, text: Option<T>) -> Option<T> {
        let text = text?;
        // It is copied. Without memory for it the tool has no function; the later comparison of its work reports that.
        self.labour(text.as_ref().len() / BYTES_OF_WORK).ok()?;
        let spent = self.text.get().saturating_add(text.as_ref().len());
        self.text.set(spent);
        (spent <= MOST_TEXT).then_some(text)
    }

    pub(super) fn resolve(&self, reference: &str) -> Result<&'a Value, String> {
        let Some(fragment) = reference.strip_prefix('#') else {
            return Err(format!(
                "`$ref` to `{}` leads out of the document and is never fetched",
                crate::names::shown(reference)
            ));
        };
        let missing = || {
            format!(
                "`$ref` to `{}` leads nowhere",
                crate::names::shown(reference)
            )
        };
        if !fragment.is_empty() && self.index().rebased {
            return Err("the schema contains a schema with an `$id` of its own, and references in it are not followed".to_owned());
        }
        if fragment.is_empty() {
            return Ok(self.root);
        }
        let decoded = percent_decoded(fragment).ok_or_else(missing)?;
        if decoded.starts_with('/') {
            self.root.pointer(&decoded).ok_or_else(missing)
        } else {
            self.index()
                .anchors
                .get(decoded.as_str())
                .copied()
                .ok_or_else(missing)
        }
    }

    fn index(&self) -> &Index<'a> {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            let mut pending = vec![self.root];
            let mut searched = 0;
            while let Some(value) = pending.pop() {
                searched += 1;
                if searched > MOST_SEARCHED {
                    break;
                }
                match value {
                    Value::Object(map) => {
                        if let Some(anchor) = map.get("$anchor").and_then(Value::as_str) {
                            index.anchors.entry(anchor).or_insert(value);
                        }
                        let inner = !std::ptr::eq(value, self.root);
                        // A property may be named `$id`; an address is a string beside other keywords.
                        index.rebased |= inner && map.get("$id").is_some_and(Value::is_string);
                        pending.extend(map.values());
                    }
                    Value::Array(values) => pending.extend(values),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
            // Not an error here: the walk notices it at the next value.
            let _ = self.labour(searched);
            index
        })
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}
