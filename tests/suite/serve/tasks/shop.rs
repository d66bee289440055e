//! A shop with the six servers that serve it, and a host that is configured for them.

use std::path::PathBuf;

use mcp_tests::root;
use serde_json::{Value, json};

use super::super::configure;
use super::fixture;
use crate::cli::Host;
use crate::install;

/// The tools that do not say that they only read, as a user allows them for scripts of agents.
pub(super) const POLICY: &str = "[policy]\n\
    allow = [\"filesystem/write_file\", \"memory/create_entities\", \"sqlite/read_query\"]\n";

pub(super) struct Shop {
    /// Its directory has the shop too, and is removed with it.
    pub(super) host: Host,
    dir: PathBuf,
    /// `mcpServers`.
    pub(super) servers: Value,
}

impl Shop {
    /// `None`, with a message, if the servers cannot be installed.
    pub(super) fn open(test: &str) -> Option<Self> {
        let node = install::node(test, "tests/servers", "node")?;
        let python = install::python(test, "tests/servers", "python")?;
        let older = install::python(test, "tests/servers/older", "python-older")?;
        let host = Host::new();
        let dir = host.dir.path().canonicalize().unwrap().join("shop");
        std::fs::create_dir(&dir).unwrap();
        fixture::build(&dir);
        let npm = |name: &str| {
            node.join(format!(
                "node_modules/@modelcontextprotocol/server-{name}/dist/index.js"
            ))
        };
        let servers = json!({
            "everything": { "command": "node", "args": [npm("everything")] },
            "filesystem": { "command": "node", "args": [npm("filesystem"), dir.join("files")] },
            "git": {
                "command": python.join("bin/mcp-server-git"),
                "args": ["--repository", dir.join("repo")],
                "env": { "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C" },
            },
            "memory": {
                "command": "node",
                "args": [npm("memory")],
                "env": { "MEMORY_FILE_PATH": dir.join("graph.jsonl") },
            },
            "sqlite": {
                "command": older.join("bin/mcp-server-sqlite"),
                "args": ["--db-path", dir.join("shop.db")],
            },
            "time": { "command": python.join("bin/mcp-server-time"), "args": ["--local-timezone", "UTC"] },
        });
        configure(&host, &servers);
        Some(Self { host, dir, servers })
    }

    /// A file of the shop.
    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.join(name)).unwrap()
    }

    /// A text as if the shop were in the directory of a user: a temporary directory has another name each time.
    pub(super) fn usual(&self, text: &str) -> String {
        text.replace(self.dir.to_str().unwrap(), "/home/ada/shop")
    }

    /// The input of each script.
    pub(super) fn input(&self) -> Value {
        json!({ "shop": self.dir })
    }
}

/// The script of a task.
pub(super) fn script(name: &str) -> PathBuf {
    root().join("examples/tasks").join(format!("{name}.ts"))
}
