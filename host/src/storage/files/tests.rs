//! Paths, links and modes in granted directories.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::rules::policy::DirGrant;

fn files(dir: &std::path::Path, grant: &str) -> Files {
    let grants = Grants {
        dirs: vec![
            format!("{}::{grant}", dir.display())
                .parse::<DirGrant>()
                .unwrap(),
        ],
        ..Grants::default()
    };
    Files::open(&grants, &Arc::default()).unwrap()
}

fn free() -> Account {
    with(crate::rules::limits::Limits::default().memory)
}

fn with(memory: usize) -> Account {
    Account::new(memory, None)
}

fn names(entries: Vec<DirEntry>) -> Vec<String> {
    entries.into_iter().map(|entry| entry.name).collect()
}

#[test]
fn a_granted_file_is_read_and_listed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), "hello").unwrap();
    let files = files(dir.path(), "/data");
    assert_eq!(files.read("/data/a.txt", &free()).unwrap(), b"hello");
    assert_eq!(
        files.list("/data", &free()).unwrap(),
        [DirEntry {
            name: "a.txt".into(),
            kind: Kind::File,
            size: 5
        }]
    );
}

#[test]
fn directories_above_a_grant_show_only_the_way_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path(), "/work/data");
    assert_eq!(
        names(files.list("/", &free()).unwrap()),
        ["mcp-tools", "work"]
    );
    assert_eq!(names(files.list("/work", &free()).unwrap()), ["data"]);
}

#[test]
fn a_path_outside_every_grant_is_denied() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path(), "/data");
    for path in [
        "/etc/passwd",
        "data/a",
        "/data/../etc/passwd",
        "/data//a",
        "/data/a\0b",
    ] {
        let error = files.read(path, &free()).unwrap_err();
        assert!(matches!(error, FileError::Denied(_)), "{path}: {error:?}");
    }
}

#[test]
fn a_symbolic_link_that_leads_out_is_denied() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", dir.path().join("out")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("passwd")).unwrap();
    let files = files(dir.path(), "/data:rw");
    for path in ["/data/out/passwd", "/data/passwd"] {
        let error = files.read(path, &free()).unwrap_err();
        assert!(matches!(error, FileError::Denied(_)), "{path}: {error:?}");
        let error = files.write(path, b"x").unwrap_err();
        assert!(matches!(error, FileError::Denied(_)), "{path}: {error:?}");
    }
}

#[test]
fn a_fifo_is_refused_and_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let error = files(dir.path(), "/data")
        .read("/data/fifo", &free())
        .unwrap_err();
    assert_eq!(
        error,
        FileError::WrongKind("`/data/fifo` is not a file".into())
    );
}

#[test]
fn writing_needs_a_rw_grant() {
    let dir = tempfile::tempdir().unwrap();
    let error = files(dir.path(), "/data")
        .write("/data/a", b"x")
        .unwrap_err();
    assert!(matches!(error, FileError::Denied(_)), "{error:?}");
    assert!(!dir.path().join("a").exists());

    files(dir.path(), "/data:rw")
        .write("/data/a", b"longer")
        .unwrap();
    files(dir.path(), "/data:rw")
        .write("/data/a", b"x")
        .unwrap();
    assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"x");
}

#[test]
fn a_file_past_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(dir.path().join("big")).unwrap();
    file.set_len(MAX_FILE + 1).unwrap();
    let error = files(dir.path(), "/data")
        .read("/data/big", &free())
        .unwrap_err();
    assert!(matches!(error, FileError::TooLarge(_)), "{error:?}");
}

#[test]
fn the_catalog_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let error = files(dir.path(), "/data:rw")
        .write("/mcp-tools/x", b"x")
        .unwrap_err();
    assert!(matches!(error, FileError::Denied(_)), "{error:?}");
}

