//! Writes front matter in the part of YAML that all readers have: block style, one line for each value, texts that no
//! reader takes for a number.

use std::fmt::{self, Write as _};

use mcp_bridge::text::is_safe;

use super::fields::FrontMatter;

impl fmt::Display for FrontMatter {
    /// The two lines of `---` and what is between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("---\n")?;
        writeln!(f, "name: {}", Scalar(self.name.as_str()))?;
        writeln!(f, "description: {}", Scalar(&self.description))?;
        for (key, value) in [
            ("license", &self.license),
            ("compatibility", &self.compatibility),
        ] {
            if let Some(value) = value {
                writeln!(f, "{key}: {}", Scalar(value))?;
            }
        }
        if !self.metadata.is_empty() {
            f.write_str("metadata:\n")?;
            for (key, value) in &self.metadata {
                writeln!(f, "  {}: {}", Scalar(key), Quoted(value))?;
            }
        }
        f.write_str("---\n")
    }
}

/// A text as it is where no reader sees anything else in it, and in quotes elsewhere.
struct Scalar<'t>(&'t str);

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_plain(self.0) {
            true => f.write_str(self.0),
            false => Quoted(self.0).fmt(f),
        }
    }
}

/// Words, with signs that mean nothing in YAML. A word alone may be `yes`, `null` or a date: then it has a letter and a
/// hyphen or blank beside it.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "nan"];
    let means_nothing = |char: char| char.is_ascii_alphanumeric() || " ._-/(),;'+=".contains(char);
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.len() > 1
        && !text.ends_with(' ')
        && !text.contains("--")
        && text.chars().all(means_nothing)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// A text in double quotes. What ends a line, hides or reorders is an escape. So is the third of three hyphens: some
/// readers end the front matter at the first three of them, wherever they are.
struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut hyphens = 0;
        for char in self.0.chars() {
            hyphens = if char == '-' { hyphens + 1 } else { 0 };
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                '\n' => f.write_str("\\n")?,
                '-' if hyphens == 3 => {
                    hyphens = 0;
                    f.write_str("\\x2d")?;
                }
                char if is_safe(char) && char <= '\u{ffff}' => f.write_char(char)?,
                char if u32::from(char) <= 0xffff => write!(f, "\\u{:04x}", u32::from(char))?,
                char => write!(f, "\\U{:08x}", u32::from(char))?,
            }
        }
        f.write_char('"')
    }
}
