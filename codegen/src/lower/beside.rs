//! For which types documentation is made. Decides nothing.

/// The types that the documentation stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Those of WIT, which state the bounds of integers.
    Wit,
    /// Those of TypeScript, which state that it is a number.
    TypeScript,
}
