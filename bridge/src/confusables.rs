//! Names that differ and look alike (Unicode TS 39, section 4): `get_issue` beside `get_іssue`, whose
//! `і` is Cyrillic. Reports; refuses nothing.

use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash as _, Hasher as _};

use rmcp::model::Tool;
use unicode_security::confusable_detection::skeleton;

/// The longest name that is compared, in characters. Names come from servers.
const LONGEST: usize = 256;

/// Two names that a reader cannot tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAlike {
    /// The one that came first.
    pub first: Named,
    /// The one that looks like it.
    pub second: Named,
}

/// A name, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Named {
    /// The name as it is.
    pub name: String,
    /// The server that has a tool of this name; `None` where it is itself the name of a server.
    pub server: Option<String>,
}

/// A name to compare: the server that has a tool of this name, or `None` where it is itself the name of a server.
pub type Compared<'a> = (Option<&'a str>, &'a str);

/// The tools of one server, as names to compare.
pub fn compared_tools<'a>(
    server: &'a str,
    tools: &'a [Tool],
) -> impl Iterator<Item = Compared<'a>> {
    tools
        .iter()
        .map(move |tool| (Some(server), tool.name.as_ref()))
}

/// The names that look like an earlier one and are not the same: at most so many, in their order. Keeps 32 bytes for
/// each name that it compares, however long the name or its shape is.
pub fn look_alikes<'a>(
    names: impl IntoIterator<Item = Compared<'a>>,
    most: usize,
) -> Vec<LookAlike> {
    let mut first: HashMap<u64, Compared<'a>> = HashMap::new();
    let mut reported: HashSet<Compared<'a>> = HashSet::new();
    let mut found = Vec::new();
    for second in names {
        if found.len() >= most {
            break;
        }
        match first.entry(shape(second)) {
            Entry::Vacant(vacant) => drop(vacant.insert(second)),
            Entry::Occupied(known) => {
                let known = *known.get();
                if known.1 != second.1 && look_alike(known, second) && reported.insert(second) {
                    found.push(LookAlike {
                        first: Named::of(known),
                        second: Named::of(second),
                    });
                }
            }
        }
    }
    found
}

/// A hash of what the name looks like. The name of a server and that of a tool are never mistaken for each other.
fn shape((server, name): Compared<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    server.is_some().hash(&mut hasher);
    seen(name).for_each(|letter| letter.hash(&mut hasher));
    hasher.finish()
}

/// Whether it was not the hash alone.
fn look_alike(first: Compared<'_>, second: Compared<'_>) -> bool {
    first.0.is_some() == second.0.is_some() && seen(first.1).eq(seen(second.1))
}

/// What a reader sees of a name.
fn seen(name: &str) -> impl Iterator<Item = char> {
    let end = name
        .char_indices()
        .nth(LONGEST)
        .map_or(name.len(), |(at, _)| at);
    skeleton(&name[..end])
}

impl Named {
    fn of((server, name): Compared<'_>) -> Self {
        Self {
            name: name.to_owned(),
            server: server.map(str::to_owned),
        }
    }
}

/// Shows each letter outside of ASCII by its number, because that is what tells the two apart.
impl fmt::Display for LookAlike {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} looks like {}", self.second, self.first)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain: String = self
            .name
            .chars()
            .take(LONGEST)
            .flat_map(|letter| {
                let shown = letter.is_ascii() && !letter.is_ascii_control();
                let text = match shown {
                    true => letter.to_string(),
                    false => letter.escape_unicode().to_string(),
                };
                text.chars().collect::<Vec<_>>()
            })
            .collect();
        match &self.server {
            Some(server) => write!(formatter, "tool `{plain}` of server `{server}`"),
            None => write!(formatter, "server `{plain}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_names_of_one_look_are_reported_and_equal_ones_are_not() {
        let names = [
            (None, "github"),
            (None, "gіthub"),
            (Some("github"), "get_issue"),
            (Some("gitlab"), "get_issue"),
            (Some("gitlab"), "get_іssue"),
            (Some("github"), "list1"),
            (Some("github"), "listl"),
            (Some("github"), "other"),
        ];
        let found: Vec<String> = look_alikes(names, 10)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "server `g\\u{456}thub` looks like server `github`",
                "tool `get_\\u{456}ssue` of server `gitlab` looks like tool `get_issue` of server `github`",
                "tool `listl` of server `github` looks like tool `list1` of server `github`",
            ]
        );
    }

    #[test]
    fn server_and_tool_are_not_mistaken_for_each_other() {
        assert_eq!(look_alikes([(None, "l"), (Some("l"), "1")], 10), Vec::new());
    }

    #[test]
    fn no_more_are_reported_than_asked_for() {
        let names: Vec<String> = (0..100).map(|at| format!("{at}l{at}")).collect();
        let alike: Vec<String> = names.iter().map(|name| name.replace('l', "1")).collect();
        let all = names
            .iter()
            .chain(&alike)
            .map(|name| (Some("s"), name.as_str()));
        assert_eq!(look_alikes(all, 7).len(), 7);
    }
}
