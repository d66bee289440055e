//! Merges rankings of different kinds, such as words and the vectors of a model, by rank alone. Computes no vector.

use std::collections::HashMap;

/// The entries of several rankings as one, the best first: each entry has the sum of `1 / (60 + rank)`.
///
/// The scores of the rankings do not have to be comparable (Cormack, Clarke and Buettcher, SIGIR 2009). Nothing calls
/// it until a user sets an embedding model.
#[must_use]
pub fn reciprocal_rank_fusion(rankings: &[&[usize]]) -> Vec<usize> {
    const K: f64 = 60.0;
    let mut scores: HashMap<usize, f64> = HashMap::new();
    for ranking in rankings {
        for (rank, entry) in (1_u32..).zip(*ranking) {
            *scores.entry(*entry).or_default() += 1.0 / (K + f64::from(rank));
        }
    }
    let mut fused: Vec<(usize, f64)> = scores.into_iter().collect();
    fused.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    fused.into_iter().map(|(entry, _)| entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_both_rankings_have_comes_first() {
        assert_eq!(reciprocal_rank_fusion(&[&[7, 3, 5], &[9, 3]]), [3, 7, 9, 5]);
    }

    #[test]
    fn one_ranking_keeps_its_order_and_none_is_empty() {
        assert_eq!(reciprocal_rank_fusion(&[&[4, 2, 8]]), [4, 2, 8]);
        assert_eq!(reciprocal_rank_fusion(&[&[4, 2, 8], &[]]), [4, 2, 8]);
        assert_eq!(reciprocal_rank_fusion(&[]), Vec::<usize>::new());
    }
}
