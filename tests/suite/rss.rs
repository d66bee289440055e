//! The memory of a run, measured from outside.

use std::process::{Command, Stdio};
use std::time::Duration;

use mcp_tests::{binary, measured};

/// The peak resident memory of an `mcp-host run` that calls `f` of this component, in bytes. The run must last until
/// its deadline, so that the test sees its peak.
pub(crate) fn peak(component: &[u8], memory: u64, timeout: Duration) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let skill = dir.path().join("bomb.wasm");
    std::fs::write(&skill, component).unwrap();
    let mut command = Command::new(binary("mcp-host"));
    command
        .arg("run")
        .arg(&skill)
        .args(["--invoke", "f()", "--fuel", "99999999999999"])
        .args(["--max-table-elements", "99999999999"])
        .arg(format!("--memory={memory}"))
        .arg(format!("--timeout={}ms", timeout.as_millis()))
        .current_dir(dir.path())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_CONFIG_HOME", dir.path().join("config"))
        .env("XDG_CACHE_HOME", dir.path().join("cache"))
        .stdin(Stdio::null());
    let run = measured(&mut command, timeout + Duration::from_secs(60));
    assert_eq!(run.code, Some(3), "the run has to end at its deadline");
    run.peak
}
