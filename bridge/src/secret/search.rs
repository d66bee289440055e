//! Where secrets are in a text, from the first to the last, in one pass over parts of the text. What it keeps is what
//! one part takes, however long the text is and however many secrets are in it.

use std::mem;
use std::ops::ControlFlow;

use super::needles::{Hit, Needles, coalesced};

/// How much of a text is looked at together, in bytes, besides what a secret may reach beyond it.
const STEP: usize = 32 * 1024;

/// Gives each place in the text with secrets of these owners, until `each` breaks. The places are in order, and do not
/// overlap. Each has the owner of the longest piece of it.
pub(super) fn each_place(
    needles: &Needles,
    text: &[u8],
    owner: &dyn Fn(usize) -> bool,
    each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
) {
    if needles.is_empty() {
        return;
    }
    let mut start = 0;
    let mut open = Vec::new();
    loop {
        let next = start + STEP;
        let end = text.len().min(next.saturating_add(needles.reach()));
        let is_last = end == text.len();
        needles.find(text, start..end, owner, &mut open);
        for place in merged(mem::take(&mut open)) {
            // What reaches further may be the beginning of a longer place.
            if !is_last && place.end > next {
                open.push(place);
            } else if each(place).is_break() {
                return;
            }
        }
        if is_last {
            return;
        }
        start = next;
    }
}

/// Whether there is such a place.
pub(super) fn occurs(needles: &Needles, text: &[u8], owner: &dyn Fn(usize) -> bool) -> bool {
    let mut occurs = false;
    each_place(needles, text, owner, &mut |_| {
        occurs = true;
        ControlFlow::Break(())
    });
    occurs
}

/// Hits that do not overlap, in their order. Each is of whom the longest piece of it is.
fn merged(hits: Vec<Hit>) -> Vec<Hit> {
    let mut pieces = coalesced(hits);
    pieces.sort_by_key(|piece| piece.start);
    let mut merged: Vec<Hit> = Vec::new();
    let mut longest = 0;
    for piece in pieces {
        let length = piece.end - piece.start;
        match merged.last_mut() {
            Some(last) if piece.start < last.end => {
                last.end = last.end.max(piece.end);
                if length > longest {
                    longest = length;
                    last.owner = piece.owner;
                }
            }
            _ => {
                longest = length;
                merged.push(piece);
            }
        }
    }
    merged
}
