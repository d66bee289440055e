//! The state of one walk over a schema document: where it is, and what it lost. Decides no type.

use std::fmt::Write as _;

use serde_json::Value;

use super::beside::Beside;
use super::layers::Identity;
use super::refs::Definitions;
use crate::shape::{Known, Loose, Loss, Shape};

/// The most losses of one schema that are listed; the rest is counted. A reader needs no more, and a schema of a
/// kilobyte may have ten thousand.
const MOST_LOSSES: usize = 100;

/// The state of one walk over one schema document.
pub(super) struct Lower<'a> {
    pub(super) root: &'a Value,
    pub(super) definitions: Definitions<'a>,
    /// The current position, as a JSON pointer in parts.
    pub(super) at: Vec<Step<'a>>,
    pub(super) base: &'static str,
    pub(super) beside: Beside,
    /// The objects that contain the current value, the outermost first.
    pub(super) around: Vec<Around>,
    pub(super) nodes: usize,
    pub(super) depth: usize,
    losses: Vec<Loss>,
    /// How many losses came after the first [`MOST_LOSSES`].
    unlisted: usize,
    unlisted_json: usize,
}

/// One arm of an object that contains the current value.
pub(super) struct Around {
    pub(super) identity: Identity,
    /// The number of objects that contain it. Arms of one object share it.
    pub(super) level: usize,
}

/// One step of a JSON pointer.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Lower<'a> {
    pub(super) fn new(root: &'a Value, base: &'static str, effort: usize, beside: Beside) -> Self {
        Self {
            root,
            definitions: Definitions::new(root, effort),
            at: Vec::new(),
            base,
            beside,
            around: Vec::new(),
            nodes: 0,
            depth: 0,
            losses: Vec::new(),
            unlisted: 0,
            unlisted_json: 0,
        }
    }

    /// The losses of the walk; if there are more than are listed, also their number.
    pub(super) fn into_losses(mut self) -> Vec<Loss> {
        if self.unlisted > 0 {
            let mut why = format!("{} more parts are not wholly expressed", self.unlisted);
            if self.unlisted_json > 0 {
                let _ = write!(why, "; {} of them are `json`", self.unlisted_json);
            }
            self.losses.push(Loss {
                at: self.base.to_owned(),
                why,
            });
        }
        self.losses
    }

    /// `json`, with the reason.
    pub(super) fn json(&mut self, why: &str) -> Shape<'a> {
        self.json_of(Known::Any, why)
    }

    /// `json` that can hold only these values, with the reason.
    pub(super) fn json_of(&mut self, known: Known, why: &str) -> Shape<'a> {
        self.lose(format!("{why}; it is `json`"));
        Shape::Json(Loose::of(known))
    }

    /// The number of objects that contain the current value.
    pub(super) fn level(&self) -> usize {
        self.around.last().map_or(0, |around| around.level + 1)
    }

    pub(super) fn lose(&mut self, why: String) {
        // The pointer is built only if it is kept: a walk may lose ten thousand parts, each deeply nested.
        if self.losses.len() == MOST_LOSSES {
            self.unlisted += 1;
            self.unlisted_json += usize::from(why.contains("`json`"));
            return;
        }
        let mut at = self.base.to_owned();
        for step in &self.at {
            at.push('/');
            match step {
                // People read pointers, so a name of a megabyte is cut.
                Step::Key(key) => {
                    at.push_str(
                        &key[..key.floor_char_boundary(128)]
                            .replace('~', "~0")
                            .replace('/', "~1"),
                    );
                }
                Step::Index(index) => at.push_str(&index.to_string()),
            }
        }
        let loss = Loss { at, why };
        if self.losses.last() != Some(&loss) {
            self.losses.push(loss);
        }
    }
}
