//! The binary as a user sees it: wiring, exit codes, wording.

mod asked;
mod audit;
mod bad_input;
mod cache;
mod canary;
mod config;
mod first_hour;
mod functions;
mod ill_formed;
mod inspect;
mod look_alikes;
pub(super) mod main_job;
mod mistyped;
mod noise;
mod options;
pub(super) mod paused;
mod pinned;
mod policy;
mod program_files;
mod progress;
mod replay;
mod server_commands;
mod server_entries;
mod servers;
mod settings;
mod setup;
mod signals;
mod stats;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mcp_tests::{binary, root};

/// `mcp-host` with a home of its own, in an empty directory.
pub(super) struct Host {
    pub(super) dir: tempfile::TempDir,
}

/// The output and the exit code of a command.
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Host {
    pub(super) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Writes a file into the directory and gives its path.
    pub(super) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Writes the settings of the user, and gives their path. Those of the directory allow an agent nothing.
    pub(super) fn settings(&self, contents: impl AsRef<[u8]>) -> PathBuf {
        let dir = self.dir.path().join("config/mcp-host");
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("mcp-host.toml");
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// An `mcp.json` with the scripted server in this mode, under the name `scripted`.
    pub(super) fn scripted(&self, mode: &str) {
        let server = binary("examples/scripted-server");
        self.config(&serde_json::json!({
            "command": server, "args": [mode],
            "env": { "SCRIPTED_PIDS": self.dir.path().join("pids") }
        }));
    }

    /// An `mcp.json` with this server under the name `scripted`.
    pub(super) fn config(&self, server: &serde_json::Value) {
        let config = serde_json::json!({ "mcpServers": { "scripted": server } });
        self.file("mcp.json", config.to_string());
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary("mcp-host"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("XDG_DATA_HOME", self.dir.path().join("data"))
            .env("XDG_CACHE_HOME", cache())
            // No test puts a key into the keyring of the user who runs it.
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        // With a key per test, the shared cache would contain nothing that a test could use.
        let state = self.dir.path().join("state/mcp-host");
        std::fs::create_dir_all(&state).unwrap();
        share_key(&state);
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Ran {
        ran(&self.command(args).output().unwrap())
    }
}

pub(super) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

impl Ran {
    /// Compares exit code, stdout, and all of stderr but the summary line.
    #[track_caller]
    pub(super) fn is(&self, code: i32, stdout: &str, stderr: &str) {
        assert_eq!(self.stdout, stdout, "stderr: {}", self.stderr);
        assert_eq!(self.stderr, stderr);
        assert_eq!(self.code, Some(code), "{}", self.stderr);
    }

    #[track_caller]
    pub(super) fn fails_with(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.stdout, "", "stderr: {}", self.stderr);
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no `{part}` in:\n{}",
                self.stderr
            );
        }
        assert_eq!(self.stderr.matches("error:").count(), 1, "{}", self.stderr);
        assert_eq!(self.code, Some(code), "{}", self.stderr);
    }
}

fn cache() -> PathBuf {
    root().join("target/test-cache/cli")
}

/// One key for all tests, so that each guest is compiled once.
fn share_key(state: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let key = state.join("cache.key");
    std::fs::write(&key, [7; 32]).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(state, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// A guest's path as text.
pub(super) fn guest(name: &str) -> String {
    mcp_tests::guest(name).to_str().unwrap().to_owned()
}
