//! `mcp-host cache` and `mcp-host compile`, and runs whose cache cannot be used.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mcp_tests::binary;
use serde_json::Value;

use super::{Host, Ran, guest, ran};

/// A host with a cache of its own.
struct Own(Host);

impl Own {
    fn new() -> Self {
        Self(Host::new())
    }

    fn dir(&self) -> PathBuf {
        self.0.dir.path().join("cache/mcp-host/compiled")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.0.command(args);
        command.env("XDG_CACHE_HOME", self.0.dir.path().join("cache"));
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        ran(&self.command(args).output().unwrap())
    }

    fn list(&self) -> Value {
        serde_json::from_str(&self.run(&["cache", "list", "--format", "json"]).stdout).unwrap()
    }

    /// The files of compiled components.
    fn files(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.dir()).into_iter().flatten();
        let files = files.map(|file| file.unwrap().path());
        files.filter(|file| !file.is_dir()).collect()
    }

    /// Whether there are compiled functions.
    fn has_functions(&self) -> bool {
        self.dir().join("functions/functions.redb").exists()
    }
}

fn digest(path: &str) -> String {
    blake3::hash(&std::fs::read(path).unwrap())
        .to_hex()
        .to_string()
}

#[test]
fn compile_fills_the_cache_and_a_run_then_loads_it() {
    let host = Own::new();
    let skill = guest("echo");
    let compiled = host.run(&["compile", &skill]);
    assert_eq!(
        compiled.stdout.trim(),
        digest(&skill),
        "{}",
        compiled.stderr
    );
    let list = host.list();
    assert_eq!(list["entries"][0]["digest"], digest(&skill).as_str());
    assert_eq!(list["entries"][0]["state"], "good");
    let before = std::fs::metadata(&host.files()[0]).unwrap();
    let run = host.run(&["run", &skill, "--input", "[1]", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["result"], serde_json::json!([1]));
    let after = std::fs::metadata(&host.files()[0]).unwrap();
    assert_eq!(
        before.modified().unwrap(),
        after.modified().unwrap(),
        "a warm start writes nothing"
    );
}

#[test]
fn list_and_clear_say_what_there_is_and_was() {
    let host = Own::new();
    assert!(
        host.run(&["cache", "list"])
            .stdout
            .starts_with("0 compiled components, 0 B of 1.0 GiB in ")
    );
    host.run(&["compile", &guest("echo")]);
    let listed = host.run(&["cache", "list"]).stdout;
    assert!(
        listed.contains(&digest(&guest("echo"))) && listed.contains("good\n1 compiled"),
        "{listed}"
    );
    assert!(host.has_functions());
    let cleared = host.run(&["cache", "clear"]).stdout;
    assert!(cleared.starts_with("removed 2 files, "), "{cleared}");
    assert_eq!(host.files(), Vec::<PathBuf>::new());
    assert!(!host.has_functions());
}

#[test]
fn verify_names_what_was_changed_and_a_run_compiles_it_again() {
    let host = Own::new();
    let skill = guest("echo");
    host.run(&["compile", &skill]);
    assert_eq!(host.run(&["cache", "verify"]).code, Some(0));
    let file = &host.files()[0];
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let verified = host.run(&["cache", "verify"]);
    assert_eq!(verified.code, Some(6));
    assert!(
        verified
            .stderr
            .contains("1 of 1 compiled components are not what this host wrote"),
        "{}",
        verified.stderr
    );
    let run = host.run(&["run", &skill, "--input", "[1]"]);
    assert_eq!(run.stdout, "[1]\n");
    assert!(
        run.stderr
            .contains("is not what this host wrote; compiling again"),
        "{}",
        run.stderr
    );
    assert_eq!(host.run(&["cache", "verify"]).code, Some(0));
}

#[test]
fn the_settings_bound_the_size_of_the_cache() {
    let host = Own::new();
    host.0.file("mcp-host.toml", "[cache]\nsize = \"1KiB\"\n");
    let compiled = host.run(&["compile", &guest("echo")]);
    assert_eq!(compiled.code, Some(6));
    assert!(
        compiled
            .stderr
            .contains("larger than the whole cache may be"),
        "{}",
        compiled.stderr
    );
    assert_eq!(
        host.run(&["run", &guest("echo"), "--input", "[1]"]).stdout,
        "[1]\n"
    );
    assert_eq!(host.list()["limit"], 1024);
    // A replay compiles too, and keeps no more.
    let record = ["run", &guest("echo"), "--record", "r.jsonl"];
    assert_eq!(host.run(&record).code, Some(0));
    assert_eq!(
        host.run(&["replay", "r.jsonl", &guest("echo")]).code,
        Some(0)
    );
    assert_eq!(host.files().len(), 0);
    host.0.file("mcp-host.toml", "[cache]\nsize = \"lots\"\n");
    host.run(&["compile", &guest("echo")])
        .fails_with(2, &["`size`: "]);
}

#[test]
fn a_disk_that_cannot_be_written_costs_time_and_a_warning() {
    let host = Own::new();
    // No user can create a directory there, not even root.
    let mut command = host.command(&["run", &guest("echo"), "--input", "[1]"]);
    let run = ran(&command.env("XDG_CACHE_HOME", "/proc").output().unwrap());
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "[1]\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("running without the cache of compiled components"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("/proc/mcp-host/compiled"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_full_disk_costs_time_and_a_warning_and_leaves_nothing() {
    let host = Own::new();
    // No file may have more than 300 KiB, and the compiled form has more: writing it fails as it does on a full disk.
    let limited = r#"trap "" XFSZ; ulimit -f 600; exec "$0" "$@""#;
    let mut command = Command::new("sh");
    command.args(["-c", limited]).arg(binary("mcp-host"));
    command.args(["run", &guest("echo"), "--input", "[1]"]);
    for (name, value) in host.command(&[]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let run = ran(&command.current_dir(host.0.dir.path()).output().unwrap());
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "[1]\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("the compiled component is not kept"),
        "{}",
        run.stderr
    );
    assert_eq!(host.files(), Vec::<PathBuf>::new());
    assert!(!host.has_functions());
}

#[test]
fn a_host_that_is_killed_at_any_moment_leaves_the_old_or_the_new_file() {
    let host = Own::new();
    let skill = guest("echo");
    let start = Instant::now();
    host.run(&["compile", &skill]);
    let whole = start.elapsed();
    const KILLS: u32 = 24;
    for kill in 1..=KILLS {
        if kill % 2 == 0 {
            host.run(&["cache", "clear"]);
        }
        let mut child = host.command(&["compile", &skill]).spawn().unwrap();
        std::thread::sleep(whole * kill / KILLS);
        child.kill().unwrap();
        child.wait().unwrap();
        for file in host.files() {
            let finished = file
                .extension()
                .is_some_and(|extension| extension == "cwasm");
            assert!(finished || is_temporary(&file), "{}", file.display());
        }
        let verified = host.run(&["cache", "verify"]);
        assert_eq!(verified.code, Some(0), "kill {kill}: {}", verified.stderr);
    }
    assert_eq!(host.run(&["run", &skill, "--input", "[1]"]).stdout, "[1]\n");
}

fn is_temporary(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(".tmp"))
}

#[test]
fn a_compiler_that_is_left_behind_ends_by_itself() {
    // Its parent is gone, and with it the other ends of its pipes.
    let mut child = Command::new(binary("mcp-host"))
        .args(["compile-worker", "4294967296", "60"])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it still waits");
        std::thread::sleep(Duration::from_millis(20));
    }
}
