//! The front matter of a SKILL.md: what agentskills.io puts between the two lines of `---`. Reads what other authors
//! write, and writes what every reader understands. Knows nothing of the text below it.

mod fault;
mod fields;
mod read;
mod write;

pub use fault::Fault;
pub use fields::{
    AUTHOR, DIGEST, ENTRY, FrontMatter, IMPORTS, LONGEST_COMPATIBILITY, LONGEST_DESCRIPTION,
    SCHEMAS, SERVER, VERSION, metadata,
};
pub use read::{Key, LONGEST, Page, read};

#[cfg(test)]
mod tests;
