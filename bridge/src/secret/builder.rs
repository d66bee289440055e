//! Makes the search index of values: every run of eight bytes of each secret, in every encoding that is not an escape.
//! A run that tells nothing, such as `https://`, is not searched for.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox};

use super::needles::{FEWEST, Needles, RUN, SHORTEST, Whole, beginning, key};

/// The shortest line of a value of several lines that is hidden where it is a whole line.
const SHORTEST_LINE: usize = 3;
/// How many bytes one byte of a value takes where it is escaped, and the bounds of what all of them may take together.
const ESCAPED: usize = 6;
const REACH: Range<usize> = 1024..32 * 1024;

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
        let longest = self
            .wholes
            .iter()
            .map(|whole| whole.bytes.expose_secret().len());
        let reach = longest.max().unwrap_or(0).saturating_mul(ESCAPED);
        let (runs, run_owners) = self.runs.into_iter().unzip();
        Needles {
            runs: SecretBox::new(Box::new(runs)),
            run_owners,
            wholes: self.wholes,
            lines: self.lines,
            beginnings,
            reach: reach.clamp(REACH.start, REACH.end),
        }
    }
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
