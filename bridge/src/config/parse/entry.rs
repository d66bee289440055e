//! One server.

use std::time::Duration;

use secrecy::SecretString;
use serde::de::{Error, MapAccess};

use super::object::{Fields, Object, Pairs, seconds};
use super::policy::{Cache, Limits};
use super::trace::Trace;
use crate::config::{Elicitation, ServerConfig, Transport};

/// The keys of an entry. `null` is how some programs write that a key is absent.
#[derive(Default)]
pub(super) struct ServerEntry {
    kind: Option<String>,
    command: Option<String>,
    args: Option<Vec<String>>,
    env: Vec<(String, SecretString)>,
    env_file: Option<String>,
    cwd: Option<String>,
    url: Option<String>,
    headers: Vec<(String, SecretString)>,
    ca_file: Option<String>,
    elicitation: Option<Elicitation>,
    disabled: Option<bool>,
    startup_timeout: Option<Duration>,
    tool_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    limits: Limits,
    cache: Option<Cache>,
}

impl Fields for ServerEntry {
    const KEYS: &'static [&'static str] = &[
        "type",
        "command",
        "args",
        "env",
        "envFile",
        "cwd",
        "url",
        "headers",
        "caFile",
        "elicitation",
        "disabled",
        "startup_timeout_sec",
        "tool_timeout_sec",
        "idle_timeout_sec",
        "limits",
        "cache",
    ];
    const EXPECTED: &'static str = "an object with `command` or `url`";

    fn read<'de, M: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut M,
        trace: &Trace,
    ) -> Result<(), M::Error> {
        match key {
            "type" => self.kind = map.next_value()?,
            "command" => self.command = map.next_value()?,
            "args" => self.args = map.next_value()?,
            "env" => self.env = map.next_value_seed(Pairs { trace, key: "env" })?,
            "envFile" => self.env_file = map.next_value()?,
            "cwd" => self.cwd = map.next_value()?,
            "url" => self.url = map.next_value()?,
            "headers" => {
                let key = "headers";
                self.headers = map.next_value_seed(Pairs { trace, key })?;
            }
            "caFile" => self.ca_file = map.next_value()?,
            "elicitation" => self.elicitation = elicitation(map)?,
            "disabled" => self.disabled = map.next_value()?,
            "startup_timeout_sec" => self.startup_timeout = seconds(map)?,
            "tool_timeout_sec" => self.tool_timeout = seconds(map)?,
            "idle_timeout_sec" => self.idle_timeout = seconds(map)?,
            "limits" => self.limits = map.next_value_seed(Object::nested(trace))?,
            "cache" => self.cache = Some(map.next_value_seed(Object::nested(trace))?),
            _ => return Err(M::Error::unknown_field(key, Self::KEYS)),
        }
        Ok(())
    }
}

impl ServerEntry {
    /// The server, or what is wrong with the keys together.
    pub(super) fn server(self, name: &str) -> Result<ServerConfig, String> {
        self.warn_unread(name);
        let transport = match (self.kind.as_deref(), self.command, self.url) {
            (None | Some("stdio"), Some(command), None) => Transport::Stdio {
                command,
                args: self.args.unwrap_or_default(),
                env: self.env,
                cwd: self.cwd,
            },
            (None | Some("http" | "streamable-http" | "sse"), None, Some(url)) => Transport::Http {
                url,
                headers: self.headers,
            },
            (_, Some(_), Some(_)) => {
                return Err("has both `command` and `url`: keep one of them".to_owned());
            }
            (_, None, None) => {
                return Err(
                    "has neither `command` (a program to start) nor `url` (a server to call)"
                        .to_owned(),
                );
            }
            (Some(kind), _, _) => {
                return Err(format!(
                    "`type` is `{kind}`, but must be `stdio` with `command`, \
                     or `http`, `streamable-http` or `sse` with `url`"
                ));
            }
        };
        let defaults = ServerConfig::new(name, transport);
        Ok(ServerConfig {
            startup_timeout: self.startup_timeout.unwrap_or(defaults.startup_timeout),
            tool_timeout: self.tool_timeout.unwrap_or(defaults.tool_timeout),
            idle_timeout: self.idle_timeout,
            elicitation: self.elicitation.unwrap_or(defaults.elicitation),
            disabled: self.disabled.unwrap_or(defaults.disabled),
            env_file: self.env_file,
            ca_file: self.ca_file,
            bounds: self.limits.bounds(),
            limits: self.limits.into(),
            cache: self.cache.map(Into::into),
            ..defaults
        })
    }
}

impl ServerEntry {
    /// Warns of keys that are for the other kind of server.
    fn warn_unread(&self, server: &str) {
        let (unread, kind): (&[(&str, bool)], &str) = match (&self.command, &self.url) {
            (Some(_), None) => (
                &[
                    ("headers", !self.headers.is_empty()),
                    ("caFile", self.ca_file.is_some()),
                ],
                "url",
            ),
            (None, Some(_)) => (
                &[
                    ("args", self.args.is_some()),
                    ("env", !self.env.is_empty()),
                    ("envFile", self.env_file.is_some()),
                    ("cwd", self.cwd.is_some()),
                ],
                "command",
            ),
            // An error says what is wrong with these.
            (Some(_), Some(_)) | (None, None) => return,
        };
        for (key, _) in unread.iter().filter(|(_, is_there)| *is_there) {
            tracing::warn!(
                server,
                key,
                "key is ignored: it is for a server with `{kind}`"
            );
        }
    }
}

fn elicitation<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Option<Elicitation>, M::Error> {
    match map.next_value::<Option<String>>()?.as_deref() {
        None => Ok(None),
        Some("decline") => Ok(Some(Elicitation::Decline)),
        Some("defaults") => Ok(Some(Elicitation::Defaults)),
        Some(other) => Err(M::Error::custom(format!(
            "`{other}` is neither `decline` nor `defaults`"
        ))),
    }
}
