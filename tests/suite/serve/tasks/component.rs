//! The tasks as one Rust component (`tests/tasks`), in this process.

use std::fs;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::process::Command;

use futures_util::future::join_all;
use mcp_bridge::{Client, Config, ConnectOptions};
use mcp_host::{Determinism, Outcome, Request, record};
use mcp_tests::{Setup, binary, build, root};
use serde_json::json;

use super::ledger::{Ran, read};
use super::list::TASKS;
use super::shop::Shop;
use crate::install::{done, lock};

/// The servers, and the tools that the component imports from each.
const IMPORTS: [(&str, &str); 6] = [
    ("everything", "get-structured-content"),
    (
        "filesystem",
        "search_files,read_text_file,read_multiple_files,write_file",
    ),
    ("git", "git_log,git_show"),
    (
        "memory",
        "search_nodes,open_nodes,read_graph,create_entities",
    ),
    ("sqlite", "read_query"),
    ("time", "convert_time"),
];

/// Does all tasks, in the order of [`TASKS`].
pub(super) async fn ran(shop: &Shop) -> Vec<Ran> {
    let component = component(shop);
    let mut setup = Setup::default();
    for client in connected(shop).await {
        setup = setup.live(client);
    }
    let limits = setup.its_limits();
    let linked = setup.linked(&component).unwrap();
    let mut all = Vec::new();
    for task in TASKS {
        let recording = shop.host.dir.path().join("component.jsonl");
        let mut input = shop.input();
        input["task"] = task.name.into();
        let report = record(
            &linked,
            &Request::Input(&input.to_string()),
            &limits,
            Determinism::default(),
            fs::File::create(&recording).unwrap(),
            pending(),
        )
        .await
        .unwrap();
        assert_eq!(report.outcome, Outcome::Finished, "{}", task.name);
        all.push(read(&recording, shop));
    }
    all
}

/// All servers of a shop.
pub(super) async fn connected(shop: &Shop) -> Vec<Client> {
    let config = json!({ "mcpServers": shop.servers }).to_string();
    let config = Config::parse(&config, Path::new("mcp.json")).unwrap();
    let clients = IMPORTS.map(|(name, _)| {
        let server = config.server(name).unwrap();
        Client::connect(server, ConnectOptions::default())
    });
    let clients = join_all(clients).await;
    clients.into_iter().map(Result::unwrap).collect()
}

fn component(shop: &Shop) -> PathBuf {
    let workspace = root().join("tests/tasks");
    let _lock = lock("tasks");
    let config = shop.host.dir.path().join("mcp.json");
    for (server, tools) in IMPORTS {
        let mut command = Command::new(binary("mcp-codegen"));
        command.args(["wit", server, "--async", "--tools", tools]);
        done(
            command
                .arg("--config")
                .arg(&config)
                .arg("--out")
                .arg(workspace.join("wit")),
        );
    }
    build(&workspace, &[]).join("tasks.wasm")
}
