//! Reads the JSON of a configuration. Each error knows its line and column from the parser, and its
//! server and key from the [`Trace`] that the visitors keep.

use std::cell::RefCell;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{ConfigError, ServerConfig, Transport, comments, directory_of};
use crate::handler::Elicitation;
use crate::nearest::nearest;

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

/// Where the parser is.
#[derive(Default)]
struct Trace {
    server: RefCell<Option<String>>,
    key: RefCell<Option<String>>,
}

impl Trace {
    fn explain(&self, error: &serde_json::Error, origin: &Path) -> ConfigError {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // The position has fields of its own.
        let position = format!(" at line {line} column {column}");
        let message = text.strip_suffix(&position).unwrap_or(&text).to_owned();
        // The parser says 0 where it has not read anything of the line.
        let (path, column) = (origin.to_owned(), column.max(1));
        if !error.is_data() {
            return ConfigError::Syntax {
                path,
                line,
                column,
                message,
            };
        }
        let place = match (self.server.borrow().as_ref(), self.key.borrow().as_ref()) {
            (Some(server), Some(key)) => format!("server `{server}`, key `{key}`: "),
            (Some(server), None) => format!("server `{server}`: "),
            (None, Some(key)) => format!("key `{key}`: "),
            (None, None) => String::new(),
        };
        ConfigError::Invalid {
            path,
            line,
            column,
            place,
            message,
        }
    }

    fn warn_unknown(&self, key: &str, known: &[&str]) {
        let server = self.server.borrow();
        let server = server.as_deref();
        match nearest(key, known.iter().copied()) {
            Some(near) => {
                tracing::warn!(
                    server,
                    key,
                    "unknown key in configuration: did you mean `{near}`?"
                );
            }
            // Other programs keep their own keys at the top of this file; in an entry they matter.
            None if server.is_none() => {
                tracing::debug!(key, "key in configuration is for another program");
            }
            None => tracing::warn!(server, key, "unknown key in configuration is ignored"),
        }
    }
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
            self.servers
                .push(map.next_value_seed(Entry { trace, name: &name })?);
            trace.server.replace(None);
        }
        Ok(())
    }
}

/// One server.
struct Entry<'a> {
    trace: &'a Trace,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for Entry<'_> {
    type Value = ServerConfig;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = ServerConfig;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `command` or `url`")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ServerConfig, M::Error> {
        const KEYS: [&str; 11] = [
            "type",
            "command",
            "args",
            "env",
            "cwd",
            "url",
            "headers",
            "elicitation",
            "disabled",
            "startup_timeout_sec",
            "tool_timeout_sec",
        ];
        let trace = self.trace;
        // `null` is how some programs write that a key is absent.
        let (mut kind, mut command, mut url) = (None::<String>, None::<String>, None::<String>);
        let (mut args, mut cwd) = (None::<Vec<String>>, None::<String>);
        let (mut env, mut headers) = (Vec::new(), Vec::new());
        let mut elicitation = None;
        let (mut disabled, mut startup_timeout, mut tool_timeout) = (None::<bool>, None, None);
        while let Some(key) = map.next_key::<String>()? {
            trace.key.replace(Some(key.clone()));
            match key.as_str() {
                "type" => kind = map.next_value()?,
                "command" => command = map.next_value()?,
                "args" => args = map.next_value()?,
                "env" => env = map.next_value_seed(Pairs { trace, key: "env" })?,
                "cwd" => cwd = map.next_value()?,
                "url" => url = map.next_value()?,
                "headers" => {
                    headers = map.next_value_seed(Pairs {
                        trace,
                        key: "headers",
                    })?
                }
                "elicitation" => elicitation = elicitation_answer(&mut map)?,
                "disabled" => disabled = map.next_value()?,
                "startup_timeout_sec" => startup_timeout = seconds(&mut map)?,
                "tool_timeout_sec" => tool_timeout = seconds(&mut map)?,
                unknown => {
                    trace.warn_unknown(unknown, &KEYS);
                    map.next_value::<IgnoredAny>()?;
                }
            }
            trace.key.replace(None);
        }
        let transport = match (kind.as_deref(), command, url) {
            (None | Some("stdio"), Some(command), None) => Transport::Stdio {
                command,
                args: args.unwrap_or_default(),
                env,
                cwd,
            },
            (None | Some("http" | "streamable-http" | "sse"), None, Some(url)) => {
                Transport::Http { url, headers }
            }
            (_, Some(_), Some(_)) => {
                return Err(M::Error::custom(
                    "has both `command` and `url`: keep one of them",
                ));
            }
            (_, None, None) => {
                return Err(M::Error::custom(
                    "has neither `command` (a program to start) nor `url` (a server to call)",
                ));
            }
            (Some(kind), _, _) => {
                return Err(M::Error::custom(format!(
                    "`type` is `{kind}`, but must be `stdio` with `command`, \
                     or `http`, `streamable-http` or `sse` with `url`"
                )));
            }
        };
        let defaults = ServerConfig::new(self.name, transport);
        Ok(ServerConfig {
            startup_timeout: startup_timeout.unwrap_or(defaults.startup_timeout),
            tool_timeout: tool_timeout.unwrap_or(defaults.tool_timeout),
            elicitation: elicitation.unwrap_or(defaults.elicitation),
            disabled: disabled.unwrap_or(defaults.disabled),
            ..defaults
        })
    }
}

fn elicitation_answer<'de, M: MapAccess<'de>>(
    map: &mut M,
) -> Result<Option<Elicitation>, M::Error> {
    match map.next_value::<Option<String>>()?.as_deref() {
        None => Ok(None),
        Some("decline") => Ok(Some(Elicitation::Decline)),
        Some("defaults") => Ok(Some(Elicitation::Defaults)),
        Some(other) => Err(M::Error::custom(format!(
            "`{other}` is neither `decline` nor `defaults`"
        ))),
    }
}

fn seconds<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Option<Duration>, M::Error> {
    let Some(seconds) = map.next_value::<Option<f64>>()? else {
        return Ok(None);
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
        _ => Err(M::Error::custom(format!(
            "`{seconds}` is not a number of seconds above 0"
        ))),
    }
}

/// An object of strings, in the order of the file.
struct Pairs<'a> {
    trace: &'a Trace,
    key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Pairs<'_> {
    type Value = Vec<(String, String)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pairs<'_> {
    type Value = Vec<(String, String)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of strings")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            self.trace.key.replace(Some(format!("{}.{name}", self.key)));
            pairs.push((name, map.next_value()?));
        }
        Ok(pairs)
    }
}
