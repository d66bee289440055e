//! What decided about a call, in one line: an entry or a key of a file, or a default. Holds no argument of a call.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::counts::UsedUp;
use super::entry::{Entry, List};
use super::hints::Hints;
use super::table::{Place, PolicyTable};

/// The rule that decided, as one line of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The place of the chain that has the rule.
    pub place: Place,
    /// ``ask = "github/merge_*" of /home/ada/.config/mcp-host/mcp-host.toml``
    pub rule: String,
}

/// What decided, before it is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// An entry, which applies to these arguments or to all.
    Entry(List, Arc<Entry>),
    /// An entry that applies because a condition is unknown: what is wrong with which value.
    Unknown(List, Arc<Entry>, String),
    /// `read-only`
    ReadOnly(Hints),
    /// A list of `allow` without an entry for the tool.
    NotListed,
    /// A list of `allow` whose entries for the tool do not hold for the arguments.
    NotHeld,
    /// `destructive = "named"`, and no entry names the tool alone.
    ByNameOnly(Hints),
    /// An entry of `allow` without calls left.
    UsedUp(List, Arc<Entry>, UsedUp),
    /// `--allow`
    Granted(String),
    /// What agents have to ask for, as no rule says otherwise.
    AgentsAsk(Hints),
    /// What agents may do, as no rule says otherwise.
    AgentsRead,
    /// An entry of `allow` of the organisation takes the place of the default for agents.
    Lifted,
    /// No rule is against it.
    Nothing,
}

impl Rule {
    pub(super) fn new(table: &PolicyTable, cause: &Cause) -> Self {
        Self {
            place: table.place,
            rule: text(table, cause),
        }
    }
}

fn text(table: &PolicyTable, cause: &Cause) -> String {
    match cause {
        Cause::Entry(list, entry) => format!("{} = {entry} of {table}", list.key()),
        Cause::Unknown(list, entry, why) => format!("{} = {entry} of {table}: {why}", list.key()),
        Cause::UsedUp(list, entry, why) => format!("{} = {entry} of {table}: {why}", list.key()),
        Cause::ReadOnly(hints) => {
            let says = hints.read_only_words();
            format!("read-only = true of {table}: the tool {says}")
        }
        Cause::NotListed => format!("allow of {table}: no entry names the tool"),
        Cause::NotHeld => {
            format!("allow of {table}: no entry for the tool holds for these arguments")
        }
        Cause::ByNameOnly(hints) => {
            let says = hints.destructive_words();
            let key = r#"destructive = "named""#;
            format!("{key} of {table}: no entry of `allow` names the tool alone, which {says}")
        }
        Cause::Granted(grant) => format!("--allow {grant}"),
        Cause::AgentsAsk(hints) => {
            let says = hints.read_only_words();
            format!("default for agents: the tool {says}")
        }
        Cause::AgentsRead => "default for agents: the tool says readOnlyHint".to_owned(),
        Cause::Lifted => "allow of the organisation names the tool".to_owned(),
        Cause::Nothing => format!("no rule of {table}"),
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)
    }
}
