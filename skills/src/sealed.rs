//! A small file whose every byte counts: JSON on one line, and the BLAKE3 of that line below it.

use blake3::Hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Damage;

/// The most bytes of such a file.
pub(crate) const LONGEST: u64 = 1 << 20;

/// The bytes of the file.
pub(crate) fn write(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(value)?;
    let hash = blake3::hash(&text);
    text.push(b'\n');
    text.extend_from_slice(hash.to_hex().as_bytes());
    text.push(b'\n');
    Ok(text)
}

/// The value, if every byte is as it was written.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damage> {
    // The seal has 64 digits and two ends of a line.
    let at = bytes.len().checked_sub(66).ok_or(Damage::Changed)?;
    let (text, seal) = bytes.split_at(at);
    let seal = seal
        .strip_prefix(b"\n")
        .and_then(|seal| seal.strip_suffix(b"\n"))
        .ok_or(Damage::Changed)?;
    // `from_hex` takes capital letters too, and those are a change.
    let is_plain = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let written = Hash::from_hex(seal).map_err(|_| Damage::Changed)?;
    if !seal.iter().all(is_plain) || blake3::hash(text) != written {
        return Err(Damage::Changed);
    }
    serde_json::from_slice(text).map_err(|_| Damage::Format)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = write(&vec!["abc", "d\u{e9}"]).unwrap();
        assert_eq!(read::<Vec<String>>(&bytes).unwrap(), ["abc", "d\u{e9}"]);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert_eq!(
                    read::<Vec<String>>(&other),
                    Err(Damage::Changed),
                    "{at} {bit}"
                );
            }
            assert!(read::<Vec<String>>(&bytes[..at]).is_err(), "{at}");
        }
    }
}
