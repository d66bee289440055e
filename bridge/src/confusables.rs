//! Names that differ and look alike (Unicode TS 39, section 4): `get_issue` beside `get_іssue`, whose
//! `і` is Cyrillic. Reports; refuses nothing.

use std::collections::{HashMap, HashSet};
use std::fmt;

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

/// Every name that looks like an earlier one and is not the same.
pub fn look_alikes(names: impl IntoIterator<Item = Named>) -> Vec<LookAlike> {
    let mut first: HashMap<(bool, String), Named> = HashMap::new();
    let mut reported: HashSet<Named> = HashSet::new();
    let mut found = Vec::new();
    for second in names {
        let start: String = second.name.chars().take(LONGEST).collect();
        let shape: String = skeleton(&start).collect();
        // The name of a server and that of a tool are never mistaken for each other.
        let kind = second.server.is_some();
        let key = (kind, shape);
        match first.get(&key) {
            Some(known) if known.name != second.name => {
                if reported.insert(second.clone()) {
                    let first = known.clone();
                    found.push(LookAlike { first, second });
                }
            }
            Some(_) => {}
            None => {
                first.insert(key, second);
            }
        }
    }
    found
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

    fn named(name: &str, server: Option<&str>) -> Named {
        Named {
            name: name.to_owned(),
            server: server.map(str::to_owned),
        }
    }

    #[test]
    fn different_names_of_one_look_are_reported_and_equal_ones_are_not() {
        let names = [
            named("github", None),
            named("gіthub", None),
            named("get_issue", Some("github")),
            named("get_issue", Some("gitlab")),
            named("get_іssue", Some("gitlab")),
            named("list1", Some("github")),
            named("listl", Some("github")),
            named("other", Some("github")),
        ];
        let found: Vec<String> = look_alikes(names).iter().map(ToString::to_string).collect();
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
        assert_eq!(
            look_alikes([named("l", None), named("1", Some("l"))]),
            Vec::new()
        );
    }
}
