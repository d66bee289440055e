//! Reads the JSON of a configuration. Each error knows its line and column from the parser, and its
//! server and key from the [`Trace`] that the visitors keep.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::server::directory_of;
use super::{ConfigError, ServerConfig, comments};
use object::Object;
use trace::Trace;

mod entry;
mod object;
mod policy;
mod trace;

/// Parses the whole text into its servers.
pub(super) fn servers(text: &str, origin: &Path) -> Result<Vec<ServerConfig>, ConfigError> {
    let text = comments::blank(text.strip_prefix('\u{feff}').unwrap_or(text));
    let trace = Trace::default();
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let mut servers = Document(&trace)
        .deserialize(&mut deserializer)
        .and_then(|servers| deserializer.end().map(|()| servers))
        .map_err(|error| trace.explain(&error, origin))?;
    let directory = directory_of(origin);
    for server in &mut servers {
        server.directory.clone_from(&directory);
    }
    Ok(servers)
}

/// `{"mcpServers": {...}}`, or VS Code's `{"servers": {...}}`.
struct Document<'a>(&'a Trace);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Vec<ServerConfig>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Vec<ServerConfig>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `mcpServers`")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        const KEYS: [&str; 2] = ["mcpServers", "servers"];
        let mut servers = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if KEYS.contains(&key.as_str()) {
                self.0.key.replace(Some(key));
                map.next_value_seed(Entries {
                    trace: self.0,
                    servers: &mut servers,
                })?;
                self.0.key.replace(None);
            } else {
                self.0.warn_unknown(&key, &KEYS);
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(servers)
    }
}

/// The object that has one entry for each server.
struct Entries<'a> {
    trace: &'a Trace,
    servers: &'a mut Vec<ServerConfig>,
}

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of servers by name")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let trace = self.trace;
        trace.key.replace(None);
        while let Some(name) = map.next_key::<String>()? {
            trace.server.replace(Some(name.clone()));
            if self.servers.iter().any(|server| server.name == name) {
                return Err(M::Error::custom("there are two servers of this name"));
            }
            let entry = map.next_value_seed(Object::<entry::ServerEntry>::top(trace))?;
            let server = entry.server(&name).map_err(M::Error::custom)?;
            self.servers.push(server);
            trace.server.replace(None);
        }
        Ok(())
    }
}
