//! Converts MCP names to WIT labels, and back; no other module does. Rejects only an empty server name: every other
//! name has a label, and different names of one scope have different labels.
//!
//! A label depends on the wire name alone, and on its neighbours only where two of them would be
//! spelled alike. It never depends on the order of the names, so adding a property renames no other.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use thiserror::Error;

mod spell;

use self::spell::hash;
pub use self::spell::label;

/// The WIT labels of all names of one scope (the tools of a server, the properties of an object, the
/// values of an enum), each beside its wire name, in the order given. A name given twice appears once.
///
/// Where several names have the same plain label, the one that is spelled like its label (else the
/// shortest, else the first in byte order) keeps it, and each other gets a suffix made of a hash of its name.
#[must_use]
pub fn labels<'a>(wires: impl IntoIterator<Item = &'a str>) -> Vec<(Cow<'a, str>, &'a str)> {
    let wires = wires.into_iter();
    let mut out: Vec<(Cow<'a, str>, &'a str)> = Vec::with_capacity(wires.size_hint().0);
    out.extend(wires.map(|wire| (label(wire), wire)));
    if !all_different(&out) {
        resolve_collisions(&mut out, hash);
    }
    out
}

/// The WIT function labels of all tools of one server; see [`labels`].
#[must_use]
pub fn tool_labels<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, &'a str)> {
    let labels = labels(names).into_iter();
    labels
        .map(|(label, wire)| (label.into_owned(), wire))
        .collect()
}

/// The label of a server's package: `LABEL` in `mcp-server:LABEL`.
///
/// # Errors
///
/// [`EmptyName`] if the name has no character.
pub fn package_name(server: &str) -> Result<String, EmptyName> {
    if server.is_empty() {
        return Err(EmptyName);
    }
    Ok(label(server).into_owned())
}

/// A server without a name has no package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the server's name is empty: give it a name in `mcpServers`")]
pub struct EmptyName;

/// The label in WIT syntax: keywords get a `%` prefix.
#[must_use]
pub fn escaped(label: &str) -> Cow<'_, str> {
    if is_keyword(label) {
        Cow::Owned(format!("%{label}"))
    } else {
        Cow::Borrowed(label)
    }
}

