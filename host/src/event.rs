//! A skill's event as one line: its message, then its fields. `mcp_bridge::text` decides what a line may hold, and its
//! length.

use std::fmt::{self, Write};

use mcp_bridge::text::Line;

/// `message key=value key="two words"`.
pub(crate) fn one_line(message: &str, fields: &[(String, String)]) -> String {
    let mut line = Line::new(String::new());
    // Writing to a String cannot fail.
    let _ = write(&mut line, message, fields);
    line.finish().unwrap_or_default()
}

fn write(line: &mut Line<String>, message: &str, fields: &[(String, String)]) -> fmt::Result {
    line.write_str(message)?;
    for (key, value) in fields {
        if line.is_full() {
            break;
        }
        write!(line, " {key}=")?;
        if value.is_empty()
            || value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '=' | '\\'))
        {
            line.write_str("\"")?;
            for part in value.split_inclusive(['"', '\\']) {
                let last = part.chars().next_back();
                let plain = part.trim_end_matches(['"', '\\']);
                line.write_str(plain)?;
                if let Some(quoted @ ('"' | '\\')) = last {
                    write!(line, "\\{quoted}")?;
                }
            }
            line.write_str("\"")?;
        } else {
            line.write_str(value)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_follow_the_message_and_are_quoted_where_they_must_be() {
        let fields = [
            ("n".to_owned(), "3".to_owned()),
            ("who".to_owned(), "a \"b\"".to_owned()),
            ("path".to_owned(), r"a\".to_owned()),
            ("empty".to_owned(), String::new()),
        ];
        assert_eq!(
            one_line("done", &fields),
            r#"done n=3 who="a \"b\"" path="a\\" empty="""#
        );
    }
}
