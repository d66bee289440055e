//! The parts of a test's host: doubles, files, state and log, or a recording that replaces them.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::contract::FileError;
use crate::contract::StateError;
use crate::contract::bindings::files::{DirEntry, EntryKind};
use crate::contract::bindings::log::Level;
use crate::contract::bindings::types::ToolResult;
use crate::{Error, ToolError};

use super::playback::Playback;
use super::seen::{Call, Event};
use super::wit::Wit;

type Named = Box<dyn FnMut(Value) -> Result<ToolResult, ToolError>>;

#[derive(Default)]
pub(super) struct World {
    /// By package and label.
    pub(super) doubles: HashMap<(String, String), Box<dyn Any>>,
    /// By server and tool.
    pub(super) named: HashMap<(String, String), Named>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) writable: BTreeSet<String>,
    pub(super) state: BTreeMap<String, Stored>,
    pub(super) playback: Option<Playback>,
    pub(super) calls: Vec<Call>,
    pub(super) log: Vec<Event>,
}

/// A value, and when it expires.
pub(super) struct Stored {
    pub(super) value: Vec<u8>,
    pub(super) until: Option<Instant>,
}

impl World {
    pub(super) fn take_double(&mut self, server: &str, label: &str) -> Option<Box<dyn Any>> {
        let double = self.doubles.remove(&key(server, label))?;
        self.count(server, label);
        Some(double)
    }

    pub(super) fn put_double(&mut self, server: &str, label: &str, double: Box<dyn Any>) {
        self.doubles.insert(key(server, label), double);
    }

    pub(super) fn take_named(&mut self, server: &str, tool: &str) -> Option<Named> {
        let named = self.named.remove(&key(server, tool))?;
        self.count(server, tool);
        Some(named)
    }

    pub(super) fn put_named(&mut self, server: &str, tool: &str, named: Named) {
        self.named.insert(key(server, tool), named);
    }

    pub(super) fn recorded_typed(
        &mut self,
        server: &str,
        label: &str,
        params: &Wit,
    ) -> Result<Wit, ToolError> {
        self.count(server, label);
        match &mut self.playback {
            Some(playback) => playback.typed(server, label, params),
            None => panic!(
                "tool `{label}` of server `{server}` has no double: give it one with \
                 `Host::new().tool({module}::doubles::{function}(|params| ...))`, or replay a recording",
                module = server.replace('-', "_"),
                function = label.replace('-', "_"),
            ),
        }
    }

    pub(super) fn recorded_tool(
        &mut self,
        server: &str,
        tool: &str,
        arguments: &str,
    ) -> Result<ToolResult, ToolError> {
        self.count(server, tool);
        match &mut self.playback {
            Some(playback) => playback.tool(server, tool, arguments),
            None => panic!(
                "tool `{tool}` of server `{server}` has no double: give it one with \
                 `Host::new().named_tool(\"{server}\", \"{tool}\", |arguments| ...)`, or replay a recording"
            ),
        }
    }

    fn count(&mut self, server: &str, tool: &str) {
        self.calls.push(Call {
            server: server.to_owned(),
            tool: tool.to_owned(),
        });
    }

    pub(super) fn read_file(&mut self, path: &str) -> Result<Vec<u8>, FileError> {
        if let Some(playback) = &mut self.playback {
            return playback.read_file(path);
        }
        match self.files.get(path) {
            Some(contents) => Ok(contents.clone()),
            None if self.is_dir(path) => {
                Err(FileError::WrongKind(format!("`{path}` is a directory")))
            }
            None => Err(not_found(path)),
        }
    }

    pub(super) fn list_dir(&mut self, path: &str) -> Result<Vec<DirEntry>, FileError> {
        if let Some(playback) = &mut self.playback {
            return playback.list_dir(path);
        }
        if self.files.contains_key(path) {
            return Err(FileError::WrongKind(format!("`{path}` is a file")));
        }
        if !self.is_dir(path) {
            return Err(not_found(path));
        }
        let prefix = with_slash(path);
        let mut entries: BTreeMap<&str, DirEntry> = BTreeMap::new();
        for (name, contents) in &self.files {
            let Some(below) = name.strip_prefix(&prefix) else {
                continue;
            };
            let (name, kind, size) = match below.split_once('/') {
                Some((dir, _)) => (dir, EntryKind::Directory, 0),
                None => (below, EntryKind::File, contents.len() as u64),
            };
            entries.entry(name).or_insert_with(|| DirEntry {
                name: name.to_owned(),
                kind,
                size,
            });
        }
        Ok(entries.into_values().collect())
    }

