//! The cost of a tool, in the three measures of a budget.

/// The cost of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Units of the walk over its schemas; see [`labelled`].
    pub(crate) work: usize,
    /// Bytes of its shapes, names, documentation and losses.
    pub(crate) memory: usize,
    /// The most bytes of its WIT. The WIT is shorter if the tool shares types with others.
    pub(crate) text: usize,
}

impl Cost {
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            work: self.work.saturating_sub(other.work),
            memory: self.memory.saturating_sub(other.memory),
            text: self.text.saturating_sub(other.text),
        }
    }

    pub(super) fn times(self, count: usize) -> Self {
        Self {
            work: self.work.saturating_mul(count),
            memory: self.memory.saturating_mul(count),
            text: self.text.saturating_mul(count),
        }
    }

    pub(super) fn over(self, count: usize) -> Self {
        Self {
            work: self.work / count,
            memory: self.memory / count,
            text: self.text / count,
        }
    }

    pub(super) fn min(self, other: Self) -> Self {
        Self {
            work: self.work.min(other.work),
            memory: self.memory.min(other.memory),
            text: self.text.min(other.text),
        }
    }
}
