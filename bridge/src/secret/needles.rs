//! The search index: every run of eight bytes of each secret, and where they are in a text.
//!
//! The bytes are compared folded: without regard to case, to which of the alphabets of Base64 it is, and to which
//! kind of blank.

use std::cmp::Reverse;
use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};

use super::view::View;

/// The longest run of a secret's bytes that may be seen is one less.
pub(super) const RUN: usize = 8;
/// The shortest value that is searched for. Shorter ones (`8080`, `true`) occur in any text, and hiding
/// them would hide nothing.
pub(super) const SHORTEST: usize = 6;
/// So few bytes say nothing, however long they are written.
pub(super) const FEWEST: usize = 3;

/// The runs of all secrets of one server.
#[derive(Default)]
pub(super) struct Needles {
    /// Sorted. Each is up to eight bytes, the first in the highest place; at the end of a secret there are fewer.
    pub(super) runs: SecretBox<Vec<u64>>,
    /// Whose run it is, in the same order.
    pub(super) run_owners: Vec<usize>,
    /// Texts that are only searched for as a whole, sorted by their first bytes.
    pub(super) wholes: Vec<Whole>,
    /// Lines that are too short to be searched for in the middle of another.
    pub(super) lines: Vec<Whole>,
    /// One bit for a hash of the first three bytes of anything that is searched for.
    pub(super) beginnings: Vec<u64>,
    /// How many bytes of a text what is searched for may take.
    pub(super) reach: usize,
}

pub(super) struct Whole {
    pub(super) key: u64,
    pub(super) bytes: SecretSlice<u8>,
    owner: usize,
}

/// A place in a text where a secret is.
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) owner: usize,
}

impl Whole {
    pub(super) fn new(bytes: &[u8], owner: usize) -> Self {
        let folded: Vec<u8> = bytes.iter().map(|byte| fold(*byte)).collect();
        Self {
            key: key(bytes),
            bytes: folded.into(),
            owner,
        }
    }
}

impl Needles {
    pub(super) fn is_empty(&self) -> bool {
        // Whatever is searched for, the whole of it is too.
        self.wholes.is_empty()
    }

    /// How many bytes of a text a secret may take.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// Adds where in this part of the text the secrets of these owners are. Not sorted, and they may overlap.
    pub(super) fn find(
        &self,
        text: &[u8],
        part: Range<usize>,
        owner: &dyn Fn(usize) -> bool,
        hits: &mut Vec<Hit>,
    ) {
        self.find_lines(text, &part, owner, hits);
        let before = part.start;
        for view in View::all(&text[part]) {
            self.find_in(&view, before, owner, hits);
            *hits = coalesced(std::mem::take(hits));
        }
    }

    fn find_in(
        &self,
        view: &View<'_>,
        before: usize,
        owner: &dyn Fn(usize) -> bool,
        hits: &mut Vec<Hit>,
    ) {
        let bytes = &*view.bytes;
        let mut key = key(bytes);
        for at in 0..bytes.len().saturating_sub(FEWEST - 1) {
            if at > 0 {
                key = key << 8 | u64::from(bytes.get(at + RUN - 1).map_or(0, |next| fold(*next)));
            }
            let (word, bit) = beginning(key, self.beginnings.len());
            if self.beginnings[word] & bit == 0 {
                continue;
            }
            let run =
                run_at(view, at).and_then(|length| Some((length, self.run(key, length, owner)?)));
            let whole = self.whole(key, &bytes[at..], owner);
            for (length, owner) in run.into_iter().chain(whole) {
                hits.push(Hit {
                    start: before + view.place(at).0,
                    end: before + view.place(at + length - 1).1,
                    owner,
                });
            }
        }
    }

    fn find_lines(
        &self,
        text: &[u8],
        part: &Range<usize>,
        owner: &dyn Fn(usize) -> bool,
        hits: &mut Vec<Hit>,
    ) {
        if self.lines.is_empty() {
            return;
        }
        let mut start = part.start;
        // The part before this one has the whole of a line that begins in it.
        if start > 0 && text[start - 1] != b'\n' {
            match text[part.clone()].iter().position(|byte| *byte == b'\n') {
                Some(end) => start += end + 1,
                None => return,
            }
        }
        for line in text[start..part.end].split(|byte| *byte == b'\n') {
            let end = start + line.len();
            if end == part.end && end < text.len() {
                return;
            }
            let trimmed = line.trim_ascii();
            if trimmed.len() < RUN {
                let found = self.lines.iter().find(|short| {
                    let bytes = short.bytes.expose_secret();
                    owner(short.owner) && same(bytes, trimmed)
                });
                if let Some(found) = found {
                    hits.push(Hit {
                        start,
                        end,
                        owner: found.owner,
                    });
                }
            }
            start = end + 1;
        }
    }

