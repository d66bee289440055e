//! How much of what servers write is read and kept. Text that is over a bound is cut, and the entry stays.

/// What one index may take. The text is that of servers, so a hostile catalog cannot take more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries of one index. Later ones are left out, and counted.
    pub entries: usize,
    /// Memory of the index in bytes, as far as it depends on the entries. All entries have an equal share of it.
    pub memory: usize,
    /// Memory of one entry in bytes, where its share would be more.
    pub entry: usize,
    /// Bytes of each text of an entry that are read: its title, its description, a parameter's name.
    pub text: usize,
    /// Bytes of a query that are read.
    pub query: usize,
}

impl Bounds {
    /// The bounds of [`crate::Index::build`].
    pub const DEFAULT: Self = Self {
        entries: 50_000,
        memory: 64 << 20,
        entry: 16 << 10,
        text: 4 << 10,
        query: 4 << 10,
    };
}

impl Default for Bounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// At most so many bytes of a text, whole characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_whole_characters() {
        assert_eq!(cut("größe", 3), "gr");
        assert_eq!(cut("größe", 4), "grö");
        assert_eq!(cut("größe", 99), "größe");
    }
}