/// The name for display: on one line, without control characters, and not too long.
#[must_use]
pub fn shown(wire: &str) -> String {
    const LONGEST_SHOWN: usize = 96;
    let mut out = String::new();
    for (count, char) in wire.chars().enumerate() {
        if count == LONGEST_SHOWN {
            out.push('…');
            break;
        }
        if is_invisible(char) || char.is_control() {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
}

/// The name of one member of a list with this label: `labels` -> `label`, `sort-by` -> `sort-by-item`.
#[must_use]
pub(crate) fn singular(label: &str) -> String {
    // The one irregular plural in real schemas: trees name their nodes so.
    if let Some(stem) = label.strip_suffix("children")
        && (stem.is_empty() || stem.ends_with('-'))
    {
        return format!("{stem}child");
    }
    let not_plural = ["ss", "us", "is", "series", "news"]
        .iter()
        .any(|end| label.ends_with(end));
    if not_plural {
        return format!("{label}-item");
    }
    if let Some(stem) = label.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if label.ends_with(end) {
            return label[..label.len() - 2].to_owned();
        }
    }
    match label
        .strip_suffix('s')
        .filter(|stem| stem.len() > 1 && !stem.ends_with('-'))
    {
        Some(stem) => stem.to_owned(),
        None => format!("{label}-item"),
    }
}

fn all_different(labels: &[(Cow<'_, str>, &str)]) -> bool {
    // Most scopes are small, and comparing a dozen short strings is faster than hashing them.
    if labels.len() <= 12 {
        return labels
            .iter()
            .enumerate()
            .all(|(at, (label, _))| labels[..at].iter().all(|(other, _)| other != label));
    }
    let mut seen = HashSet::with_capacity(labels.len());
    labels.iter().all(|(label, _)| seen.insert(&**label))
}

fn resolve_collisions(labels: &mut Vec<(Cow<'_, str>, &str)>, hash: fn(&str) -> u64) {
    let mut wires = HashSet::with_capacity(labels.len());
    labels.retain(|(_, wire)| wires.insert(*wire));

    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| {
        let rank = |at: usize| {
            let (label, wire) = &labels[at];
            (&**label, wire != label, wire.len(), *wire)
        };
        rank(a).cmp(&rank(b))
    });
    let (keepers, losers): (Vec<usize>, Vec<usize>) = {
        let mut keepers = Vec::new();
        let mut losers = Vec::new();
        let mut previous: Option<&str> = None;
        for &at in &order {
            let plain = &*labels[at].0;
            if previous == Some(plain) {
                losers.push(at)
            } else {
                keepers.push(at)
            }
            previous = Some(plain);
        }
        (keepers, losers)
    };
    let mut taken: HashSet<String> = keepers.iter().map(|&at| labels[at].0.to_string()).collect();
    let mut counts: HashMap<String, u64> = HashMap::new();
    for at in losers {
        let (plain, wire) = (&labels[at].0, labels[at].1);
        let hash = format!("{:016x}", hash(wire));
        let short = [4, 8, 16].map(|digits| format!("{plain}-x{}", &hash[..digits]));
        let free = short.into_iter().find(|label| !taken.contains(label));
        let free = free.unwrap_or_else(|| {
            // Names with equal 64-bit hashes are made on purpose, and then there are thousands. They are counted, in
            // byte order, each from where the one before ended.
            let stem = format!("{plain}-x{hash}");
            let count = counts.entry(stem.clone()).or_insert(1);
            loop {
                *count += 1;
                let label = format!("{stem}-n{count}");
                if !taken.contains(&label) {
                    break label;
                }
            }
        });
        taken.insert(free.clone());
        labels[at].0 = Cow::Owned(free);
    }
}

/// The keywords of WIT as `wit-parser` 0.254 lexes them.
fn is_keyword(label: &str) -> bool {
    matches!(
        label,
        "use"
            | "type"
            | "func"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "s8"
            | "s16"
            | "s32"
            | "s64"
            | "f32"
            | "f64"
            | "char"
            | "resource"
            | "own"
            | "borrow"
            | "record"
            | "flags"
            | "variant"
            | "enum"
            | "bool"
            | "string"
            | "option"
            | "result"
            | "future"
            | "stream"
            | "error-context"
            | "list"
            | "map"
            | "as"
            | "from"
            | "static"
            | "interface"
            | "tuple"
            | "world"
            | "import"
            | "export"
            | "package"
            | "constructor"
            | "include"
            | "with"
            | "async"
    )
}

/// Characters that must not occur in a comment: they are invisible, change the direction of text, or the WIT lexer
/// rejects them.
#[must_use]
pub fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}'
        // Deprecated by Unicode, and an error in WIT text.
        | '\u{149}' | '\u{673}' | '\u{f77}' | '\u{f79}' | '\u{17a3}' | '\u{17a4}' | '\u{17b4}' | '\u{17b5}')
}

/// Whether a reader recognises the name from the label: the same letters and digits.
pub(crate) fn reads_as(label: &str, wire: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase())
    }
    let hyphened = || {
        let same = |(label, wire)| label == wire || (label == b'-' && wire == b'_');
        label.len() == wire.len() && label.bytes().zip(wire.bytes()).all(same)
    };
    label == wire || hyphened() || (wire.is_ascii() && letters(label).eq(letters(wire)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV has no secret: an attacker can make ten thousand names with one hash.
    #[test]
    fn names_of_one_hash_are_distinguished_in_linear_time() {
        const COUNT: usize = 20_000;
        let names: Vec<String> = (0..COUNT).map(|at| format!("{at}")).collect();
        let mut labels: Vec<(Cow<'_, str>, &str)> =
            names.iter().map(|name| ("same".into(), &**name)).collect();
        let start = std::time::Instant::now();
        resolve_collisions(&mut labels, |_| 0);
        // Counting each from the first would take minutes.
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
        let different: HashSet<&str> = labels.iter().map(|(label, _)| &**label).collect();
        assert_eq!(different.len(), COUNT);
        assert_eq!(labels[0].0, "same");
        assert!(different.contains("same-x0000000000000000-n19997"));
    }
}
