//! Resolves a `$ref` inside its own document: JSON pointers (RFC 6901), `$anchor`s, and the `$id`s of schemas in it.
//! Uses neither network nor files: any other address is an error.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::keywords::Keywords;

/// The most schema nodes that are searched for anchors and addresses.
const MOST_SEARCHED: usize = 50_000;

/// The longest address of a schema in a document, in bytes, with what it is relative to.
const LONGEST_ADDRESS: usize = 4_096;

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

/// What a reference can lead to.
#[derive(Default)]
struct Index<'a> {
    /// The document, and every schema in it with an `$id` of its own.
    resources: Vec<Resource<'a>>,
    /// The place of each resource by its address.
    by_address: HashMap<String, usize>,
    /// `$anchor`s, each in its resource.
    anchors: HashMap<(usize, &'a str), &'a Value>,
    /// The resource of a schema with a `$ref`, where that is not the document. By the address of its map.
    inside: HashMap<*const Map<String, Value>, usize>,
}

/// A schema that references are relative to.
struct Resource<'a> {
    schema: &'a Value,
    address: String,
}

impl<'a> Index<'a> {
    /// Looks at one schema, and returns the resource that what is in it belongs to.
    fn add(&mut self, schema: &'a Value, map: &'a Map<String, Value>, within: usize) -> usize {
        let id = map.get("$id").and_then(Value::as_str).unwrap_or_default();
        let (address, fragment) = id.split_once('#').unwrap_or((id, ""));
        let mut own = within;
        // A property may be named `$id`; an address is a string beside other keywords.
        if !address.is_empty() {
            let base = self.resources.get(within);
            let address = join(base.map_or("", |base| &base.address), address);
            own = match self.resources.first_mut() {
                Some(document) if std::ptr::eq(document.schema, schema) => {
                    document.address.clone_from(&address);
                    0
                }
                _ => {
                    self.resources.push(Resource {
                        schema,
                        address: address.clone(),
                    });
                    self.resources.len() - 1
                }
            };
            if !address.is_empty() {
                self.by_address.entry(address).or_insert(own);
            }
        }
        // Before draft 2019-09 an `$id` that is a fragment was an anchor.
        let anchor = map.get("$anchor").and_then(Value::as_str);
        for anchor in anchor
            .into_iter()
            .chain(Some(fragment).filter(|anchor| !anchor.is_empty()))
        {
            self.anchors.entry((own, anchor)).or_insert(schema);
        }
        if own > 0 && map.contains_key("$ref") {
            self.inside.insert(map, own);
        }
        own
    }

    /// What a fragment means in a resource.
    fn find(&self, resource: usize, fragment: &str) -> Option<&'a Value> {
        let schema = self.resources.get(resource)?.schema;
        if fragment.is_empty() {
            return Some(schema);
        }
        let decoded = percent_decoded(fragment)?;
        if decoded.starts_with('/') {
            schema.pointer(&decoded)
        } else {
            self.anchors.get(&(resource, decoded.as_str())).copied()
        }
    }
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

    /// The schema that the `$ref` of this schema object leads to.
    pub(super) fn resolve(
        &self,
        of: &'a Map<String, Value>,
        reference: &str,
    ) -> Result<&'a Value, String> {
        let shown = || crate::names::shown(reference);
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let index = self.index();
        let own = index
            .inside
            .get(&std::ptr::from_ref(of))
            .copied()
            .unwrap_or_default();
        let resource = if address.is_empty() {
            own
        } else {
            let base = index.resources.get(own).map_or("", |base| &base.address);
            *index.by_address.get(&join(base, address)).ok_or_else(|| {
                format!(
                    "`$ref` to `{}` leads out of the document and is never fetched",
                    shown()
                )
            })?
        };
        // Many generators nest schemas that have an `$id`, and go on to refer to the definitions of the document.
        let in_document = || {
            address
                .is_empty()
                .then(|| index.find(0, fragment))
                .flatten()
        };
        index
            .find(resource, fragment)
            .or_else(in_document)
            .ok_or_else(|| format!("`$ref` to `{}` leads nowhere", shown()))
    }

    fn index(&self) -> &Index<'a> {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            index.resources.push(Resource {
                schema: self.root,
                address: String::new(),
            });
            let mut pending = vec![(self.root, 0)];
            let mut searched = 0;
            while let Some((value, within)) = pending.pop() {
                searched += 1;
                if searched > MOST_SEARCHED {
                    break;
                }
                match value {
                    Value::Object(map) => {
                        let own = index.add(value, map, within);
                        pending.extend(map.values().map(|value| (value, own)));
                    }
                    Value::Array(values) => {
                        pending.extend(values.iter().map(|value| (value, within)));
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
            // Not an error here: the walk notices it at the next value.
            let _ = self.labour(searched);
            index
        })
    }
}

/// A relative address, with the address of the schema that it is in. Empty where they would be too long together.
fn join(base: &str, relative: &str) -> String {
    if base.len().saturating_add(relative.len()) > LONGEST_ADDRESS {
        return String::new();
    }
    if scheme(relative).is_some() {
        return relative.to_owned();
    }
    let (origin, path) = match base.find("://") {
        Some(at) => {
            let path = base[at + 3..]
                .find('/')
                .map_or(base.len(), |slash| at + 3 + slash);
            base.split_at(path)
        }
        None => ("", base),
    };
    if let Some(rest) = relative.strip_prefix("//") {
        let scheme = scheme(base).map_or(String::new(), |scheme| format!("{scheme}:"));
        return format!("{scheme}//{rest}");
    }
    let path = match path.rsplit_once('/') {
        _ if relative.starts_with('/') => relative.to_owned(),
        Some((directory, _)) => format!("{directory}/{relative}"),
        None if origin.is_empty() => relative.to_owned(),
        None => format!("/{relative}"),
    };
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." if segments.len() > 1 => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    format!("{origin}{}", segments.join("/"))
}

/// `https` of `https://example.com`.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(letters);
    valid.then_some(scheme)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_address_is_joined_to_the_one_around_it() {
        let base = "https://example.com/schemas/customer";
        for (base, relative, joined) in [
            (base, "address", "https://example.com/schemas/address"),
            (
                base,
                "/schemas/address",
                "https://example.com/schemas/address",
            ),
            (
                base,
                "./a/../address",
                "https://example.com/schemas/address",
            ),
            (base, "../address", "https://example.com/address"),
            (base, "//other.org/a", "https://other.org/a"),
            (base, "urn:a", "urn:a"),
            ("https://example.com", "a", "https://example.com/a"),
            ("urn:a", "b", "b"),
            ("", "T", "T"),
            ("/a/b", "c", "/a/c"),
        ] {
            assert_eq!(join(base, relative), joined, "{base} {relative}");
        }
        assert_eq!(join(&"b".repeat(4_000), &"c".repeat(100)), "");
    }
}
