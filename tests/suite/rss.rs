//! How much memory a run takes of the machine, seen from outside.

use std::process::{Command, Stdio};
use std::time::Duration;

use mcp_tests::binary;

/// The most resident memory of an `mcp-host run` that calls `f` of this component, in bytes. The run has to
/// last until its deadline, so that its peak is seen.
pub(crate) fn peak(component: &[u8], memory: u64, timeout: Duration) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let skill = dir.path().join("bomb.wasm");
    std::fs::write(&skill, component).unwrap();
    let mut child = Command::new(binary("mcp-host"))
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
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        if let Some(exit) = child.try_wait().unwrap() {
            break exit.code();
        }
        // The kernel keeps the highest value itself.
        if let Ok(status) = std::fs::read_to_string(&status) {
            peak = peak.max(high_water(&status).unwrap_or(0));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(code, Some(3), "the run has to end at its deadline");
    peak
}

/// `VmHWM:   123 kB`
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
