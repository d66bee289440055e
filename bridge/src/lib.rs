//! Everything that speaks MCP as a client: configuration, connection, list, call.
//!
//! Owns the server processes and the wire. Knows nothing of components, WIT or policy, and
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

mod config;
mod era;
mod error;
mod flood;
mod handler;
mod http;
mod message;
mod nearest;
mod process;
mod server;
mod wire;

pub use config::{Config, ConfigError, ServerConfig, Transport};
pub use error::{CallError, ConnectError, LastWords};
pub use handler::Elicitation;
pub use http::HttpFault;
pub use rmcp::model::{CallToolResult, ContentBlock, JsonObject, ResourceContents, Tool};
pub use server::Server;
