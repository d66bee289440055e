//! The text that is parsed, with its comments: finds tokens between nodes. Knows no syntax but trivia.

use oxc_ast::ast::Comment;

use crate::place::offset;

#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) comments: &'a [Comment],
}

impl<'a> Source<'a> {
    /// The next byte that is neither white space nor part of a comment.
    pub(crate) fn next(&self, from: u32) -> u32 {
        let mut at = from;
        loop {
            let index = self
                .comments
                .partition_point(|comment| comment.span.end <= at);
            if let Some(comment) = self.comments.get(index)
                && comment.span.start <= at
            {
                at = comment.span.end;
                continue;
            }
            match self.slice(at, offset(self.text.len())).chars().next() {
                Some(char) if char.is_whitespace() || char == '\u{feff}' => {
                    at += offset(char.len_utf8())
                }
                _ => return at,
            }
        }
    }

    /// Where the next token starts, if it is this text.
    pub(crate) fn token(&self, from: u32, token: &str) -> Option<u32> {
        let at = self.next(from);
        self.text
            .get(at as usize..)
            .is_some_and(|rest| rest.starts_with(token))
            .then_some(at)
    }

    /// The word that starts here.
    pub(crate) fn word(&self, at: u32) -> &'a str {
        let rest = self.slice(at, offset(self.text.len()));
        let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_' && char != '$');
        &rest[..end.unwrap_or(rest.len())]
    }

    pub(crate) fn slice(&self, start: u32, end: u32) -> &'a str {
        self.text
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    pub(crate) fn has_newline(&self, start: u32, end: u32) -> bool {
        self.slice(start, end)
            .contains(['\n', '\r', '\u{2028}', '\u{2029}'])
    }
}
