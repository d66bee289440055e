//! A pattern of a JSON Schema (ECMA-262) as an expression of the `regex` crate, which matches in linear time.
//! Translates nothing that the crate does not have, such as look-around: such a pattern says nothing here.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

/// The longest pattern that is read, and the longest text that is matched, in bytes.
const LONGEST: usize = 1_000;
const LONGEST_TEXT: usize = 64 << 10;
/// The most patterns of one check, and the most memory of each, in bytes.
const MOST: usize = 64;
const MEMORY: usize = 256 << 10;
/// How deep groups of a pattern nest.
const NEST: u32 = 32;

/// The patterns of one check, each compiled once.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Option<Regex>>);

impl Patterns {
    /// Whether the pattern occurs in the text; `None` where that is not known.
    pub(super) fn occurs(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if pattern.len() > LONGEST || text.len() > LONGEST_TEXT {
            return None;
        }
        if !self.0.contains_key(pattern) {
            if self.0.len() == MOST {
                return None;
            }
            self.0.insert(pattern.to_owned(), compiled(pattern));
        }
        Some(self.0.get(pattern)?.as_ref()?.is_match(text))
    }
}

fn compiled(pattern: &str) -> Option<Regex> {
    let translated = translated(pattern)?;
    RegexBuilder::new(&translated)
        .size_limit(MEMORY)
        .dfa_size_limit(MEMORY)
        .nest_limit(NEST)
        .build()
        .ok()
}

/// The pattern in the syntax of the crate, with the meaning that it has in ECMA-262.
fn translated(pattern: &str) -> Option<String> {
    const LOOKS: [&str; 4] = ["(?=", "(?!", "(?<=", "(?<!"];
    let is_foreign = LOOKS.iter().any(|look| pattern.contains(look))
        // An empty class, and a number of repetitions that ECMA-262 takes literally.
        || ["[]", "[^]", "{,"].iter().any(|part| pattern.contains(part));
    if is_foreign {
        return None;
    }
    let mut out = String::with_capacity(pattern.len());
    let (mut in_class, mut letters) = (false, pattern.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.push_str(&escaped(letters.next()?, in_class)?),
            '[' if in_class => out.push_str("\\["),
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(letter);
            }
            // Between two sets, it takes one from the other in the crate's syntax.
            '-' if in_class && letters.peek() == Some(&'-') => return None,
            '.' if !in_class => out.push_str("[^\\n\\r\\u{2028}\\u{2029}]"),
            _ => {
                in_class = match letter {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                out.push(letter);
            }
        }
    }
    Some(out)
}

/// What an escape means: classes are those of ASCII in ECMA-262.
fn escaped(letter: char, in_class: bool) -> Option<String> {
    let class = |inner: &str| {
        if in_class {
            inner.to_owned()
        } else {
            format!("[{inner}]")
        }
    };
    Some(match letter {
        'd' => class("0-9"),
        'w' => class("A-Za-z0-9_"),
        'D' => "[^0-9]".to_owned(),
        'W' => "[^A-Za-z0-9_]".to_owned(),
        'b' if !in_class => "(?-u:\\b)".to_owned(),
        // References to groups, other kinds of boundaries, and control letters.
        '0'..='9' | 'k' | 'b' | 'B' | 'c' => return None,
        _ => format!("\\{letter}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occurs(pattern: &str, text: &str) -> Option<bool> {
        Patterns::default().occurs(pattern, text)
    }

    #[test]
    fn pattern_means_what_it_means_in_ecma_262() {
        for (pattern, text, expected) in [
            ("^[a-z]+/[a-z]+$", "rust-lang/rust", false),
            ("^[a-z-]+\\/[a-z]+$", "rust-lang/rust", true),
            ("b", "abc", true),
            ("^\\d{4}-\\d\\d$", "2026-11", true),
            // Digits of other scripts are none.
            ("^\\d$", "\u{0663}", false),
            ("^\\D$", "\u{0663}", true),
            ("^\\w+$", "gr\u{fc}n", false),
            ("^[\\w.-]+$", "a.b-c", true),
            ("^[[&~]+$", "[&~", true),
            ("^a.c$", "a\u{2028}c", false),
            ("^(?<year>\\u0061)$", "a", true),
            ("^\\p{L}+$", "gr\u{fc}n", true),
        ] {
            assert_eq!(occurs(pattern, text), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn pattern_that_is_not_the_crates_or_too_large_says_nothing() {
        let long = "x".repeat(LONGEST + 1);
        for pattern in [
            "^(?=a)",
            "(a)\\1",
            "[]",
            "a{,3}",
            "[a--b]",
            "(",
            "((a{100}){100}){100}",
            long.as_str(),
        ] {
            assert_eq!(occurs(pattern, "a"), None, "{pattern}");
        }
        assert_eq!(occurs("a", &"x".repeat(LONGEST_TEXT + 1)), None);
        let mut patterns = Patterns::default();
        for number in 0..MOST {
            assert!(patterns.occurs(&format!("{number}"), "x").is_some());
        }
        assert_eq!(patterns.occurs("one more", "x"), None);
    }

    #[test]
    fn pattern_that_is_slow_elsewhere_takes_no_time() {
        let text = format!("{}!", "a".repeat(60_000));
        assert_eq!(occurs("^(a+)+$", &text), Some(false));
    }
}
