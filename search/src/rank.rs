//! Scores the entries for a request. Reads postings only, and returns no entry that no term of the request matches.

use crate::action::Action;
use crate::postings::Postings;
use crate::query::Wanted;
use crate::stems::{is_stop_word, stem, stemmer};
use crate::synonyms::synonyms;
use crate::vocabulary::Term;

/// What a request looks for is also said by other words, each with less weight.
const SYNONYM: f32 = 0.5;
const PART_OF_COMPOUND: f32 = 0.7;
const MISSPELT: f32 = 0.6;
/// A tool of a server that has much of what is looked for is likelier.
const SERVER: f32 = 0.2;
/// A tool with the action of the request is likelier, and one with another action less likely.
const SAME_ACTION: f32 = 1.2;
const OTHER_ACTION: f32 = 0.7;
/// What ran well is likelier, by so much for each doubling of its runs, up to so many of them.
const USED: f32 = 0.05;
const MOST_DOUBLINGS: u32 = 6;
/// An entry with less than this part of the best score shares only common words with the request.
const TAIL: f32 = 0.1;

/// What of an entry decides its score beside its terms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranked {
    pub(crate) server: u32,
    pub(crate) action: Option<Action>,
    /// How often it ran well.
    pub(crate) uses: u32,
}

impl Ranked {
    fn used(&self) -> f32 {
        let doublings = self.uses.saturating_add(1).ilog2().min(MOST_DOUBLINGS);
        let doublings = u16::try_from(doublings).unwrap_or_default();
        USED.mul_add(f32::from(doublings), 1.0)
    }
}

/// The entries that match, the best first. Equal scores stay in the order of the entries.
pub(crate) fn rank(
    wanted: &Wanted,
    postings: &Postings,
    entries: &[Ranked],
    only_server: Option<u32>,
) -> Vec<(u32, f32)> {
    let mut scores = vec![0.0_f32; entries.len()];
    let mut best = vec![0.0_f32; entries.len()];
    for concept in concepts(wanted, postings) {
        let mut touched: Vec<u32> = Vec::new();
        for (term, weight) in concept.terms {
            for (entry, value) in postings.of(term) {
                let value = concept.weight * weight * value;
                let known = &mut best[*entry as usize];
                if *known == 0.0 {
                    touched.push(*entry);
                }
                *known = known.max(value);
            }
        }
        // The best of a word and its synonyms counts, not their sum: a description that uses them all says no more.
        for entry in touched {
            scores[entry as usize] += std::mem::take(&mut best[entry as usize]);
        }
    }
    for (score, entry) in scores.iter_mut().zip(entries) {
        match (wanted.action, entry.action) {
            (Some(wanted), Some(own)) if wanted == own => *score *= SAME_ACTION,
            (Some(_), Some(_)) => *score *= OTHER_ACTION,
            _ => {}
        }
        *score *= entry.used();
        if only_server.is_some_and(|server| server != entry.server) {
            *score = 0.0;
        }
    }
    add_servers(&mut scores, entries);
    let top = scores.iter().copied().fold(0.0, f32::max);
    let mut found: Vec<(u32, f32)> = (0..)
        .zip(scores)
        .filter(|(_, score)| *score > TAIL * top)
        .collect();
    found.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    found
}

/// One term of the request, and the terms of the index that may mean it.
struct Concept {
    weight: f32,
    terms: Vec<(Term, f32)>,
}

fn concepts(wanted: &Wanted, postings: &Postings) -> Vec<Concept> {
    let vocabulary = &postings.vocabulary;
    let mut out: Vec<Concept> = Vec::new();
    for (stem, weight) in &wanted.terms {
        let own = vocabulary.term(stem);
        let rarity = |term| postings.rarity(term);
        let mut terms: Vec<(Term, f32)> =
            own.map(|term| (term, rarity(term))).into_iter().collect();
        for other in synonyms(stem)
            .iter()
            .filter_map(|other| vocabulary.term(other))
        {
            // A rare synonym of a common word is no better evidence than the word itself.
            let rarity = own.map_or(rarity(other), |own| rarity(other).min(rarity(own)));
            terms.push((other, SYNONYM * rarity));
        }
        if terms.is_empty() {
            let parts = parts(stem, postings);
            let near = parts.is_empty().then(|| vocabulary.near(stem)).flatten();
            terms.extend(near.map(|term| (term, MISSPELT * rarity(term))));
            let parts = parts.into_iter();
            out.extend(parts.map(|term| Concept {
                weight: *weight,
                terms: vec![(term, PART_OF_COMPOUND * rarity(term))],
            }));
        }
        if !terms.is_empty() {
            out.push(Concept {
                weight: *weight,
                terms,
            });
        }
    }
    out.extend(joined(wanted, postings));
    out
}

/// `mindmap` where the index has `mind` and `map`.
fn parts(stem: &str, postings: &Postings) -> Vec<Term> {
    const SHORTEST: usize = 3;
    let term = |part: &str| postings.vocabulary.term(part);
    (SHORTEST..stem.len().saturating_sub(SHORTEST - 1))
        .filter_map(|at| Some((stem.get(..at)?, stem.get(at..)?)))
        .find_map(|(left, right)| Some(vec![term(left)?, term(right)?]))
        .unwrap_or_default()
}

/// `mind map` where the index has `mindmap`.
fn joined(wanted: &Wanted, postings: &Postings) -> Vec<Concept> {
    let stemmer = stemmer();
    let pairs = wanted.words.windows(2);
    pairs
        .filter(|pair| !pair.iter().any(|word| is_stop_word(word)))
        .filter_map(|pair| {
            let word = pair.concat();
            let stem = stem(&stemmer, &word);
            let is_new = !wanted.terms.iter().any(|(known, _)| *known == *stem);
            let term = postings.vocabulary.term(&stem).filter(|_| is_new)?;
            Some(Concept {
                weight: 1.0,
                terms: vec![(term, postings.rarity(term))],
            })
        })
        .collect()
}

/// Adds to each entry that matches a part of what its server matches: half of it the best, half the best three.
fn add_servers(scores: &mut [f32], entries: &[Ranked]) {
    let servers = entries.iter().map(|entry| entry.server as usize + 1).max();
    let mut best = vec![[0.0_f32; 3]; servers.unwrap_or(0)];
    for (score, entry) in scores.iter().zip(entries) {
        let of_server = &mut best[entry.server as usize];
        let mut rest = *score;
        for place in of_server {
            if rest > *place {
                std::mem::swap(place, &mut rest);
            }
        }
    }
    for (score, entry) in scores.iter_mut().zip(entries) {
        if *score > 0.0 {
            let [first, second, third] = best[entry.server as usize];
            *score += SERVER * 0.5 * (first + (first + second + third) / 3.0);
        }
    }
}
