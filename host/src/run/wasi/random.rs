//! Random numbers that are the same in every run with the same seed, on every machine and in every version.

use std::convert::Infallible;

use rand_core::TryRng;

/// An endless stream of bytes from a seed: BLAKE3 in XOF mode.
pub(super) struct Seeded(blake3::OutputReader);

impl Seeded {
    /// `purpose` separates the streams of one seed.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher =
            blake3::Hasher::new_derive_key("mcp-host 2026 random numbers of a fixed seed");
        hasher.update(&seed.to_le_bytes());
        hasher.update(purpose.as_bytes());
        Self(hasher.finalize_xof())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(into);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_seed_or_purpose_others() {
        let numbers = |seed, purpose| Seeded::new(seed, purpose).bytes::<32>();
        assert_eq!(numbers(7, "a"), numbers(7, "a"));
        assert_ne!(numbers(7, "a"), numbers(8, "a"));
        assert_ne!(numbers(7, "a"), numbers(7, "b"));
    }
}
