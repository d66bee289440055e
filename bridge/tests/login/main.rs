//! Logins against a scripted server that is its own authorization server: what a connection sends, what is kept, and
//! what hostile metadata and answers turn into.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use mcp_bridge::{
    Authorize, CallError, Config, ConnectError, HttpFault, JsonObject, Keyring, LoggedIn, Login,
    LoginError, LoginRequest, LoginState, Redirect, Server, ServerConfig, finish_renewals,
    keep_logins_in, login_state, logout,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

mod bounds;
mod browser;
mod canary;
mod hostile;
#[cfg(target_os = "linux")]
mod keyring;
mod machine;
mod provider;
mod renewed;
#[allow(dead_code, reason = "another test program uses the rest")]
#[path = "../live/web.rs"]
mod web;

use provider::Provider;
use web::{Reply, Web};

/// The directory of the logins of this process. Every test has a server of its own, so that they share it.
fn place() -> PathBuf {
    static PLACE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let place = PLACE.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        keep_logins_in(place.path().join("logins"), Keyring::Unused);
        place
    });
    place.path().join("logins")
}

/// The entry `far` of a configuration, with these keys beside its address.
fn entry(url: &str, more: &Value) -> ServerConfig {
    let mut entry = json!({"url": url});
    entry
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let text = json!({"mcpServers": {"far": entry}}).to_string();
    let config = Config::parse(&text, Path::new("/etc/mcp.json")).unwrap();
    config.server("far").unwrap().clone()
}

/// The browser and the person: goes where the login sends it, and comes back with a code.
async fn log_in(config: &ServerConfig, scopes: &[&str]) -> Result<LoggedIn, LoginError> {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let login = Login::begin(config, LoginRequest::with_scopes(scopes)).await?;
    let redirect = login.redirect().await?;
    let authorize = login.authorize(&redirect).await?;
    let address = provider::consent(authorize.url());
    authorize.finish(&address).await
}

async fn call(server: &Server, tool: &str) -> Result<String, CallError> {
    let answer = server.call(tool, JsonObject::new()).await?;
    Ok(answer.content[0].as_text().unwrap().text.clone())
}
