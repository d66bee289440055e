//! Reads the text of a configuration into servers. What is wrong with one server costs that server; what is wrong with
//! the whole file is an error. Each error has line, column, server and key.

use std::path::Path;

use super::entry::{Entry, Unusable};
use super::error::ConfigError;
use super::server::{directory_of, named_origin};
use node::{Node, position};
use notice::Notices;
use object::Fault;
use place::{Places, SHAPE};

mod entry;
mod foreign;
mod import;
mod masked;
mod node;
mod notice;
mod oauth;
mod object;
mod place;
mod policy;
mod timeouts;

pub use import::{ClientFormat, ClientServer, Expressions};
pub(super) use import::{servers_of, value_of};
pub(super) use masked::masked;
pub(super) use node::{JSONC, is_toml};
pub(super) use notice::Notice;

/// Parses the whole text into its servers, in the order of the file, and what is to be said about them.
pub(super) fn servers(text: &str, origin: &Path) -> Result<(Vec<Entry>, Vec<Notice>), ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let invalid = |fault: Fault| whole_file(text, origin, fault);
    let root = node::parse(text, origin)?.ok_or_else(|| invalid(at_top(0, "the file is empty")))?;
    if root.members().is_none() {
        let message = format!(
            "found {}, expected an object with `mcpServers`",
            root.kind()
        );
        return Err(invalid(at_top(root.at, &message)));
    }
    let mut notices = Notices::default();
    let places = place::find(&root);
    let mut servers: Vec<Entry> = Vec::with_capacity(places.servers.len());
    for placed in &places.servers {
        notices.server = Some(placed.name.to_owned());
        let first = servers
            .iter()
            .position(|server| server.name() == placed.name);
        let read = match first {
            Some(_) => Err(Fault {
                at: placed.node.at,
                key: None,
                message: "there are two servers of this name".to_owned(),
            }),
            None if placed.opencode => {
                let node = foreign::of_opencode(placed.node);
                entry::server(placed.name, &node, true, &mut notices)
            }
            None => entry::server(placed.name, placed.node, false, &mut notices),
        };
        notices.repeated(placed.node);
        let server = match read {
            Ok(mut server) => {
                server.directory = directory_of(origin);
                server.origin = named_origin(origin);
                Entry::Server(Box::new(server))
            }
            Err(fault) => Entry::Unusable(unusable(text, placed.name, placed.node, fault)),
        };
        match first {
            // Which of the two is meant, only the user knows.
            Some(first) => servers[first] = server,
            None => servers.push(server),
        }
    }
    notices.server = None;
    about_the_rest(places, servers.is_empty(), &mut notices).map_err(invalid)?;
    Ok((servers, notices.all))
}

fn unusable(text: &str, name: &str, node: &Node, fault: Fault) -> Unusable {
    let (line, column) = position(text, fault.at);
    Unusable {
        name: name.to_owned(),
        disabled: entry::is_disabled(node),
        line,
        column,
        key: fault.key,
        message: fault.message,
    }
}

/// What stands beside the servers. A file that has servers only where none is read is an error.
fn about_the_rest(places: Places<'_>, empty: bool, notices: &mut Notices) -> Result<(), Fault> {
    for fault in places.faults {
        if empty {
            return Err(fault);
        }
        notices.fault(&fault);
    }
    for seen in places.elsewhere {
        let fault = Fault {
            at: seen.at,
            key: None,
            message: seen.message(),
        };
        if empty {
            return Err(fault);
        }
        notices.fault(&fault);
    }
    for key in places.others {
        match place::near(key) {
            Some(near) => {
                let message = format!("unknown key in configuration: did you mean `{near}`?");
                notices.warn(Some(key), message);
            }
            // Other programs keep their own keys at the top of this file.
            None => notices.quiet(key, "key in configuration is for another program"),
        }
    }
    Ok(())
}

fn at_top(at: usize, message: &str) -> Fault {
    Fault {
        at,
        key: None,
        message: format!("{message}: {SHAPE}"),
    }
}

fn whole_file(text: &str, origin: &Path, fault: Fault) -> ConfigError {
    let (line, column) = position(text, fault.at);
    ConfigError::Invalid {
        path: origin.to_owned(),
        line,
        column,
        place: fault
            .key
            .map_or_else(String::new, |key| format!("key `{key}`: ")),
        message: fault.message,
    }
}
