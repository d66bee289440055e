//! Where the servers of a file stand: each client has a key of its own. Finds servers in other places too, to name
//! them; reads none of those.

use super::entry::looks_like_a_server;
use super::node::{Node, Value};
use super::object::Fault;

/// The keys whose members are servers, and the clients that have them: most; VS Code's `mcp.json`; Zed; Codex; Amp.
const PLACES: [&str; 6] = [
    "mcpServers",
    "servers",
    "context_servers",
    "mcp_servers",
    "amp.mcpServers",
    "mcp.servers",
];
/// The keys inside of `mcp`: VS Code's `settings.json` has the first. opencode has its servers in `mcp` itself.
const INSIDE_MCP: [&str; 2] = ["servers", "mcpServers"];

/// What a file should look like.
pub(super) const SHAPE: &str = r#"write {"mcpServers": {"NAME": {"command": "...", "args": []}}}"#;

/// A server as it stands in the file.
pub(super) struct Placed<'a> {
    pub(super) name: &'a str,
    pub(super) node: &'a Node,
    /// It is one of opencode, whose values and times are written in another way.
    pub(super) opencode: bool,
}

/// Servers where none is read.
pub(super) struct Seen {
    pub(super) at: usize,
    /// The keys that lead there; empty at the top.
    path: String,
    names: Vec<String>,
}

#[derive(Default)]
pub(super) struct Places<'a> {
    pub(super) servers: Vec<Placed<'a>>,
    pub(super) elsewhere: Vec<Seen>,
    /// Keys for servers whose value is no object of servers.
    pub(super) faults: Vec<Fault>,
    /// Other keys of the top.
    pub(super) others: Vec<&'a str>,
}

/// All servers of the file.
pub(super) fn find(root: &Node) -> Places<'_> {
    let mut places = Places::default();
    let mut at_top = Vec::new();
    for member in root.members().unwrap_or_default() {
        let (key, node) = (member.key.as_str(), &member.node);
        if PLACES.contains(&key) {
            places.container(key, node);
        } else if key == "mcp" && node.members().is_some() {
            places.mcp(node);
        } else if looks_like_a_server(node) {
            at_top.push((key, node.at));
        } else {
            places.others.push(key);
            scan(key, node, &mut places.elsewhere);
        }
    }
    if let Some((_, at)) = at_top.first() {
        places.elsewhere.push(Seen {
            at: *at,
            path: String::new(),
            names: at_top.iter().map(|(key, _)| (*key).to_owned()).collect(),
        });
    }
    places
}

/// The key that is nearly this one.
pub(super) fn near(key: &str) -> Option<&'static str> {
    mcp_codegen::near::nearest(key, PLACES)
}

impl<'a> Places<'a> {
    fn container(&mut self, path: &str, node: &'a Node) {
        let Some(members) = node.members() else {
            let kind = node.kind();
            self.faults.push(Fault {
                at: node.at,
                key: Some(path.to_owned()),
                message: format!("found {kind}, expected an object of servers by name: {SHAPE}"),
            });
            return;
        };
        self.servers.extend(members.iter().map(|member| Placed {
            name: &member.key,
            node: &member.node,
            opencode: false,
        }));
    }

    fn mcp(&mut self, node: &'a Node) {
        let inside: Vec<_> = INSIDE_MCP
            .iter()
            .filter_map(|key| {
                Some((
                    *key,
                    node.get(key).filter(|node| !looks_like_a_server(node))?,
                ))
            })
            .collect();
        for (key, node) in &inside {
            self.container(&format!("mcp.{key}"), node);
        }
        let members = node.members().unwrap_or_default();
        if inside.is_empty()
            && members
                .iter()
                .any(|member| looks_like_a_server(&member.node))
        {
            self.servers.extend(members.iter().map(|member| Placed {
                name: &member.key,
                node: &member.node,
                opencode: true,
            }));
        }
    }
}

/// The objects below `node` whose members are servers.
fn scan(path: &str, node: &Node, seen: &mut Vec<Seen>) {
    /// Of a file with servers everywhere, the first few say enough.
    const MOST: usize = 3;
    if seen.len() >= MOST {
        return;
    }
    let inside: Vec<(String, &Node)> = match &node.value {
        Value::Object(members) => members
            .iter()
            .map(|member| (member.key.clone(), &member.node))
            .collect(),
        Value::List(items) => (0..)
            .map(|at: usize| format!("[{at}]"))
            .zip(items)
            .collect(),
        _ => return,
    };
    let servers = inside.iter().filter(|(_, node)| looks_like_a_server(node));
    let names: Vec<String> = servers.map(|(key, _)| key.clone()).collect();
    if !names.is_empty() {
        seen.push(Seen {
            at: node.at,
            path: path.to_owned(),
            names,
        });
        return;
    }
    for (key, node) in inside {
        scan(&format!("{path}.{key}"), node, seen);
    }
}

impl Seen {
    /// Which servers stand where, and where they belong.
    pub(super) fn message(&self) -> String {
        let names: Vec<String> = self
            .names
            .iter()
            .take(5)
            .map(|name| format!("`{name}`"))
            .collect();
        let names = names.join(", ");
        let (plural, verb) = match self.names.len() {
            1 => ("", "stands"),
            _ => ("s", "stand"),
        };
        let place = match &*self.path {
            "" => "at the top of the file".to_owned(),
            path => format!("in `{path}`"),
        };
        let first = self.names.first().map_or("NAME", String::as_str);
        format!(
            "server{plural} {names} {verb} {place}, where no server is read: \
             write {{\"mcpServers\": {{\"{first}\": {{...}}}}}}"
        )
    }
}
