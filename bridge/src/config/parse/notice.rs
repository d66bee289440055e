//! What a configuration says that is not done here, to be logged once its reader knows that the file is used.

use std::collections::HashSet;

use super::foreign::{self, Meaning};
use super::node::{Node, Value};
use super::object::{Fault, Field, Object};

/// One line about a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) server: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) message: String,
    /// For `-vv`: nothing that the user meant is lost.
    pub(crate) quiet: bool,
}

/// The notices of one file.
#[derive(Default)]
pub(super) struct Notices {
    /// The server that is being read.
    pub(super) server: Option<String>,
    pub(super) all: Vec<Notice>,
}

impl Notices {
    pub(super) fn warn(&mut self, key: Option<&str>, message: impl Into<String>) {
        self.push(key, message.into(), false);
    }

    pub(super) fn quiet(&mut self, key: &str, message: impl Into<String>) {
        self.push(Some(key), message.into(), true);
    }

    /// A part of the file that costs nothing but itself.
    pub(super) fn fault(&mut self, fault: &Fault) {
        self.push(fault.key.as_deref(), fault.message.clone(), false);
    }

    /// The keys of an object that nothing read.
    pub(super) fn unknown(&mut self, object: &Object<'_>) {
        for (member, near) in object.rest() {
            let key = member.key.as_str();
            match (foreign::meaning(key, &member.node), near) {
                (Some(Meaning::None), _) => {
                    self.quiet(key, "key is for another program, and changes nothing here");
                }
                (Some(Meaning::Lost(lost)), _) => self.warn(Some(key), lost),
                (None, _) if matches!(member.node.value, Value::Null) => {}
                (None, Some(near)) => {
                    let message = format!("unknown key in configuration: did you mean `{near}`?");
                    self.warn(Some(key), message);
                }
                (None, None) => self.warn(Some(key), "unknown key in configuration is ignored"),
            }
        }
    }

    /// The keys that stand twice in one object of an entry.
    pub(super) fn repeated(&mut self, entry: &Node) {
        let mut open = vec![(String::new(), entry)];
        while let Some((prefix, node)) = open.pop() {
            let mut seen = HashSet::new();
            for member in node.members().unwrap_or_default() {
                let key = format!("{prefix}{}", member.key);
                if !seen.insert(&*member.key) {
                    self.warn(
                        Some(&key),
                        "key stands twice, and only the last one counts: keep one",
                    );
                }
                if member.node.members().is_some() {
                    open.push((format!("{key}."), &member.node));
                }
            }
        }
    }

    /// A key that is read, but not for a server of this kind.
    pub(super) fn unread(&mut self, field: Option<&Field<'_>>, kind: &str) {
        if let Some(field) = field {
            let message = format!("key is ignored: it is for a server with `{kind}`");
            self.warn(Some(&field.key), message);
        }
    }

    fn push(&mut self, key: Option<&str>, message: String, quiet: bool) {
        self.all.push(Notice {
            server: self.server.clone(),
            key: key.map(str::to_owned),
            message,
            quiet,
        });
    }
}
