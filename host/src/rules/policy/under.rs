//! Whether a path stands under another one, by their texts alone. Opens no file and follows no link: a symbolic link is
//! the matter of the server that has the files.

use std::fmt;
use std::str::FromStr;

use super::pointer::is_same_name;
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
        let found = match names(path) {
            Ok(found) => found,
            Err(why) => return Truth::Unknown(why),
        };
        // Every absolute path is below `/`, wherever a link leads.
        if self.parts.is_empty() {
            return Truth::True;
        }
        if found.climbs {
            return Truth::Unknown("has `..` behind a name, which may be a link");
        }
        if leads_elsewhere(&found.names) {
            return Truth::Unknown("has a link of the system in it");
        }
        if found.names.len() < self.parts.len() {
            return Truth::False;
        }
        Truth::all(
            self.parts
                .iter()
                .zip(&found.names)
                .map(|(own, its)| same(own, its)),
        )
    }
}

/// The names of an absolute path.
struct Names<'p> {
    names: Vec<&'p str>,
    /// Whether a `..` stands behind a name. Where that name is a link, it does not lead back.
    climbs: bool,
}

/// The names, after `.`, `..`, doubled slashes and a slash at the end are resolved by text.
fn names(path: &str) -> Result<Names<'_>, &'static str> {
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
    let (mut names, mut climbs) = (Vec::new(), false);
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => climbs |= names.pop().is_some(),
            name => names.push(name),
        }
    }
    Ok(Names { names, climbs })
}

/// Links that every Linux has, and that lead to any place: `/proc/self/root`, `/proc/self/cwd`, `/dev/fd/3`.
fn leads_elsewhere(names: &[&str]) -> bool {
    match names {
        ["proc", rest @ ..] => {
            let links = ["root", "cwd", "fd", "exe", "map_files"];
            rest.iter().any(|name| links.contains(name))
        }
        ["dev", "fd", ..] => true,
        _ => false,
    }
}

/// Whether two names are one. Some file systems take names for the same that differ in case, in the form of their
/// letters, in letters without a width, or in dots and blanks at their end.
fn same(own: &str, its: &str) -> Truth {
    const UNLIKE: Truth = Truth::Unknown("has a name that some file systems take for another one");
    if own == its {
        return Truth::True;
    }
    let bare = |name: &str| -> String {
        let seen = name
            .chars()
            .filter(|letter| !is_unseen(*letter))
            .collect::<String>();
        seen.trim_end_matches([' ', '.']).to_owned()
    };
    match is_same_name(&bare(own), &bare(its)) || !(own.is_ascii() || its.is_ascii()) {
        true => UNLIKE,
        false => Truth::False,
    }
}

/// Letters without a width.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
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
        let found = names(text).map_err(error)?;
        Ok(Self {
            parts: found.names.into_iter().map(str::to_owned).collect(),
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
            "/../srv/reports/a",
            "/srv/reports/..a/...",
            "/srv/reports/ ",
            "/srv/reports/Gr\u{fc}n",
        ] {
            assert_eq!(under.holds(path), Truth::True, "{path}");
        }
        for path in [
            "/",
            "/srv",
            "/srv/reports2/a",
            "/srv/gr\u{fc}n/a",
            "/proc/self/status",
            "/dev/null",
        ] {
            assert_eq!(under.holds(path), Truth::False, "{path}");
        }
        let root: Under = "/".parse().unwrap();
        assert_eq!(root.holds("/etc"), Truth::True);
        assert_eq!(root.holds("/etc/../x"), Truth::True);
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
            // A link, and `..` behind it, lead anywhere.
            "/srv/reports/x/../a",
            "/srv/reports/..",
            "/srv/reports/../a",
            "/srv/reports/x/../../../etc/passwd",
            "/x/../srv/reports/a",
            "/proc/self/root/srv/reports/a",
            "/proc/1/task/1/cwd/a",
            "/dev/fd/3/a",
            // The same directory where case, forms of letters, or letters without a width do not count.
            "/srv/Reports/a",
            "/SRV/reports",
            "/srv/rep\u{200d}orts/a",
            "/srv/report\u{17f}/a",
            "/srv/reports./a",
            "/srv/reports /a",
        ] {
            assert!(matches!(under.holds(path), Truth::Unknown(_)), "{path}");
        }
        let composed: Under = "/srv/gr\u{fc}n".parse().unwrap();
        assert!(matches!(
            composed.holds("/srv/gru\u{308}n/a"),
            Truth::Unknown(_)
        ));
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
