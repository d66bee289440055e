//! A line in the chain: its position, the hash of the line before, its entry, and its own hash. Knows no file.

use blake3::Hash;
use serde::Deserialize;

/// Bytes of a line that is read. What is longer is no line of this program.
pub(crate) const LONGEST: usize = 32 << 10;

/// Before the hash of a line, which is its last field.
const BEFORE: &[u8] = br#","hash":""#;

/// After it.
const AFTER: &[u8] = br#""}"#;

/// Digits of a hash.
const DIGITS: usize = 64;

/// The place of a line in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its position, from 1.
    pub(crate) n: u64,
    pub(crate) hash: Hash,
}

/// A line as it is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) link: Link,
    /// The hash of the line before.
    pub(crate) prev: Hash,
}

/// What is wrong with a line by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("it has no `hash` at its end")]
    NoHash,
    #[error("its `hash` is not that of its text")]
    Changed,
    #[error("it has no `n` or no `prev`")]
    NoLink,
}

/// Appends the line that follows `last` to `out`, with its newline.
pub(crate) fn seal(last: Link, body: &[u8], out: &mut Vec<u8>) -> Link {
    let n = last.n.saturating_add(1);
    let begin = out.len();
    out.extend_from_slice(format!(r#"{{"n":{n},"prev":"{}","#, last.hash.to_hex()).as_bytes());
    out.extend_from_slice(body);
    let hash = blake3::hash(&out[begin..]);
    out.extend_from_slice(BEFORE);
    out.extend_from_slice(hash.to_hex().as_bytes());
    out.extend_from_slice(AFTER);
    out.push(b'\n');
    Link { n, hash }
}

#[derive(Deserialize)]
struct Fields {
    n: u64,
    prev: String,
}

/// Reads a line without its newline.
pub(crate) fn read(line: &[u8]) -> Result<Linked, Flaw> {
    let rest = line.strip_suffix(AFTER).ok_or(Flaw::NoHash)?;
    let at = rest.len().checked_sub(DIGITS).ok_or(Flaw::NoHash)?;
    let (rest, digits) = rest.split_at(at);
    let text = rest.strip_suffix(BEFORE).ok_or(Flaw::NoHash)?;
    let hash = blake3::hash(text);
    // As text: the same digits in capitals are a changed line.
    if hash.to_hex().as_bytes() != digits {
        return Err(Flaw::Changed);
    }
    let fields: Fields = serde_json::from_slice(line).map_err(|_| Flaw::NoLink)?;
    let prev = Hash::from_hex(&fields.prev).map_err(|_| Flaw::NoLink)?;
    Ok(Linked {
        link: Link { n: fields.n, hash },
        prev,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_sealed_and_no_byte_of_it_can_change() {
        let last = Link {
            n: 6,
            hash: blake3::hash(b"before"),
        };
        let mut out = Vec::new();
        let link = seal(last, br#""kind":"run""#, &mut out);
        assert_eq!(out.pop(), Some(b'\n'));
        let expected = Linked {
            link,
            prev: last.hash,
        };
        assert_eq!(read(&out), Ok(expected));
        assert_eq!(link.n, 7);
        assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        for at in 0..out.len() {
            for change in [1_u8, 0x20, 0xff] {
                let mut changed = out.clone();
                changed[at] ^= change;
                assert!(read(&changed).is_err(), "byte {at}, change {change}");
            }
            assert!(read(&out[..at]).is_err(), "cut at {at}");
        }
    }
}
