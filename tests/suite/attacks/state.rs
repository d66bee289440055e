//! State files and directories that another user prepared.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mcp_tests::Measured;
use serde_json::{Value, json};

use super::super::cli::{Host, guest};
use super::{MIB, attack};

const PATIENCE: Duration = Duration::from_secs(120);

/// A run of the guest `state` with these operations.
fn run(host: &Host, operations: &Value) -> Measured {
    let (skill, input) = (guest("state"), operations.to_string());
    attack(host, &["run", &skill, "--input", &input], PATIENCE)
}

fn skills(host: &Host) -> PathBuf {
    host.dir.path().join("state/mcp-host/skills")
}

/// The one file of state that there is.
fn file(host: &Host) -> PathBuf {
    let files: Vec<PathBuf> = std::fs::read_dir(skills(host))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "redb")
        })
        .collect();
    let [file] = &files[..] else {
        panic!("{files:?}");
    };
    file.clone()
}

fn asides(host: &Host) -> Vec<PathBuf> {
    std::fs::read_dir(skills(host))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".redb.damaged-"))
        .collect()
}

/// An error of state, which the guest returns as a result: nothing traps, and nothing panics.
#[track_caller]
fn is_error(run: &Measured, words: &str) {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains(words), "{} {}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

#[test]
fn a_large_value_takes_little_memory_of_the_host_and_little_of_the_disk() {
    const VALUE: u64 = 20_000_000;
    let host = Host::new();
    let set = |bytes: u64| {
        run(
            &host,
            &json!([{ "setBytes": { "key": "k", "bytes": bytes } }]),
        )
    };
    let base = set(1);
    assert_eq!(base.code, Some(0), "{}", base.stderr);
    for _ in 0..3 {
        let large = set(VALUE);
        assert_eq!(large.code, Some(0), "{}", large.stderr);
        // In the guest and in the host: once each, and what grows in steps.
        let more = large.peak.saturating_sub(base.peak);
        assert!(more < 2 * VALUE + 24 * MIB, "{} MiB", more / MIB);
        let length = std::fs::metadata(file(&host)).unwrap().len();
        assert!(length < VALUE * 5 / 2 + 4 * MIB, "{} MiB", length / MIB);
    }
}

#[test]
fn a_corrupted_file_of_state_is_an_error_and_is_set_aside_as_it_is() {
    let set = json!([
        { "set": { "key": "a", "value": "v" } }, { "setBytes": { "key": "b", "bytes": 100_000 } }
    ]);
    let get = json!([{ "get": { "key": "a" } }]);
    let host = Host::new();
    assert_eq!(run(&host, &set).code, Some(0));
    let path = file(&host);
    let good = std::fs::read(&path).unwrap();
    let mut damaged = 0;
    for round in 0..12_usize {
        let mut bad = good.clone();
        match round % 3 {
            0 => bad.truncate(good.len() * (round + 1) / 13),
            // Bytes of all pages that redb reads when it opens a file.
            1 => bad[4096..]
                .iter_mut()
                .step_by(97 + round)
                .for_each(|byte| *byte ^= 0x55),
            _ => bad[64 + round..320]
                .iter_mut()
                .step_by(29)
                .for_each(|byte| *byte ^= 0xff),
        }
        std::fs::write(&path, &bad).unwrap();
        let got = run(&host, &get);
        is_error(
            &got,
            "the state store is damaged; the host set it aside as `state-",
        );
        assert!(got.stderr.contains("damaged-1"), "{}", got.stderr);
        let asides = asides(&host);
        let [aside] = &asides[..] else {
            panic!("{asides:?}");
        };
        assert!(std::fs::read(aside).unwrap() == bad, "round {round}");
        std::fs::remove_file(aside).unwrap();
        // The next run starts with an empty store.
        let next = run(&host, &get);
        assert_eq!((next.code, next.stdout.trim()), (Some(0), "[null]"));
        damaged += 1;
    }
    assert_eq!(damaged, 12);
}

fn is_refused(host: &Host) {
    for operations in [
        json!([{ "set": { "key": "k", "value": "v" } }]),
        json!([{ "get": { "key": "k" } }]),
    ] {
        let run = run(host, &operations);
        is_error(&run, "the state store is not used");
        // The user learns where to look; the guest does not.
        assert!(run.stderr.contains("is not private"), "{}", run.stderr);
        assert!(
            !run.stdout.contains(&*host.dir.path().to_string_lossy()),
            "{}",
            run.stdout
        );
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_of_state_that_is_a_link_or_open_to_others_is_not_used() {
    let host = Host::new();
    let elsewhere = host.dir.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    set_mode(&elsewhere, 0o777);
    // Makes the directory above it.
    drop(host.command(&["--version"]));
    symlink(&elsewhere, skills(&host)).unwrap();
    is_refused(&host);
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
    std::fs::remove_file(skills(&host)).unwrap();
    std::fs::create_dir(skills(&host)).unwrap();
    set_mode(&skills(&host), 0o777);
    is_refused(&host);
}

#[test]
fn a_file_of_state_that_is_a_link_is_neither_followed_nor_overwritten() {
    let host = Host::new();
    let set = json!([{ "set": { "key": "k", "value": "v" } }]);
    assert_eq!(run(&host, &set).code, Some(0));
    let path = file(&host);
    let target = host.file("of the user", "");
    for link in [
        |target: &Path, path: &Path| symlink(target, path),
        |target: &Path, path: &Path| std::fs::hard_link(target, path),
    ] {
        std::fs::remove_file(&path).unwrap();
        link(&target, &path).unwrap();
        is_refused(&host);
        assert_eq!(std::fs::read(&target).unwrap(), b"");
    }
}
