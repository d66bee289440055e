//! The times of an entry: the keys of this program, and `timeout` of other clients, which count it in different units.

use std::time::Duration;

use super::node::Node;
use super::notice::Notices;
use super::object::{Fault, Field, Object};
use crate::config::{ServerConfig, StartupKey};

/// Reads the times of an entry. `timeout` of another client is read as well as it can be.
pub(super) fn read(
    object: &mut Object<'_>,
    node: &Node,
    opencode: bool,
    server: &mut ServerConfig,
    notices: &mut Notices,
) -> Result<(), Fault> {
    let theirs = object.take("timeout");
    if let Some(field) = object.take("startup_timeout_ms") {
        server.startup_timeout = field.milliseconds()?;
        server.timeout_keys.startup = StartupKey::Milliseconds;
    }
    let startup = object.take("startup_timeout_sec");
    let tool = object.take("tool_timeout_sec");
    if let Some(field) = &theirs {
        let own = if opencode { &startup } else { &tool };
        of_another_client(field, node, opencode, own.is_some(), server, notices);
    }
    if let Some(field) = startup {
        server.startup_timeout = field.seconds()?;
        server.timeout_keys.startup = StartupKey::Seconds;
    }
    if let Some(field) = tool {
        server.tool_timeout = field.seconds()?;
        server.timeout_keys.tool = "tool_timeout_sec";
    }
    if let Some(field) = object.take("idle_timeout_sec") {
        server.idle_timeout = Some(field.seconds()?);
    }
    Ok(())
}

/// `timeout`, which costs nothing but itself. A key of this program that says the same counts instead.
fn of_another_client(
    field: &Field<'_>,
    node: &Node,
    opencode: bool,
    is_replaced: bool,
    server: &mut ServerConfig,
    notices: &mut Notices,
) {
    let own = if opencode {
        "startup_timeout_sec"
    } else {
        "tool_timeout_sec"
    };
    if is_replaced {
        let message = format!("key changes nothing here: `{own}` counts");
        return notices.quiet(&field.key, message);
    }
    // Theirs is for the list of tools, and always in milliseconds.
    if opencode {
        match field.milliseconds() {
            Ok(time) => {
                server.startup_timeout = time;
                server.timeout_keys.startup = StartupKey::Timeout;
            }
            Err(fault) => ignored(&fault, own, notices),
        }
        return;
    }
    match time_of_a_call(field, node) {
        Ok(time) => {
            server.tool_timeout = time;
            server.timeout_keys.tool = "timeout";
        }
        Err(fault) => ignored(&fault, own, notices),
    }
}

/// Cline and Roo count in seconds, up to an hour; the other clients in milliseconds.
fn time_of_a_call(field: &Field<'_>, node: &Node) -> Result<Duration, Fault> {
    let cline = ["alwaysAllow", "autoApprove"]
        .into_iter()
        .any(|key| node.get(key).is_some());
    let milliseconds_from = Duration::from_secs(if cline { 3601 } else { 1000 });
    match field.seconds()? {
        time if time < milliseconds_from => Ok(time),
        _ => field.milliseconds(),
    }
}

fn ignored(fault: &Fault, own: &str, notices: &mut Notices) {
    let message = format!("ignored: {}; `{own}` is the time in seconds", fault.message);
    notices.warn(fault.key.as_deref(), message);
}
