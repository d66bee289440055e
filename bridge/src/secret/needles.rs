//! The search index: every run of eight bytes of each secret, in every encoding that is not an escape.
//!
//! The bytes are compared folded: without regard to case, to which of the alphabets of Base64 it is, and to which
//! kind of blank. A run that tells nothing, such as `https://`, is not searched for.

use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};

use super::view::View;

/// The longest run of a secret's bytes that may be seen is one less.
const RUN: usize = 8;
/// The shortest value that is searched for. Shorter ones (`8080`, `true`) occur in any text, and hiding
/// them would hide nothing.
pub(super) const SHORTEST: usize = 6;
/// The shortest line of a value of several lines that is hidden where it is a whole line.
const SHORTEST_LINE: usize = 3;
/// So few bytes say nothing, however long they are written.
const FEWEST: usize = 3;

/// Runs that are no secret, whatever value they are a part of.
const PUBLIC: [&str; 8] = [
    "https://www.",
    "http://127.0.0.1",
    "https://localhost",
    "http://localhost",
    "https://api.",
    "postgresql://",
    "application/json",
    "mongodb+srv://",
];

/// The runs of all secrets of one server.
#[derive(Default)]
pub(super) struct Needles {
    /// Sorted. Each is up to eight bytes, the first in the highest place; at the end of a secret there are fewer.
    runs: SecretBox<Vec<u64>>,
    /// Whose run it is, in the same order.
    run_owners: Vec<usize>,
    /// Texts that are only searched for as a whole, sorted by their first bytes.
    wholes: Vec<Whole>,
    /// Lines that are too short to be searched for in the middle of another.
    lines: Vec<Whole>,
    /// One bit for a hash of the first three bytes of anything that is searched for.
    beginnings: Vec<u64>,
}

struct Whole {
    key: u64,
    bytes: SecretSlice<u8>,
    owner: usize,
}

/// A place in a text where a secret is.
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) owner: usize,
}

/// How a value is searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Every run of it.
    Runs,
    /// The value from its first byte to its last.
    Whole,
}

/// Collects what is searched for.
#[derive(Default)]
pub(super) struct Builder {
    runs: Vec<(u64, usize)>,
    wholes: Vec<Whole>,
    lines: Vec<Whole>,
}

impl Builder {
    pub(super) fn add(&mut self, value: &str, by: By, owner: usize) {
        // The line break at its end is not part of it.
        let value = value.trim_end_matches(['\r', '\n']);
        let bytes = value.as_bytes();
        if bytes.len() < SHORTEST {
            return;
        }
        self.whole(bytes, owner);
        if by == By::Runs {
            self.run(bytes, owner);
            if value.contains('\n') {
                let lines = value.lines().map(|line| line.trim().as_bytes());
                let short = lines.filter(|line| (SHORTEST_LINE..RUN).contains(&line.len()));
                self.lines.extend(short.map(|line| Whole::new(line, owner)));
            }
        }
        for (encoded, own) in encodings(bytes) {
            self.whole(&encoded[..own], owner);
            if by == By::Runs && encoded.len() >= RUN {
                self.run(&encoded, owner);
            }
        }
    }

    fn whole(&mut self, bytes: &[u8], owner: usize) {
        if bytes.len() >= SHORTEST {
            self.wholes.push(Whole::new(bytes, owner));
        }
    }

    fn run(&mut self, bytes: &[u8], owner: usize) {
        for at in 0..bytes.len().saturating_sub(FEWEST - 1) {
            let run = &bytes[at..bytes.len().min(at + RUN)];
            if !is_public(run) {
                self.runs.push((key(run), owner));
            }
        }
    }

    pub(super) fn build(mut self) -> Needles {
        self.runs.sort_unstable();
        self.runs.dedup();
        self.wholes.sort_by_key(|whole| whole.key);
        let wholes = self.wholes.iter().map(|whole| whole.key);
        let keys: Vec<u64> = wholes.chain(self.runs.iter().map(|run| run.0)).collect();
        let mut beginnings = vec![0; (keys.len() / 4).next_power_of_two().clamp(16, 1 << 14)];
        for key in keys {
            let (word, bit) = beginning(key, beginnings.len());
            beginnings[word] |= bit;
        }
        let (runs, run_owners) = self.runs.into_iter().unzip();
        Needles {
            runs: SecretBox::new(Box::new(runs)),
            run_owners,
            wholes: self.wholes,
            lines: self.lines,
            beginnings,
        }
    }
}

