//! Text of servers, scripts and clients as the page shows it: without secrets, without characters that hide or reorder
//! text, and cut. Escapes no HTML: maud does.

use std::borrow::Cow;
use std::time::SystemTime;

use mcp_bridge::text;

/// Bytes beyond what is shown that are read, so that a secret at the cut is whole.
const BEYOND: usize = 64 << 10;

/// Bytes of one value in a line.
pub(super) const LINE: usize = 300;

/// Bytes of one value that the user decides about.
pub(super) const VALUE: usize = 16 << 10;

/// A name: at most 96 characters.
pub(super) fn name(name: &str) -> String {
    mcp_codegen::names::shown(&hidden(name, 1_000))
}

/// One line of at most so many bytes. What is missing is counted.
pub(super) fn line(value: &str, most: usize) -> String {
    let missing = value.len().saturating_sub(most);
    let hidden = hidden(value, most);
    match missing {
        0 => text::short(&hidden, most.saturating_mul(8)).into_owned(),
        _ => {
            let kept = &hidden[..hidden.floor_char_boundary(most)];
            format!(
                "{}{}",
                text::short(kept, most.saturating_mul(8)),
                cut(missing)
            )
        }
    }
}

/// Text of several lines.
pub(super) fn block(value: &str, most: usize) -> String {
    let missing = value.len().saturating_sub(most);
    let hidden = hidden(value, most);
    match missing {
        0 => text::page(&hidden).into_owned(),
        _ => {
            let kept = &hidden[..hidden.floor_char_boundary(most)];
            format!("{}{}", text::page(kept), cut(missing))
        }
    }
}

fn cut(missing: usize) -> String {
    format!(" … ({missing} bytes are cut here)")
}

/// Without secrets. Hides before a text is cut.
fn hidden(value: &str, most: usize) -> Cow<'_, str> {
    let end = value.floor_char_boundary(most.saturating_add(BEYOND));
    match mcp_bridge::without_secrets(&value.as_bytes()[..end]) {
        Cow::Borrowed(_) => Cow::Borrowed(&value[..end]),
        Cow::Owned(hidden) => Cow::Owned(String::from_utf8_lossy(&hidden).into_owned()),
    }
}

/// `14:32:07`, with the day where it is another one, in UTC.
pub(super) fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at)
        .to_string()
        .replace('T', " ")
        .replace('Z', " UTC")
}

/// `812 bytes`, `4.2 KiB`.
pub(super) fn bytes(count: usize) -> String {
    #[allow(clippy::cast_precision_loss, reason = "one digit is shown")]
    let value = count as f64;
    match count {
        0..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{:.1} KiB", value / 1_024.0),
        _ => format!("{:.1} MiB", value / 1_048_576.0),
    }
}

/// About how many tokens so many bytes are: four bytes make one.
pub(super) fn tokens(count: usize) -> String {
    format!("about {} tokens", count.div_ceil(4))
}

/// `1 call`, `2 calls`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(line("abc", 3), "abc");
        assert_eq!(line("abcdef", 3), "abc … (3 bytes are cut here)");
        assert_eq!(block("a\nb", 3), "a\nb");
        let long = "x".repeat(1 << 20);
        let shown = block(&long, VALUE);
        assert!(shown.ends_with(" … (1032192 bytes are cut here)"));
        assert!(shown.len() < VALUE + 100);
    }

    #[test]
    fn characters_that_hide_text_are_seen() {
        assert_eq!(line("a\u{202e}b\u{1b}", 100), "a\\u{202e}b\\u{1b}");
        assert!(!block("a\u{202e}b", 100).contains('\u{202e}'));
    }
}
