//! The server that the conformance suite tests: the transport and the handler of `mcp-serve`, and beside its three
//! tools the fixtures that the suite asks for. It prints its address, and serves until it is killed.
#![allow(clippy::print_stdout, reason = "a test reads the address there")]

mod fixture;
mod prompts;
mod questions;
mod resources;
mod tools;

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use mcp_host::{Host, Limits};
use mcp_serve::{Access, Agent, Door, HttpOptions, Listening, Options, Rules};

use crate::fixture::Fixture;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The tools of the surface need no server here, and the fixtures run no script.
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("mcp.json");
    std::fs::write(&config, r#"{"mcpServers":{}}"#)?;
    let limits = Limits::default();
    let memory = limits.memory;
    let rules = Rules {
        policy: None,
        scopes: Vec::new(),
        settings: dir.path().join("mcp-host.toml"),
        limits,
    };
    let door = Door::open(Options {
        config: Some(config),
        rules: Arc::new(move |_| Ok(rules.clone())),
        day_counts: None,
        memory,
        slots: 1,
        host: Host::builder().slots(1).build()?,
        engine: Vec::new().into(),
        cache: None,
        lists: None,
        learned: None,
        principals: None,
        waits: std::time::Duration::ZERO,
        keep_all: false,
        skills: None,
        patience: std::time::Duration::ZERO,
        runs: None,
        type_checker: None,
        on_run: None,
        audit: None,
        on_answer: None,
    })?;
    let options = HttpOptions {
        page: None,
        access: Access::Open,
        hosts: Vec::new(),
        origins: Vec::new(),
        connections: 1_024,
        direct: None,
    };
    let listening = Listening::on((Ipv4Addr::LOCALHOST, 0).into(), &options).await?;
    println!("{}", listening.url());
    let (door, changes) = (Arc::new(door), fixture::changes());
    let of_sessions = Arc::clone(&door);
    let session = move || Fixture::new(Agent::new(Arc::clone(&of_sessions)), &changes);
    listening
        .serve_sessions(&door, session, options, std::future::pending())
        .await;
    Ok(())
}
