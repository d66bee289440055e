//! Everything that speaks MCP as a client: configuration, connection, list, call.
//!
//! Owns the server processes and both transports. Knows nothing of components, WIT or policy, and
//! interprets no answer: an `isError` result is passed on as the tool gave it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = mcp_bridge::Config::discover(None)?;
//! let server = mcp_bridge::Server::connect(config.server("time")?).await?;
//! let answer = server.call("now", mcp_bridge::JsonObject::new()).await?;
//! println!("{:?}", answer.content);
//! server.close().await;
//! # Ok(())
//! # }
//! ```

mod account;
mod arguments;
mod border;
mod canonical;
mod client;
mod config;
mod confusables;
mod credential;
mod due;
pub mod durable;
mod error;
mod handler;
mod handshake;
mod http;
mod in_flight;
mod login;
mod message;
pub mod named_file;
mod noise;
mod on_behalf;
mod one_shot;
mod pins;
mod principal;
pub mod private_dir;
mod process;
mod rate_limiter;
mod raw_json;
pub mod reserved;
mod response_cache;
mod secret;
mod server;
mod stdio_transport;
pub mod text;
mod throttle;
mod tool;
mod tool_result;
mod trace;

pub use arguments::Arguments;
pub use client::{Answer, Client, ConnectOptions, Source};
pub use config::{
    Bounds, CachePolicy, CallLimits, ClientFormat, ClientServer, Config, ConfigError, EditError,
    Elicitation, Expressions, Rule, ServerConfig, StartupKey, Transport, add_server,
    client_servers, config_value, masked, project_of, remove_server, replace_servers,
    restore_servers, with_servers,
};
pub use confusables::{Compared, LookAlike, Named, compared_tools, look_alikes};
pub use credential::{is_sensitive, looks_like_a_key};
pub use error::{CallError, ConnectError, HttpFault, LastOutput, Silence, with_causes};
pub use http::document;
pub use login::{
    Authorize, DeviceCode, Keyring, LoggedIn, Login, LoginError, LoginRequest, LoginState,
    Redirect, finish_renewals, keep_logins_in, login_kept, login_state, logout,
};
pub use message::json_memory;
pub use named_file::NamedFileError;
pub use noise::StrayLines;
pub use on_behalf::{User, on_behalf_of};
pub use pins::{Drift, DriftKind, Lock, LockError, definition_hash};
pub use principal::KnownSecrets;
pub use process::supervise_servers;
pub use raw_json::{RawJson, json_string};
pub use response_cache::ResponseCacheDir;
pub use rmcp::model::{ContentBlock, JsonObject, ResourceContents, Tool};
pub use secrecy::{ExposeSecret, SecretString};
pub use secret::without_secrets;
pub use server::Server;
pub use throttle::admits_log;
pub use tool_result::CallToolResult;
pub use trace::{TraceContext, Tracer, continue_trace, trace_by, traced};