    pub(super) fn write_file(&mut self, path: &str, contents: &[u8]) -> Result<(), FileError> {
        if let Some(playback) = &mut self.playback {
            return playback.write_file(path, contents);
        }
        if !self
            .writable
            .iter()
            .any(|dir| path.starts_with(&with_slash(dir)))
        {
            return Err(FileError::Denied(format!(
                "`{path}` is in no directory that the test granted with `writable`"
            )));
        }
        self.files.insert(path.to_owned(), contents.to_vec());
        Ok(())
    }

    fn is_dir(&self, path: &str) -> bool {
        let prefix = with_slash(path);
        self.writable.contains(path) || self.files.keys().any(|name| name.starts_with(&prefix))
    }

    pub(super) fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        if let Some(playback) = &mut self.playback {
            return playback.get(key);
        }
        check_key(key)?;
        Ok(self.present(key).map(<[u8]>::to_vec))
    }

    pub(super) fn set(
        &mut self,
        key: &str,
        value: &[u8],
        ttl: Option<u64>,
    ) -> Result<(), StateError> {
        if let Some(playback) = &mut self.playback {
            return playback.set(key, value, ttl);
        }
        check_key(key)?;
        let stored = Stored {
            value: value.to_vec(),
            until: ttl.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms))),
        };
        self.state.insert(key.to_owned(), stored);
        Ok(())
    }

    pub(super) fn delete(&mut self, key: &str) -> Result<bool, StateError> {
        if let Some(playback) = &mut self.playback {
            return playback.delete(key);
        }
        check_key(key)?;
        let present = self.present(key).is_some();
        self.state.remove(key);
        Ok(present)
    }

    pub(super) fn list_keys(&mut self, prefix: &str) -> Result<Vec<String>, StateError> {
        if let Some(playback) = &mut self.playback {
            return playback.list_keys(prefix);
        }
        let keys = self.state.keys().filter(|key| key.starts_with(prefix));
        Ok(keys
            .filter(|key| self.present(key).is_some())
            .cloned()
            .collect())
    }

    pub(super) fn swap(
        &mut self,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, StateError> {
        if let Some(playback) = &mut self.playback {
            return playback.swap(key, expected, value);
        }
        check_key(key)?;
        if self.present(key) != expected {
            return Ok(false);
        }
        match value {
            Some(value) => self.set(key, value, None)?,
            None => {
                self.state.remove(key);
            }
        }
        Ok(true)
    }

    fn present(&self, key: &str) -> Option<&[u8]> {
        let stored = self.state.get(key)?;
        let expired = stored.until.is_some_and(|until| until <= Instant::now());
        (!expired).then_some(stored.value.as_slice())
    }

    pub(super) fn log(&mut self, level: Level, message: &str, fields: &[(String, String)]) {
        self.log.push(Event {
            level,
            message: message.to_owned(),
            fields: fields.to_vec(),
        });
    }

    /// Puts a value that is JSON into the state.
    pub(super) fn seed(&mut self, key: &str, value: &impl serde::Serialize) -> Result<(), Error> {
        let value = serde_json::to_vec(value)?;
        let stored = Stored { value, until: None };
        self.state.insert(key.to_owned(), stored);
        Ok(())
    }
}

pub(super) fn key(server: &str, tool: &str) -> (String, String) {
    (server.to_owned(), tool.to_owned())
}

fn with_slash(dir: &str) -> String {
    format!("{}/", dir.trim_end_matches('/'))
}

fn not_found(path: &str) -> FileError {
    FileError::NotFound(format!("there is no `{path}`"))
}

/// The same check as in the host.
fn check_key(key: &str) -> Result<(), StateError> {
    const LONGEST: usize = 1024;
    if key.is_empty() || key.len() > LONGEST || key.contains('\0') {
        return Err(StateError::InvalidKey(format!(
            "a key has 1 to {LONGEST} bytes and no NUL character"
        )));
    }
    Ok(())
}
