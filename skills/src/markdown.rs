//! Foreign text in Markdown: it stays where it is put. It starts no heading, list, table cell, link, image, HTML or
//! code block, ends none, and hides nothing. Decides nothing about what is said.

use std::borrow::Cow;

use mcp_bridge::text::{is_safe, short};

/// Bytes of a name that is shown.
const LONGEST_NAME: usize = 128;

/// Text as part of one line, of at most about so many bytes: a sentence of a paragraph, an item or a cell.
pub(crate) fn inline(text: &str, most: usize) -> String {
    let text = one_line(text, most);
    let mut out = String::with_capacity(text.len() + 8);
    // A number with a period or parenthesis behind it, and these signs, start a block of their own.
    let digits = text.len()
        - text
            .trim_start_matches(|char: char| char.is_ascii_digit())
            .len();
    for (at, char) in text.char_indices() {
        let starts_block = match at {
            0 => "#-+=>~*_:".contains(char),
            at => at == digits && ".)".contains(char),
        };
        if starts_block || "\\`<[]|".contains(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Text on one line without what is not seen, cut at a word to at most so many bytes, with `…` where it was cut.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        let before = out.len();
        if before > 0 {
            out.push(' ');
        }
        let start = out.len();
        out.extend(word.chars().filter(|char| is_safe(*char)).take(most + 1));
        if out.len() == start {
            out.truncate(before);
        }
        if out.len() > most {
            let fits = match before {
                0 => out.floor_char_boundary(most),
                before => before,
            };
            out.truncate(fits);
            out.push('…');
            break;
        }
    }
    out
}

/// The first sentence of a text on one line, of at most so many bytes.
pub(crate) fn sentence(text: &str, most: usize) -> String {
    // Headings and the lines under them say nothing about what follows.
    let text = text.trim_start_matches(|char: char| char.is_whitespace() || "#*".contains(char));
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let line = one_line(paragraph, 4_096);
    let ends = line
        .match_indices(['.', '!', '?', '。'])
        .find(|(at, sign)| {
            let (before, after) = (&line[..*at], &line[at + sign.len()..]);
            // `e.g.`, `1.` and `index.html` end no sentence.
            let word = before.rsplit(' ').next().unwrap_or_default();
            let is_number = word.chars().all(|char| char.is_ascii_digit());
            let is_short = word.len() < 2 || is_number || word.contains('.') || word == "etc";
            *sign == "。" || ((after.is_empty() || after.starts_with(' ')) && !is_short)
        });
    let end = ends.map_or(line.len(), |(at, sign)| at + sign.len());
    one_line(&line[..end], most)
}

/// A name as code has it.
pub(crate) fn shown_name(name: &str) -> Cow<'_, str> {
    short(name, LONGEST_NAME)
}

/// A name as code.
pub(crate) fn code(name: &str) -> String {
    let shown = shown_name(name);
    // Code that begins or ends with a blank, or is one, loses it.
    let longest = longest_run(&shown, '`');
    let fence = "`".repeat(longest + 1);
    let blank = match longest {
        0 if !shown.starts_with(' ') && !shown.ends_with(' ') && !shown.is_empty() => "",
        _ => " ",
    };
    format!("{fence}{blank}{shown}{blank}{fence}")
}

/// The same in a cell of a table, where a bar ends code too.
pub(crate) fn code_cell(name: &str) -> String {
    // Two backslashes before a bar are one of their own for some readers, and the bar ends the cell.
    code(name).replace("\\|", "∖|").replace('|', "\\|")
}

/// Appends a block of code that its text cannot end.
pub(crate) fn fenced(out: &mut String, language: &str, text: &str) {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    out.push_str(&fence);
    out.push_str(language);
    out.push('\n');
    out.push_str(text);
    if !text.ends_with('\n') {
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
}

/// A word of a shell command, as a POSIX shell and PowerShell take it, of a name that is shown whole.
pub(crate) fn shell(word: &str) -> Cow<'_, str> {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_-./:@".contains(char);
    if !word.is_empty() && !word.starts_with(['-', '@']) && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", short(word, 4_096).replace('\'', "'\\''")))
}

fn longest_run(text: &str, sign: char) -> usize {
    let runs = text.split(|char| char != sign);
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_text_starts_and_ends_nothing() {
        for (text, shown) in [
            (
                "plain (text), of 2 lines:\n\n  a\tb",
                "plain (text), of 2 lines: a b",
            ),
            ("# Title", "\\# Title"),
            ("- item", "\\- item"),
            ("---", "\\---"),
            ("12. item", "12\\. item"),
            ("12) item", "12\\) item"),
            ("1.5 is a number", "1\\.5 is a number"),
            ("> quote", "\\> quote"),
            ("```js\ncode", "\\`\\`\\`js code"),
            ("~~~", "\\~~~"),
            ("a | b", "a \\| b"),
            ("![x](http://y)", "!\\[x\\](http://y)"),
            ("<script>", "\\<script>"),
            ("a\\", "a\\\\"),
            ("a\u{202e}b\u{200b}c\u{7}\u{feff}", "abc"),
            ("\u{200b} \u{200b} x", "x"),
        ] {
            assert_eq!(inline(text, 100), shown, "{text:?}");
        }
    }

    #[test]
    fn text_is_cut_at_a_word_and_says_so() {
        assert_eq!(one_line("one two three", 9), "one two…");
        assert_eq!(one_line("ööööööö", 5), "öö…");
        assert_eq!(one_line(&"x".repeat(1_000_000), 5), "xxxxx…");
        assert_eq!(one_line("one two", 7), "one two");
    }

    #[test]
    fn a_sentence_ends_at_its_period() {
        assert_eq!(
            sentence("Reads it, e.g. now. Then more.", 99),
            "Reads it, e.g. now."
        );
        assert_eq!(
            sentence("Reads index.html and more", 99),
            "Reads index.html and more"
        );
        assert_eq!(sentence("\n# Reads\nit. Now.\n\nMore.", 99), "Reads it.");
        assert_eq!(sentence("获取菜谱。更多", 99), "获取菜谱。");
        assert_eq!(sentence("", 99), "");
    }

    #[test]
    fn code_cannot_be_ended_by_a_name() {
        assert_eq!(code("get_issue"), "`get_issue`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("a\n# b\u{202e}"), "`a\\u{a}# b\\u{202e}`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code_cell("a\\|b"), "`a∖\\|b`");
    }

    #[test]
    fn a_block_of_code_ends_where_it_is_meant_to() {
        let mut out = String::new();
        fenced(&mut out, "ts", "a\n````\nb");
        assert_eq!(out, "`````ts\na\n````\nb\n`````\n");
    }

    #[test]
    fn a_word_of_a_shell_is_one_word() {
        assert_eq!(shell("get-issue"), "get-issue");
        assert_eq!(shell("a'; rm -rf ~ #"), "'a'\\''; rm -rf ~ #'");
        assert_eq!(shell("--allow"), "'--allow'");
        assert_eq!(shell("$(x)\n"), "'$(x)\\u{a}'");
        assert_eq!(shell(""), "''");
    }
}
