//! A heading, and the tools under it.

/// Tools with one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// The heading.
    pub title: String,
    /// What else a reader may look for.
    pub keywords: Vec<String>,
    /// The places of its tools in the list, in the order of the list.
    pub tools: Vec<usize>,
}

/// The heading of tools that no other fits.
pub const OTHER: &str = "Other tools";