    /// Whose run starts with these bytes of the key.
    fn run(&self, key: u64, length: usize, owner: &dyn Fn(usize) -> bool) -> Option<usize> {
        let runs = self.runs.expose_secret();
        let wanted = beginning_of(key, length);
        let first = runs.partition_point(|run| *run < wanted);
        let same = runs[first..]
            .iter()
            .take_while(|run| beginning_of(**run, length) == wanted);
        let owners = self.run_owners[first..].iter().zip(same);
        owners.map(|(found, _)| *found).find(|found| owner(*found))
    }

    /// The longest whole text that starts here.
    fn whole(
        &self,
        key: u64,
        rest: &[u8],
        owner: &dyn Fn(usize) -> bool,
    ) -> Option<(usize, usize)> {
        (SHORTEST..=RUN)
            .filter_map(|length| {
                let wanted = beginning_of(key, length);
                let first = self.wholes.partition_point(|whole| whole.key < wanted);
                let found = self.wholes[first..]
                    .iter()
                    .take_while(|whole| beginning_of(whole.key, length) == wanted)
                    .filter(|whole| owner(whole.owner))
                    .filter(|whole| starts_with(rest, whole.bytes.expose_secret()));
                let found = found.map(|whole| (whole.bytes.expose_secret().len(), whole.owner));
                found.min_by_key(|(length, owner)| (Reverse(*length), *owner))
            })
            .max_by_key(|(length, _)| *length)
    }
}

/// How many bytes from here on are written with eight bytes of the text or more: less than eight of
/// them where they are escaped.
fn run_at(view: &View<'_>, at: usize) -> Option<usize> {
    if !view.is_escaped() {
        return (at + RUN <= view.bytes.len()).then_some(RUN);
    }
    let start = view.place(at).0;
    (FEWEST..=RUN).find(|length| {
        at + length <= view.bytes.len() && view.place(at + length - 1).1 - start >= RUN
    })
}

/// Hits without those that another of the same owner contains or continues: runs of one value that follow each other
/// are one piece.
pub(super) fn coalesced(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_unstable_by_key(|hit| (hit.owner, hit.start, hit.end));
    hits.dedup_by(|hit, last| {
        let continues = last.owner == hit.owner && hit.start <= last.end;
        if continues {
            last.end = last.end.max(hit.end);
        }
        continues
    });
    hits
}

fn same(folded: &[u8], bytes: &[u8]) -> bool {
    folded.len() == bytes.len() && starts_with(bytes, folded)
}

/// Whether the bytes begin with these folded ones.
fn starts_with(bytes: &[u8], folded: &[u8]) -> bool {
    bytes.len() >= folded.len()
        && folded
            .iter()
            .zip(bytes)
            .all(|(one, other)| *one == fold(*other))
}

/// A byte without what may change on the way.
fn fold(byte: u8) -> u8 {
    match byte {
        // A form writes `+` for a blank.
        0..=b' ' | 127 | b'-' => b'+',
        b'_' => b'/',
        byte => byte.to_ascii_lowercase(),
    }
}

pub(super) fn key(bytes: &[u8]) -> u64 {
    let mut folded = [0; RUN];
    for (place, byte) in folded.iter_mut().zip(bytes) {
        *place = fold(*byte);
    }
    u64::from_be_bytes(folded)
}

/// The first bytes of a key, and nothing in the place of the others.
fn beginning_of(key: u64, length: usize) -> u64 {
    match RUN - length.min(RUN) {
        0 => key,
        others => key >> (8 * others) << (8 * others),
    }
}

/// Which word of so many, and which bit of it, is for the first three bytes.
pub(super) fn beginning(key: u64, words: usize) -> (usize, u64) {
    let hash = (key >> 40).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let word = usize::try_from(hash >> 6).unwrap_or_default() % words;
    (word, 1 << (hash & 63))
}
