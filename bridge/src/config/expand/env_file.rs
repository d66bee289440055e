//! The variables of an `envFile`: `NAME=VALUE` lines, as Docker Compose, Cursor and VS Code read them.
//! Expands nothing in a value, and shows none in an error.

use secrecy::SecretString;

/// The variables in the order of the file; on failure the number of the first bad line.
pub(super) fn parse(text: &str) -> Result<Vec<(String, SecretString)>, usize> {
    let mut variables = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = variable(line).ok_or(at + 1)?;
        variables.push((name.to_owned(), value.into()));
    }
    Ok(variables)
}

fn variable(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || letter == '\0') {
        return None;
    }
    Some((name, unquoted(value.trim())?))
}

/// `'as it is'`, `"with \" and \n"`, or bare up to a ` #`.
fn unquoted(value: &str) -> Option<String> {
    let mut letters = value.chars();
    let Some(quote @ ('\'' | '"')) = letters.next() else {
        let bare = value.split(" #").next().unwrap_or_default();
        return Some(bare.trim_end().to_owned());
    };
    let mut text = String::new();
    loop {
        match letters.next()? {
            letter if letter == quote => break,
            '\\' if quote == '"' => match letters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                letter @ ('"' | '\\' | '$') => text.push(letter),
                letter => text.extend(['\\', letter]),
            },
            letter => text.push(letter),
        }
    }
    let rest = letters.as_str().trim_start();
    (rest.is_empty() || rest.starts_with('#')).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn lines_are_read_as_other_programs_read_them() {
        let text = "# keys\n\nA=1\nexport B = two words # why\r\nC='$A #\\n'\n\
                    D=\"a\\n\\\"b\\\" \\x\" # why\nE=\nF=a#b=c\n";
        let variables: Vec<(String, String)> = parse(text)
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name, value.expose_secret().to_owned()))
            .collect();
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "$A #\\n"),
            ("D", "a\n\"b\" \\x"),
            ("E", ""),
            ("F", "a#b=c"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables, expected);
    }

    #[test]
    fn line_that_is_no_variable_is_named_by_its_number() {
        for line in ["hunter2", "=x", "A B=x", "A='x", "A=\"x", "A='x'y"] {
            assert_eq!(parse(&format!("OK=1\n{line}\n")).unwrap_err(), 2, "{line}");
        }
    }
}
