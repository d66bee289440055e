//! What is known of an expression while answers are followed: of which call it is a part, and how the script holds it.

use std::rc::Rc;

use crate::reads::Step;

/// Steps into an answer that are followed.
const DEPTH: usize = 16;
/// Promises and arrays of the script around one answer.
const WRAPS: usize = 6;

/// A part of the answer of one call.
#[derive(Clone)]
pub(super) struct Value {
    /// The tool, by its number.
    pub(super) tool: usize,
    /// The call, by its number.
    pub(super) call: usize,
    /// What the script put around it, the outermost last.
    wraps: Vec<Wrap>,
    path: Option<Rc<Link>>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    Promise,
    /// An array of such values.
    Array,
    /// An array that has such a value at this place.
    Place(usize),
}

struct Link {
    step: Step,
    before: Option<Rc<Link>>,
}

impl Value {
    /// What a call returns.
    pub(super) fn answer(tool: usize, call: usize) -> Self {
        Self {
            tool,
            call,
            wraps: vec![Wrap::Promise],
            path: None,
            depth: 0,
        }
    }

    pub(super) fn outer(&self) -> Option<Wrap> {
        self.wraps.last().copied()
    }

    fn unwrapped(&self) -> Self {
        let mut inner = self.clone();
        inner.wraps.pop();
        inner
    }

    fn wrapped(&self, wrap: Wrap) -> Option<Self> {
        let mut outer = self.clone();
        outer.wraps.push(wrap);
        (outer.wraps.len() <= WRAPS).then_some(outer)
    }

    /// `await value`: a value that is no promise stays as it is.
    pub(super) fn awaited(&self) -> Self {
        match self.outer() {
            Some(Wrap::Promise) => self.unwrapped(),
            _ => self.clone(),
        }
    }

    pub(super) fn promised(&self) -> Option<Self> {
        self.awaited().wrapped(Wrap::Promise)
    }

    /// `list.map(() => value)`
    pub(super) fn listed(&self) -> Option<Self> {
        self.wrapped(Wrap::Array)
    }

    /// `[other, value]`
    pub(super) fn at_place(&self, place: usize) -> Option<Self> {
        self.wrapped(Wrap::Place(place))
    }

    /// `Promise.all(value)`
    pub(super) fn all(&self) -> Option<Self> {
        match self.outer() {
            Some(wrap @ (Wrap::Array | Wrap::Place(_))) => {
                let awaited = self.unwrapped().awaited().wrapped(wrap)?;
                awaited.wrapped(Wrap::Promise)
            }
            Some(Wrap::Promise) | None => None,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<Self> {
        match self.outer() {
            None => self.longer(Step::Property(name.to_owned())),
            Some(_) => None,
        }
    }

    /// An element, whichever.
    pub(super) fn element(&self) -> Option<Self> {
        match self.outer() {
            None => self.longer(Step::Element),
            Some(Wrap::Array) => Some(self.unwrapped()),
            Some(Wrap::Promise | Wrap::Place(_)) => None,
        }
    }

    /// The element at a place.
    pub(super) fn element_at(&self, wanted: usize) -> Option<Self> {
        match self.outer() {
            Some(Wrap::Place(place)) => (place == wanted).then(|| self.unwrapped()),
            _ => self.element(),
        }
    }

    fn longer(&self, step: Step) -> Option<Self> {
        let mut longer = self.clone();
        longer.depth += 1;
        longer.path = Some(Rc::new(Link {
            step,
            before: self.path.clone(),
        }));
        (longer.depth <= DEPTH).then_some(longer)
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        std::iter::successors(self.path.as_deref(), |link| link.before.as_deref())
    }

    /// The names on the way, the last first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.links().filter_map(|link| match &link.step {
            Step::Property(name) => Some(name.as_str()),
            Step::Element => None,
        })
    }

    pub(super) fn path(&self) -> Vec<Step> {
        let mut path: Vec<_> = self.links().map(|link| link.step.clone()).collect();
        path.reverse();
        path
    }
}