impl Whole {
    fn new(bytes: &[u8], owner: usize) -> Self {
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

    /// Where in the text the secrets of these owners are. Not sorted, and they may overlap.
    pub(super) fn find(&self, text: &[u8], owner: &dyn Fn(usize) -> bool) -> Vec<Hit> {
        let mut hits = Vec::new();
        if self.is_empty() {
            return hits;
        }
        self.find_lines(text, owner, &mut hits);
        for view in View::all(text) {
            self.find_in(&view, owner, &mut hits);
        }
        hits
    }

    fn find_in(&self, view: &View<'_>, owner: &dyn Fn(usize) -> bool, hits: &mut Vec<Hit>) {
        let folded: Vec<u8> = view.bytes.iter().map(|byte| fold(*byte)).collect();
        for at in 0..folded.len().saturating_sub(FEWEST - 1) {
            let rest = &folded[at..];
            let key = folded_key(rest);
            let (word, bit) = beginning(key, self.beginnings.len());
            if self.beginnings[word] & bit == 0 {
                continue;
            }
            let run =
                run_at(view, at).and_then(|length| Some((length, self.run(key, length, owner)?)));
            let whole = self.whole(key, rest, owner);
            for (length, owner) in run.into_iter().chain(whole) {
                hits.push(Hit {
                    start: view.place(at).0,
                    end: view.place(at + length - 1).1,
                    owner,
                });
            }
        }
    }

    fn find_lines(&self, text: &[u8], owner: &dyn Fn(usize) -> bool, hits: &mut Vec<Hit>) {
        if self.lines.is_empty() {
            return;
        }
        let mut start = 0;
        for line in text.split(|byte| *byte == b'\n') {
            let trimmed = line.trim_ascii();
            if trimmed.len() < RUN {
                let found = self.lines.iter().find(|short| {
                    let bytes = short.bytes.expose_secret();
                    owner(short.owner) && same(bytes, trimmed)
                });
                if let Some(found) = found {
                    hits.push(Hit {
                        start,
                        end: start + line.len(),
                        owner: found.owner,
                    });
                }
            }
            start += line.len() + 1;
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
                    .filter(|whole| rest.starts_with(whole.bytes.expose_secret()));
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

fn same(folded: &[u8], bytes: &[u8]) -> bool {
    folded.len() == bytes.len()
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

fn key(bytes: &[u8]) -> u64 {
    let mut folded = [0; RUN];
    for (place, byte) in folded.iter_mut().zip(bytes) {
        *place = fold(*byte);
    }
    u64::from_be_bytes(folded)
}

fn folded_key(bytes: &[u8]) -> u64 {
    let mut first = [0; RUN];
    let length = bytes.len().min(RUN);
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(first)
}

/// The first bytes of a key, and nothing in the place of the others.
fn beginning_of(key: u64, length: usize) -> u64 {
    match RUN - length.min(RUN) {
        0 => key,
        others => key >> (8 * others) << (8 * others),
    }
}

/// Which word of so many, and which bit of it, is for the first three bytes.
fn beginning(key: u64, words: usize) -> (usize, u64) {
    let hash = (key >> 40).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let word = usize::try_from(hash >> 6).unwrap_or_default() % words;
    (word, 1 << (hash & 63))
}

fn is_public(run: &[u8]) -> bool {
    let tells = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let mut others = run.iter().filter(|byte| **byte != run[0]);
    let second = others.next();
    // Blanks, or a ruled line.
    let is_line = !run.iter().any(tells) && others.all(|byte| Some(byte) == second);
    let is_known = run.len() == RUN
        && PUBLIC.iter().any(|known| {
            known
                .as_bytes()
                .windows(RUN)
                .any(|part| part.eq_ignore_ascii_case(run))
        });
    is_line || is_known
}

/// Base64 at each of the three places that a text may have within three bytes, and hexadecimal digits. With each
/// how many of its digits are the same whatever follows.
fn encodings(bytes: &[u8]) -> Vec<(Vec<u8>, usize)> {
    let mut encodings: Vec<(Vec<u8>, usize)> = (0..3)
        .map(|before| {
            let mut text = vec![0; before];
            text.extend_from_slice(bytes);
            // Without the digits that what is before has bits of.
            let first = (before * 8).div_ceil(6);
            let own = text.len() * 8 / 6 - first;
            (STANDARD.encode(&text).into_bytes()[first..].to_vec(), own)
        })
        .collect();
    let hex: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect();
    let digits = hex.len();
    encodings.push((hex, digits));
    encodings
}
