//! A light scan of a text that may not be code yet: what is text in quotes or a comment, and what is not. Where a `/`
//! could be a division or a regular expression, it guesses. Nothing that has to be right depends on it.

use std::iter::Peekable;
use std::str::CharIndices;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// A character outside of words, also one that no code has.
    Mark(char),
    /// A string, a piece of a template, a regular expression.
    Quoted,
    Comment,
    Newline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

pub(crate) struct Scan<'t> {
    text: &'t str,
    chars: Peekable<CharIndices<'t>>,
    /// Braces that are open in each `${`.
    templates: Vec<usize>,
    /// Whether a `/` begins a regular expression.
    wants_value: bool,
}

pub(crate) fn scan(text: &str) -> Scan<'_> {
    Scan {
        text,
        chars: text.char_indices().peekable(),
        templates: Vec::new(),
        wants_value: true,
    }
}

/// Whether a line start is in code: neither in a template nor in a comment.
pub(crate) fn is_code(text: &str, line_starts: &[usize]) -> Vec<bool> {
    let mut code = vec![true; line_starts.len()];
    for token in scan(text) {
        if matches!(token.kind, Kind::Quoted | Kind::Comment) {
            let first = line_starts.partition_point(|start| *start <= token.start);
            let last = line_starts.partition_point(|start| *start < token.end);
            code[first..last.max(first)].fill(false);
        }
    }
    code
}

impl Iterator for Scan<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let (start, char) = self.chars.next()?;
            let kind = match char {
                '\n' => Kind::Newline,
                _ if char.is_whitespace() => continue,
                '/' if self.peek('/') => {
                    self.skip_while(|char| char != '\n');
                    Kind::Comment
                }
                '/' if self.peek('*') => {
                    self.block_comment();
                    Kind::Comment
                }
                '/' if self.wants_value && self.is_regex(start) => {
                    self.regex();
                    Kind::Quoted
                }
                '"' | '\'' => {
                    self.string(char);
                    Kind::Quoted
                }
                '`' => {
                    self.template();
                    Kind::Quoted
                }
                '}' if self.templates.last() == Some(&0) => {
                    self.templates.pop();
                    self.template();
                    Kind::Quoted
                }
                _ if is_word(char) => {
                    self.skip_while(is_word);
                    Kind::Word
                }
                _ => {
                    self.count_brace(char);
                    Kind::Mark(char)
                }
            };
            let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
            self.wants_value = match kind {
                Kind::Newline | Kind::Comment => self.wants_value,
                Kind::Quoted => false,
                Kind::Word => is_operator(&self.text[start..end]),
                Kind::Mark(char) => !matches!(char, ')' | ']' | '}'),
            };
            return Some(Token { kind, start, end });
        }
    }
}

impl Scan<'_> {
    fn peek(&mut self, wanted: char) -> bool {
        self.chars.peek().is_some_and(|(_, char)| *char == wanted)
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.chars.next_if(|(_, char)| wanted(*char)).is_some() {}
    }

    fn block_comment(&mut self) {
        self.chars.next();
        while let Some((_, char)) = self.chars.next() {
            if char == '*' && self.peek('/') {
                self.chars.next();
                return;
            }
        }
    }

    /// A string ends with its line.
    fn string(&mut self, quote: char) {
        while let Some((_, char)) = self.chars.next_if(|(_, char)| *char != '\n') {
            match char {
                '\\' => drop(self.chars.next()),
                _ if char == quote => return,
                _ => {}
            }
        }
    }

    /// Up to its end, or to the next `${`.
    fn template(&mut self) {
        while let Some((_, char)) = self.chars.next() {
            match char {
                '\\' => drop(self.chars.next()),
                '`' => return,
                '$' if self.peek('{') => {
                    self.chars.next();
                    self.templates.push(0);
                    return;
                }
                _ => {}
            }
        }
    }

    /// Whether a second `/` is in the line.
    fn is_regex(&self, start: usize) -> bool {
        let line = self.text[start + 1..]
            .split('\n')
            .next()
            .unwrap_or_default();
        line.contains('/')
    }

    fn regex(&mut self) {
        let mut in_class = false;
        while let Some((_, char)) = self.chars.next_if(|(_, char)| *char != '\n') {
            match char {
                '\\' => drop(self.chars.next_if(|(_, char)| *char != '\n')),
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => break,
                _ => {}
            }
        }
        self.skip_while(char::is_alphabetic);
    }

    fn count_brace(&mut self, char: char) {
        if let Some(open) = self.templates.last_mut() {
            match char {
                '{' => *open += 1,
                '}' => *open = open.saturating_sub(1),
                _ => {}
            }
        }
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$'
}

/// Words that a value follows.
fn is_operator(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "typeof"
            | "case"
            | "in"
            | "of"
            | "delete"
            | "void"
            | "throw"
            | "new"
            | "else"
            | "do"
            | "instanceof"
            | "yield"
            | "await"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        scan(text)
            .map(|token| (token.kind, &text[token.start..token.end]))
            .collect()
    }

    #[test]
    fn quotes_templates_comments_and_expressions_are_told_apart() {
        use Kind::{Comment, Mark, Quoted, Word};
        assert_eq!(
            kinds("a = `x${ {b} }y` / 2 + /[/'\"]/g // c"),
            [
                (Word, "a"),
                (Mark('='), "="),
                (Quoted, "`x${"),
                (Mark('{'), "{"),
                (Word, "b"),
                (Mark('}'), "}"),
                (Quoted, "}y`"),
                (Mark('/'), "/"),
                (Word, "2"),
                (Mark('+'), "+"),
                (Quoted, "/[/'\"]/g"),
                (Comment, "// c"),
            ]
        );
        assert_eq!(kinds("don't\n“é”")[1], (Quoted, "'t"));
    }

    #[test]
    fn a_line_in_a_template_is_no_code() {
        let text = "a\n`\nb\n`\nc";
        assert_eq!(
            is_code(text, &[0, 2, 4, 6, 8]),
            [true, true, false, false, true]
        );
    }
}