#[test]
fn the_environment_of_the_host_is_not_reached() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/proc/self/environ", dir.path().join("environ")).unwrap();
    std::os::unix::fs::symlink("/proc/self/fd", dir.path().join("fd")).unwrap();
    std::os::unix::fs::symlink("/proc/self/root", dir.path().join("root")).unwrap();
    let files = files(dir.path(), "/data");
    for path in [
        "/proc/self/environ",
        "/data/environ",
        "/data/fd/0",
        "/data/root/etc/passwd",
    ] {
        let error = files.read(path, &free()).unwrap_err();
        assert!(matches!(error, FileError::Denied(_)), "{path}: {error:?}");
    }
}

#[test]
fn writing_to_a_hard_link_leaves_its_other_name_alone() {
    let outside = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir_in(outside.path()).unwrap();
    let original = outside.path().join("original");
    std::fs::write(&original, "kept").unwrap();
    std::fs::hard_link(&original, dir.path().join("link")).unwrap();
    files(dir.path(), "/data:rw")
        .write("/data/link", b"changed")
        .unwrap();
    assert_eq!(std::fs::read(&original).unwrap(), b"kept");
    assert_eq!(std::fs::read(dir.path().join("link")).unwrap(), b"changed");
}

#[test]
fn a_directory_that_is_swapped_for_a_link_all_the_time_never_leads_out() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a"), "secret").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    std::fs::create_dir(path.join("real")).unwrap();
    std::fs::write(path.join("real/a"), "plain").unwrap();
    std::os::unix::fs::symlink(outside.path(), path.join("link")).unwrap();
    let files = files(&path, "/data:rw");
    let done = AtomicBool::new(false);
    let (mut read, mut refused) = (0_u32, 0_u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // One of the two is called `x` at any time, or none.
            // It ends by itself, so that a failure below is seen.
            let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while !done.load(Ordering::Relaxed) && std::time::Instant::now() < end {
                for name in ["real", "link"] {
                    std::fs::rename(path.join(name), path.join("x")).unwrap();
                    std::fs::rename(path.join("x"), path.join(name)).unwrap();
                }
            }
        });
        for _ in 0..20_000 {
            match files.read("/data/x/a", &free()) {
                Ok(bytes) => {
                    assert_eq!(bytes, b"plain");
                    read += 1;
                }
                Err(FileError::Denied(_)) => refused += 1,
                Err(_) => {}
            }
            // Into the directory or nowhere.
            let _ = files.write("/data/x/b", b"x");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(!outside.path().join("b").exists());
    // Both were met, so that the race was one.
    assert!(read > 0 && refused > 0, "{read} {refused}");
}

#[test]
fn writing_keeps_who_may_read_and_run_a_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let files = files(dir.path(), "/data:rw");
    let mode = |name: &str| {
        let metadata = std::fs::metadata(dir.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o7777
    };
    for (name, before, after) in [
        ("private", 0o600, 0o600),
        ("script", 0o755, 0o755),
        ("shared", 0o664, 0o664),
        ("read-only", 0o444, 0o444),
        // No new file runs as another user or group.
        ("setuid", 0o4755, 0o755),
        ("setgid", 0o2775, 0o775),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(before)).unwrap();
        files.write(&format!("/data/{name}"), b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(name), after, "{name}: {:o}", mode(name));
    }
    files.write("/data/made", b"new").unwrap();
    std::fs::write(dir.path().join("like any"), "").unwrap();
    assert_eq!(mode("made"), mode("like any"));
}

#[test]
fn a_file_or_a_list_over_its_budget_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a"), [0; 100]).unwrap();
    std::fs::write(dir.path().join("b"), "").unwrap();
    let files = files(dir.path(), "/data");
    assert_eq!(files.read("/data/a", &with(100)).unwrap().len(), 100);
    let too_large = |error| matches!(error, FileError::TooLarge(_));
    assert!(too_large(files.read("/data/a", &with(99)).unwrap_err()));
    assert_eq!(files.list("/data", &with(130)).unwrap().len(), 2);
    assert!(too_large(files.list("/data", &with(129)).unwrap_err()));
    assert!(too_large(files.list("/", &with(10)).unwrap_err()));
}
