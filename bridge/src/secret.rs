//! Keeps the secrets of a server out of logs, errors and the response cache.
//! Never changes what a tool answers to its caller.
//!
//! No run of eight bytes of a secret passes, however it is escaped or encoded and wherever it is cut. What is
//! to be cut here goes through [`Secrets::sanitize`], which hides first.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::config::{Endpoint, Launch};
use crate::text::sanitize;

mod builder;
mod given;
mod listed;
mod needles;
mod search;
mod view;

use builder::Builder;
use given::Given;
use needles::Needles;
use search::{each_place, occurs};

/// How much of a text behind the place where it is cut is looked at, in bytes: a secret may reach over it.
const BEYOND: usize = 1024;
/// How long the words of a server in an error may be, in bytes.
const LONGEST_WORDS: usize = 16 * 1024;
/// How much longer a text may become when values in it are replaced by their names, in bytes.
const MOST_GROWTH: usize = 64 * 1024;

/// The secrets of all servers that this process knows. A library that logs does not ask whose text it is.
static KNOWN: RwLock<Vec<Weak<Known>>> = RwLock::new(Vec::new());

/// How many sets of values are learned of one server. Tokens change, and old ones end.
const MOST_LEARNED: usize = 16;

/// The values that the configuration gives to one server, and the tokens that a login gets for it.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    given: Arc<Known>,
    learned: Arc<RwLock<VecDeque<Arc<Known>>>>,
}

#[derive(Default)]
struct Known {
    names: Vec<Name>,
    needles: Needles,
}

struct Name {
    /// What stands in the place of the value.
    shown: String,
    /// It is a secret by its name or by its looks; a path or a mode is not.
    sensitive: bool,
    /// The same without what may be public, such as a header that chooses tools.
    certain: bool,
}

impl Secrets {
    pub(crate) fn of_process(launch: &Launch) -> Self {
        Self::of(given::to_process(launch))
    }

    pub(crate) fn of_endpoint(endpoint: &Endpoint) -> Self {
        Self::of(given::to_endpoint(endpoint))
    }

    fn of(given: Vec<Given>) -> Self {
        Self {
            given: Known::of(given),
            learned: Arc::default(),
        }
    }

    /// Adds values that came later, each with the name that takes its place, to all copies of this. Each is a secret,
    /// whatever it looks like.
    pub(crate) fn learn<'a>(&self, values: impl IntoIterator<Item = (&'static str, &'a str)>) {
        let values = values.into_iter();
        let given = values.map(|(name, value)| Given::learned(name, value));
        let known = Known::of(given.collect());
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        if learned.len() == MOST_LEARNED {
            learned.pop_front();
        }
        learned.push_back(known);
    }

    /// Everything that is known, what was given first.
    fn all(&self) -> Vec<Arc<Known>> {
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        let given = std::iter::once(&self.given);
        given.chain(learned.iter()).map(Arc::clone).collect()
    }

    /// Hides the values of which this holds.
    fn hidden<'a>(&self, text: &'a [u8], which: impl Fn(&Name) -> bool) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(text);
        for known in self.all() {
            if let Cow::Owned(hidden) = known.hide(&text, &which) {
                text = Cow::Owned(hidden);
            }
        }
        text
    }
}

impl Known {
    fn of(given: Vec<Given>) -> Arc<Self> {
        let mut needles = Builder::default();
        let mut names = Vec::new();
        for (owner, one) in given.into_iter().enumerate() {
            needles.add(&one.value, one.by(), owner);
            names.push(Name {
                certain: one.is_certain(),
                shown: one.name,
                sensitive: one.sensitive,
            });
        }
        let known = Arc::new(Known {
            names,
            needles: needles.build(),
        });
        if !known.needles.is_empty() {
            let mut all = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
            all.retain(|one| one.strong_count() > 0);
            all.push(Arc::downgrade(&known));
        }
        known
    }
}

