//! How much of a text a document has room for, in tokens as they are estimated. Says what is missing; chooses nothing.

use mcp_search::estimated_tokens;

/// The most tokens of the body of a SKILL.md (agentskills.io, "Progressive disclosure").
pub const MOST_TOKENS: usize = 5_000;

/// Lines until there is no more room.
pub(crate) struct Lines {
    out: String,
    left: usize,
    missing: usize,
}

impl Lines {
    /// Room for about so many tokens.
    pub(crate) fn new(tokens: usize) -> Self {
        Self {
            out: String::new(),
            left: tokens,
            missing: 0,
        }
    }

    /// Adds a line, unless it or one before it had no room.
    pub(crate) fn push(&mut self, line: &str) {
        let cost = estimated_tokens(line) + 1;
        match self.left.checked_sub(cost) {
            Some(left) if self.missing == 0 => {
                self.left = left;
                self.out.push_str(line);
                self.out.push('\n');
            }
            _ => self.missing += 1,
        }
    }

    /// Counts a line that is not even written, because one before it had no room. Whether that is so.
    pub(crate) fn skips(&mut self) -> bool {
        let is_full = self.missing > 0;
        self.missing += usize::from(is_full);
        is_full
    }

    /// The lines, and how many had no room.
    pub(crate) fn finish(self) -> (String, usize) {
        (self.out, self.missing)
    }
}

/// The start of a text that fits, with `…` where something is missing.
pub(crate) fn fitted(text: &str, tokens: usize) -> String {
    // A token has at most a few dozen bytes: what is beyond is not looked at.
    let near = &text[..text.floor_char_boundary(tokens.saturating_mul(64))];
    if near.len() == text.len() && estimated_tokens(text) <= tokens {
        return text.to_owned();
    }
    let (mut fits, mut over) = (0, near.len());
    while over - fits > 1 {
        let middle = near.floor_char_boundary(fits + (over - fits) / 2);
        if middle <= fits {
            break;
        }
        match estimated_tokens(&near[..middle]) < tokens {
            true => fits = middle,
            false => over = middle,
        }
    }
    let kept = near[..fits].trim_end();
    // A backslash before the end would take the next sign.
    format!("{}…", kept.trim_end_matches('\\'))
}

/// `1 tool`, `2 tools`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fitted("one two three", 3), "one two three");
        assert_eq!(fitted("one two three", 2), "one…");
        for text in [
            "word ".repeat(100_000),
            "😀".repeat(10_000),
            "\\".repeat(5_000),
        ] {
            let cut = fitted(&text, 50);
            assert!(estimated_tokens(&cut) <= 53 && cut.ends_with('…'), "{cut}");
        }
    }

    #[test]
    fn lines_after_one_that_has_no_room_are_counted() {
        let mut lines = Lines::new(6);
        for line in [
            "one",
            "a line of far too many words for what is left",
            "two",
        ] {
            lines.push(line);
        }
        assert_eq!(lines.finish(), ("one\n".to_owned(), 2));
    }
}
