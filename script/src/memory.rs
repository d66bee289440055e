//! The memory that reading a source takes, at most: an estimate before anything is parsed. Measures nothing.

use crate::stack;

/// Bytes of trees, scopes and faults for each token, all attempts included. The densest sources take two thirds of it:
/// the test of the programs reads them.
const PER_TOKEN: usize = 1_000;

/// Bytes for everything else.
const BASE: usize = 2 << 20;

/// Bytes that [`read`](crate::read) allocates for this text, at most.
pub fn memory(text: &str) -> usize {
    BASE + stack::tokens(text) * PER_TOKEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_costs_no_more_than_a_short_one() {
        assert_eq!(memory("a"), memory(&"a".repeat(10_000)));
        assert!(memory(&"a,".repeat(10_000)) > 19_999 * 1_000);
    }
}
