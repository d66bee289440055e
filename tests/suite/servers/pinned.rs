//! The start of each pinned server: the entry that a user would write into `mcpServers`.

use std::path::{Path, PathBuf};

use mcp_bridge::{Client, Config, ConnectOptions};
use serde_json::{Value, json};

use crate::install;

/// An installed server. Each function returns `None`, with a message, if it cannot be installed.
pub(crate) struct Pinned {
    pub(crate) name: &'static str,
    pub(crate) command: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) env: Value,
    /// The installation that contains it.
    pub(crate) installation: PathBuf,
}

/// npm `server-filesystem`, which may use this directory.
pub(crate) fn filesystem(test: &str, dir: &Path) -> Option<Pinned> {
    npm(test, "filesystem", vec![text(dir)], json!({}))
}

/// npm `server-memory`, which keeps its graph in this file.
pub(crate) fn memory(test: &str, file: &Path) -> Option<Pinned> {
    npm(
        test,
        "memory",
        Vec::new(),
        json!({ "MEMORY_FILE_PATH": file }),
    )
}

/// npm `server-everything`.
pub(crate) fn everything(test: &str) -> Option<Pinned> {
    npm(test, "everything", Vec::new(), json!({}))
}

/// PyPI `mcp-server-time`.
pub(crate) fn time(test: &str) -> Option<Pinned> {
    let args = vec!["--local-timezone".to_owned(), "UTC".to_owned()];
    pypi(test, "time", "mcp-server-time", args, json!({}))
}

/// PyPI `mcp-server-git`, which may use this repository.
pub(crate) fn git(test: &str, repository: &Path) -> Option<Pinned> {
    let args = vec!["--repository".to_owned(), text(repository)];
    // The settings and the language of the tests' user would show in its responses.
    let env =
        json!({ "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C" });
    pypi(test, "git", "mcp-server-git", args, env)
}

/// npm `server-sequential-thinking`.
pub(crate) fn sequential_thinking(test: &str) -> Option<Pinned> {
    npm(test, "sequential-thinking", Vec::new(), json!({}))
}

/// npm `@playwright/mcp`, without a browser.
pub(crate) fn playwright(test: &str) -> Option<Pinned> {
    let script = "@playwright/mcp/cli.js";
    script_of(test, "playwright", script, Vec::new(), json!({}))
}

/// npm `mongodb-mcp-server`, without a database.
pub(crate) fn mongodb(test: &str) -> Option<Pinned> {
    let script = "mongodb-mcp-server/dist/index.js";
    let env = json!({ "MDB_MCP_TELEMETRY": "disabled", "MDB_MCP_LOGGERS": "stderr" });
    script_of(test, "mongodb", script, Vec::new(), env)
}

/// PyPI `mcp-server-fetch`, which may ignore robots.txt, and read pages of this machine.
pub(crate) fn fetch(test: &str) -> Option<Pinned> {
    let options = ["--ignore-robots-txt", "--allow-private-ips"];
    let args = options.map(str::to_owned).to_vec();
    pypi(test, "fetch", "mcp-server-fetch", args, json!({}))
}

/// PyPI `excel-mcp-server`, which may use this directory.
pub(crate) fn excel(test: &str, dir: &Path) -> Option<Pinned> {
    let args = vec!["stdio".to_owned(), "--allow-dir".to_owned(), text(dir)];
    pypi(test, "excel", "excel-mcp-server", args, json!({}))
}

/// PyPI `mcp-server-sqlite`, with this database.
pub(crate) fn sqlite(test: &str, database: &Path) -> Option<Pinned> {
    let installation = install::python(test, "tests/servers/older", "python-older")?;
    Some(Pinned {
        name: "sqlite",
        command: installation.join("bin/mcp-server-sqlite"),
        args: vec!["--db-path".to_owned(), text(database)],
        env: json!({}),
        installation,
    })
}

fn npm(test: &str, name: &'static str, args: Vec<String>, env: Value) -> Option<Pinned> {
    let script = format!("@modelcontextprotocol/server-{name}/dist/index.js");
    script_of(test, name, &script, args, env)
}

fn script_of(
    test: &str,
    name: &'static str,
    script: &str,
    args: Vec<String>,
    env: Value,
) -> Option<Pinned> {
    let installation = install::node(test, "tests/servers", "node")?;
    let script = text(&installation.join("node_modules").join(script));
    Some(Pinned {
        name,
        command: "node".into(),
        args: [vec![script], args].concat(),
        env,
        installation,
    })
}

fn pypi(
    test: &str,
    name: &'static str,
    program: &str,
    args: Vec<String>,
    env: Value,
) -> Option<Pinned> {
    let installation = install::python(test, "tests/servers", "python")?;
    Some(Pinned {
        name,
        command: installation.join("bin").join(program),
        args,
        env,
        installation,
    })
}

impl Pinned {
    /// Its entry of `mcpServers`.
    pub(crate) fn entry(&self) -> Value {
        json!({ "command": self.command, "args": self.args, "env": self.env })
    }

    /// A configuration with this one server.
    pub(crate) fn config(&self) -> Value {
        json!({ "mcpServers": { self.name: self.entry() } })
    }

    /// Starts it.
    pub(crate) async fn connect(&self) -> Client {
        let config = Config::parse(&self.config().to_string(), Path::new("mcp.json")).unwrap();
        Client::connect(config.server(self.name).unwrap(), ConnectOptions::default())
            .await
            .unwrap()
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
