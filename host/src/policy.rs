//! What the user granted beyond the skill's typed imports: calls by name, and directories.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Everything that the user granted. The default grants nothing.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// Which tools `call-tool` and `call-tools` may call.
    pub tools: Vec<ToolPattern>,
    /// Which directories `read-file`, `list-dir` and `write-file` see.
    pub dirs: Vec<DirGrant>,
}

/// `SERVER/TOOL`, where `*` stands for any run of characters in either part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPattern {
    server: String,
    tool: String,
}

/// `HOST::GUEST[:rw]`: a directory of the host, and the path under which the skill sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirGrant {
    /// The directory on this machine.
    pub host: PathBuf,
    /// The absolute path in the skill, without a trailing slash.
    pub guest: String,
    /// Whether the skill may write.
    pub writable: bool,
}

/// A grant that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Not `SERVER/TOOL`.
    #[error("`{0}` is not SERVER/TOOL; write `github/get_issue`, or `github/*` for all its tools")]
    Tool(String),
    /// Not `HOST::GUEST[:rw]`.
    #[error(
        "`{0}` is not HOST::GUEST[:rw]; write `./data::/data` to read, `./data::/data:rw` to write too"
    )]
    Dir(String),
    /// The guest path is taken by the host itself.
    #[error("`/mcp-tools` is where the catalog is; choose another guest path than `{0}`")]
    Reserved(String),
}

impl Grants {
    /// Whether a call by name is granted.
    #[must_use]
    pub fn allows(&self, server: &str, tool: &str) -> bool {
        self.tools
            .iter()
            .any(|pattern| pattern.matches(server, tool))
    }

    /// Whether some call to this server could be granted.
    #[must_use]
    pub fn names_server(&self, server: &str) -> bool {
        self.tools
            .iter()
            .any(|pattern| glob(&pattern.server, server))
    }
}

impl ToolPattern {
    fn matches(&self, server: &str, tool: &str) -> bool {
        glob(&self.server, server) && glob(&self.tool, tool)
    }

    /// The server's name, where the pattern names just one.
    #[must_use]
    pub fn exact_server(&self) -> Option<&str> {
        (!self.server.contains('*')).then_some(self.server.as_str())
    }
}

impl FromStr for ToolPattern {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        // Tool names may hold slashes, server names of a configuration hardly do.
        match text.split_once('/') {
            Some((server, tool)) if !server.is_empty() && !tool.is_empty() => Ok(Self {
                server: server.to_owned(),
                tool: tool.to_owned(),
            }),
            _ => Err(GrantError::Tool(text.to_owned())),
        }
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.tool)
    }
}

impl FromStr for DirGrant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let wrong = || GrantError::Dir(text.to_owned());
        let (host, rest) = text.rsplit_once("::").ok_or_else(wrong)?;
        let (guest, writable) = match rest.strip_suffix(":rw") {
            Some(guest) => (guest, true),
            None => (rest, false),
        };
        let guest = guest.trim_end_matches('/');
        let plain = guest
            .split('/')
            .skip(1)
            .all(|part| !part.is_empty() && part != "." && part != "..");
        if host.is_empty() || !rest.starts_with('/') || !plain || guest.contains(['\0', ':']) {
            return Err(wrong());
        }
        if guest == "/mcp-tools" || guest.starts_with("/mcp-tools/") {
            return Err(GrantError::Reserved(guest.to_owned()));
        }
        Ok(Self {
            host: PathBuf::from(host),
            guest: guest.to_owned(),
            writable,
        })
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters.
/// Takes time proportional to the product of the lengths at worst.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn grants(patterns: &[&str]) -> Grants {
        Grants {
            tools: patterns.iter().map(|text| text.parse().unwrap()).collect(),
            dirs: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_granted_by_default() {
        assert!(!Grants::default().allows("github", "get_issue"));
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        let grants = grants(&["github/get_*", "time/*"]);
        assert!(grants.allows("github", "get_issue"));
        assert!(grants.allows("time", "now"));
        assert!(!grants.allows("github", "create_issue"));
        assert!(!grants.allows("githubx", "get_issue"));
    }

    #[test]
    fn a_star_in_the_server_grants_every_server() {
        assert!(grants(&["*/read*"]).allows("any", "read_file"));
        assert!(!grants(&["*/read*"]).allows("any", "unread"));
    }

    #[test]
    fn a_pattern_without_a_tool_is_refused() {
        for text in ["github", "github/", "/x", ""] {
            assert_eq!(
                text.parse::<ToolPattern>(),
                Err(GrantError::Tool(text.into()))
            );
        }
    }

    #[test]
    fn directories_are_read_only_unless_rw() {
        let read: DirGrant = "./data::/data".parse().unwrap();
        let write: DirGrant = "./data::/data/:rw".parse().unwrap();
        assert_eq!((read.guest.as_str(), read.writable), ("/data", false));
        assert_eq!((write.guest.as_str(), write.writable), ("/data", true));
    }

    #[test]
    fn guest_paths_are_absolute_plain_and_not_the_catalog() {
        for text in ["data", "a::b", "a::/b/../c", "a::/b//c", "::/x"] {
            assert_eq!(text.parse::<DirGrant>(), Err(GrantError::Dir(text.into())));
        }
        assert_eq!(
            "a::/mcp-tools/x".parse::<DirGrant>(),
            Err(GrantError::Reserved("/mcp-tools/x".into()))
        );
    }
}