impl Secrets {
    /// The text with the name of each value in its place.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hidden(text.as_bytes(), |_| true) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Only whole letters are replaced, and by text.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The same for bytes that need not be text.
    pub(crate) fn hide_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        self.hidden(bytes, |_| true)
    }

    /// The words of a server in an error, with the name of each value in its place. Very long ones are cut.
    pub(crate) fn hide_words(&self, words: &str) -> String {
        if words.len() <= LONGEST_WORDS {
            return self.hide(words).into_owned();
        }
        let mut hidden = self
            .hide(&words[..words.floor_char_boundary(LONGEST_WORDS + BEYOND)])
            .into_owned();
        hidden.truncate(hidden.floor_char_boundary(LONGEST_WORDS));
        format!("{hidden} ... ({} bytes in all)", words.len())
    }

    /// Foreign bytes as one printable line of at most `most` bytes, with the name of each value in its place. Hides
    /// before it cuts.
    pub(crate) fn sanitize(&self, bytes: &[u8], most: usize) -> String {
        let read = &bytes[..bytes.len().min(kept_for(most))];
        let mut shown = sanitize(&self.hidden(read, |_| true));
        shown.truncate(shown.floor_char_boundary(most));
        shown
    }

    /// Whether a value that is a secret by its name or its looks is in the text, or a part of one.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        let all = self.all();
        all.iter()
            .any(|known| known.occur_in(text.as_bytes(), |name| name.sensitive))
    }
}

/// How much of a text has to be kept to show this much of it, in bytes.
pub(crate) const fn kept_for(most: usize) -> usize {
    most.saturating_add(BEYOND)
}

/// The text without the secrets of any server that this process has started or reached and still knows: what a
/// log writes. Values that are no secrets by their names or their looks stay, such as paths.
#[must_use]
pub fn without_secrets(text: &[u8]) -> Cow<'_, [u8]> {
    let all: Vec<Arc<Known>> = {
        let all = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    };
    let mut text = Cow::Borrowed(text);
    for known in all {
        if let Cow::Owned(hidden) = known.hide(&text, |name| name.sensitive) {
            text = Cow::Owned(hidden);
        }
    }
    text
}

impl Known {
    /// Hides the values of which this holds. A text that would become far longer is the name of its first value alone.
    fn hide<'a>(&self, text: &'a [u8], which: impl Fn(&Name) -> bool) -> Cow<'a, [u8]> {
        let owner = |owner: usize| which(&self.names[owner]);
        let mut hidden = None;
        let mut at = 0;
        each_place(&self.needles, text, &owner, &mut |place| {
            let (start, mut end) = whole_letters(text, place.start, place.end);
            // The next line stays one.
            while end > start && matches!(text[end - 1], b'\n' | b'\r') {
                end -= 1;
            }
            let shown = self.names[place.owner].shown.as_bytes();
            let (hidden, first) =
                hidden.get_or_insert_with(|| (Vec::with_capacity(text.len()), shown));
            hidden.extend_from_slice(&text[at..start.max(at)]);
            hidden.extend_from_slice(shown);
            at = end.max(at);
            if hidden.len() > at + MOST_GROWTH {
                *hidden = first.to_vec();
                at = text.len();
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        let Some((mut hidden, _)) = hidden else {
            return Cow::Borrowed(text);
        };
        hidden.extend_from_slice(&text[at..]);
        Cow::Owned(hidden)
    }

    /// Whether one of the values of which this holds is in the text, or a part of one.
    fn occur_in(&self, text: &[u8], which: impl Fn(&Name) -> bool) -> bool {
        occurs(&self.needles, text, &|owner| which(&self.names[owner]))
    }
}

/// The same range up to the boundaries of letters in UTF-8.
fn whole_letters(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    let inside = |at: usize| {
        text.get(at)
            .is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000)
    };
    while start > 0 && inside(start) {
        start -= 1;
    }
    while inside(end) {
        end += 1;
    }
    (start, end)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.given.names.iter().map(|name| &name.shown))
            .finish()
    }
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
