//! The end of the log: its last line, and where the file ends. It stands in a file of its own, so that a line that is
//! missing at the end is noticed, and a writer need not read the log.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use blake3::Hash;
use serde::{Deserialize, Serialize};

use crate::line::Link;

/// Bytes of the file: always the same number, so that a new head needs no more room on a full disk.
const LENGTH: usize = 256;

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub(crate) last: Link,
    /// The number of the file that is written.
    pub(crate) file: u64,
    /// The number of the oldest file that is kept.
    pub(crate) oldest: u64,
    /// Bytes of the file that is written.
    pub(crate) bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Text {
    n: u64,
    hash: String,
    file: u64,
    oldest: u64,
    bytes: u64,
}

/// What the file of the head holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Nothing: the first writer was killed, or has not written yet.
    Nothing,
    Head(Head),
    /// Something else.
    Damaged,
}

impl Head {
    /// The position of the last line, from 1.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.last.n
    }

    /// The hash of the last line.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.last.hash
    }

    pub(crate) fn write(&self, file: &File) -> io::Result<()> {
        let text = Text {
            n: self.last.n,
            hash: self.last.hash.to_hex().to_string(),
            file: self.file,
            oldest: self.oldest,
            bytes: self.bytes,
        };
        let mut text = serde_json::to_vec(&text)?;
        text.resize(LENGTH - 1, b' ');
        text.push(b'\n');
        file.write_all_at(&text, 0)
    }

    pub(crate) fn read(file: &File) -> io::Result<Kept> {
        let mut bytes = [0; LENGTH + 1];
        let mut length = 0;
        while length < bytes.len() {
            match file.read_at(&mut bytes[length..], length as u64)? {
                0 => break,
                more => length += more,
            }
        }
        Ok(match length {
            0 => Kept::Nothing,
            LENGTH => parsed(&bytes[..LENGTH]).map_or(Kept::Damaged, Kept::Head),
            _ => Kept::Damaged,
        })
    }
}

fn parsed(bytes: &[u8]) -> Option<Head> {
    let text: Text = serde_json::from_slice(bytes).ok()?;
    Some(Head {
        last: Link {
            n: text.n,
            hash: Hash::from_hex(&text.hash).ok()?,
        },
        file: text.file,
        oldest: text.oldest,
        bytes: text.bytes,
    })
}
