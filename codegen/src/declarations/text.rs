//! Foreign text in TypeScript: comments and string literals that it cannot break out of.

use std::fmt::Write as _;

use crate::emit::comment;
use crate::names::is_invisible;

/// Appends a doc comment of the text, and after it the tags, which are not foreign. Writes nothing without both.
pub(super) fn comment(out: &mut String, indent: &str, text: &str, tags: &[&str]) {
    let mut inert = String::new();
    comment::doc(&mut inert, "", text);
    let foreign = inert.lines().map(|line| {
        let line = line.trim_start_matches("///");
        line.strip_prefix(' ').unwrap_or(line)
    });
    let foreign: Vec<String> = foreign.map(without_tag).collect();
    let lines: Vec<&str> = foreign
        .iter()
        .map(String::as_str)
        .chain(tags.iter().copied())
        .collect();
    match lines.as_slice() {
        [] => {}
        [line] => {
            let _ = writeln!(out, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(out, "{indent}/**");
            for line in lines {
                let _ = writeln!(out, "{}", format!("{indent} * {line}").trim_end());
            }
            let _ = writeln!(out, "{indent} */");
        }
    }
}

/// The line with an escape before what would be a tag: a server cannot say `@deprecated` or `@ts-expect-error`. Editors
/// show it without the escape.
fn without_tag(line: &str) -> String {
    let text = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '/'));
    if !text.starts_with('@') {
        return line.to_owned();
    }
    let (before, text) = line.split_at(line.len() - text.len());
    format!("{before}\\{text}")
}

/// The text as a string literal, with escapes for what no reader would see.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            char if char.is_control() || is_invisible(char) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commented(text: &str, tags: &[&str]) -> String {
        let mut out = String::new();
        comment(&mut out, "  ", text, tags);
        out
    }

    #[test]
    fn a_comment_ends_where_it_is_meant_to() {
        assert_eq!(commented("a */ b **/", &[]), "  /** a * / b ** / */\n");
        assert_eq!(commented("", &[]), "");
        let two = "  /**\n   * a\n   *\n   * / b\n   */\n";
        assert_eq!(commented("a\n\n\n/ b\n", &[]), two);
    }

    #[test]
    fn a_server_writes_no_tags() {
        let tagged = commented("a\n@ts-expect-error\n * @deprecated\nx@y", &["@deprecated"]);
        let expected = "  /**\n   * a\n   * \\@ts-expect-error\n   *  * \\@deprecated\n   * x@y\n   * @deprecated\n   */\n";
        assert_eq!(tagged, expected);
    }

    #[test]
    fn a_literal_is_one_text() {
        assert_eq!(
            literal("a\"\\\n\u{202e}\u{7f}é"),
            "\"a\\\"\\\\\\n\\u{202e}\\u{7f}é\""
        );
    }
}
