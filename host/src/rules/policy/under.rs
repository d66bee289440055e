//! Whether a path stands under another one, by their texts alone. Opens no file and follows no link: a symbolic link is
//! the matter of the server that has the files.

use std::fmt;
use std::str::FromStr;

use super::truth::Truth;

/// An absolute path, and all paths below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Under {
    parts: Vec<String>,
}

/// A text that is no absolute path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`under` needs an absolute path such as `/srv/reports`: `{text}` {why}")]
pub struct UnderError {
    text: String,
    why: &'static str,
}

impl Under {
    /// Whether the path is this one or below it. A path that a server may read in another way is unknown.
    pub(super) fn holds(&self, path: &str) -> Truth {
        match parts(path) {
            Ok(parts) => Truth::of(
                parts.len() >= self.parts.len()
                    && self.parts.iter().zip(&parts).all(|(own, its)| own == its),
            ),
            Err(why) => Truth::Unknown(why),
        }
    }
}

/// The names of an absolute path, after `.`, `..`, doubled slashes and a slash at the end are resolved by text.
fn parts(path: &str) -> Result<Vec<&str>, &'static str> {
    // `~/x`, `file:///x` and `C:/x` do not begin with a slash either.
    if !path.starts_with('/') {
        return Err("is not an absolute path");
    }
    if path.contains('\0') {
        return Err("has a NUL");
    }
    // A separator for some servers, a letter for others.
    if path.contains('\\') {
        return Err("has a backslash");
    }
    if has_percent_escape(path) {
        return Err("has a percent escape");
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Ok(parts)
}

/// `%2e`: some servers decode it.
fn has_percent_escape(path: &str) -> bool {
    let mut windows = path.as_bytes().windows(3);
    windows.any(|three| {
        three[0] == b'%' && three[1].is_ascii_hexdigit() && three[2].is_ascii_hexdigit()
    })
}

impl FromStr for Under {
    type Err = UnderError;

    fn from_str(text: &str) -> Result<Self, UnderError> {
        let error = |why| UnderError {
            text: text.to_owned(),
            why,
        };
        let parts = parts(text).map_err(error)?;
        Ok(Self {
            parts: parts.into_iter().map(str::to_owned).collect(),
        })
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_path_is_under_another_by_its_names() {
        let under: Under = "/srv/./x/..//reports/".parse().unwrap();
        assert_eq!(under.to_string(), "/srv/reports");
        for path in [
            "/srv/reports",
            "/srv/reports/",
            "/srv/reports/a.md",
            "//srv///reports/./a",
            "/srv/reports/x/../a",
            "/x/../srv/reports/a",
            "/../srv/reports/a",
            "/srv/reports/..a/...",
            "/srv/reports/ ",
        ] {
            assert_eq!(under.holds(path), Truth::True, "{path}");
        }
        for path in [
            "/",
            "/srv",
            "/srv/reports2/a",
            "/srv/Reports/a",
            "/srv/reports/..",
            "/srv/reports/../a",
            "/srv/reports/x/../../../etc/passwd",
            "/srv/reports/../../../../../..",
        ] {
            assert_eq!(under.holds(path), Truth::False, "{path}");
        }
        let root: Under = "/".parse().unwrap();
        assert_eq!(root.holds("/etc"), Truth::True);
        assert_eq!(root.to_string(), "/");
    }

    #[test]
    fn a_path_that_a_server_may_read_otherwise_is_unknown() {
        let under: Under = "/srv/reports".parse().unwrap();
        for path in [
            "",
            "reports/a",
            "./a",
            "../a",
            "~/a",
            "~root/a",
            "file:///srv/reports/a",
            "FILE:/srv/reports/a",
            "C:/srv/reports",
            " /srv/reports/a",
            "/srv/reports\\..\\x",
            "/srv/reports/a\0.md",
            "/srv/reports/%2e%2E/x",
        ] {
            assert!(matches!(under.holds(path), Truth::Unknown(_)), "{path}");
        }
        // A percent sign alone is a letter.
        assert_eq!(under.holds("/srv/reports/100%"), Truth::True);
    }

    #[test]
    fn a_rule_with_a_relative_path_is_refused() {
        for text in ["", "reports", "~/reports", "file:///srv", "/a\\b", "/a%2fb"] {
            assert!(text.parse::<Under>().is_err(), "{text}");
        }
    }
}
