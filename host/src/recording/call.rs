//! A host call, as a recording stores it.

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use mcp_bridge::JsonObject;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// One call of a host function.
#[derive(Debug, Clone, Serialize)]
#[serde(
    tag = "call",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub(crate) enum Call {
    Tool {
        server: String,
        tool: String,
        arguments: Value,
    },
    ReadFile {
        path: String,
    },
    ListDir {
        path: String,
    },
    WriteFile {
        path: String,
        contents: Bytes,
    },
    StateGet {
        key: String,
    },
    StateSet {
        key: String,
        value: Bytes,
        ttl_ms: Option<u64>,
    },
    StateDelete {
        key: String,
    },
    StateListKeys {
        prefix: String,
    },
    StateCompareAndSwap {
        key: String,
        expected: Option<Bytes>,
        value: Option<Bytes>,
    },
    /// A timer of a script.
    Sleep {
        ms: u32,
    },
    Log {
        level: &'static str,
        message: String,
        fields: Vec<(String, String)>,
    },
}

impl Call {
    pub(crate) fn tool(server: &str, tool: &str, arguments: &JsonObject) -> Self {
        Self::Tool {
            server: server.to_owned(),
            tool: tool.to_owned(),
            arguments: Value::Object(arguments.clone()),
        }
    }

    /// The function, as the file has it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Tool { .. } => "tool",
            Self::ReadFile { .. } => "read-file",
            Self::ListDir { .. } => "list-dir",
            Self::WriteFile { .. } => "write-file",
            Self::StateGet { .. } => "state-get",
            Self::StateSet { .. } => "state-set",
            Self::StateDelete { .. } => "state-delete",
            Self::StateListKeys { .. } => "state-list-keys",
            Self::StateCompareAndSwap { .. } => "state-compare-and-swap",
            Self::Sleep { .. } => "sleep",
            Self::Log { .. } => "log",
        }
    }

    /// The fields of the line.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            // Every case is a struct of strings, numbers and JSON.
            Ok(_) | Err(_) => Map::new(),
        }
    }
}

/// Bytes, in JSON readable where they are text: `{"text":...}` or `{"base64":...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Written {
    Text(String),
    Base64(String),
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Written directly, without a second copy in memory.
        let mut written = serializer.serialize_map(Some(1))?;
        match std::str::from_utf8(&self.0) {
            Ok(text) => written.serialize_entry("text", text)?,
            Err(_) => {
                let base64 = Base64Display::new(&self.0, &STANDARD);
                written.serialize_entry("base64", &format_args!("{base64}"))?;
            }
        }
        written.end()
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Base64(text) => STANDARD
                .decode(text)
                .map(Self)
                .map_err(serde::de::Error::custom),
        }
    }
}
