//! Directories of runs: found, refused and removed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::*;

fn info(id: &str, began: SystemTime) -> RunInfo {
    RunInfo {
        id: id.to_owned(),
        began,
        by: "serve".to_owned(),
        client: Some("agent 1.0".to_owned()),
        owner: None,
        name: "script.ts".to_owned(),
        skill: None,
        component: None,
        scope: 3,
        max_tokens: 4_000,
        config: None,
        earlier: BTreeMap::from([("r_00000000".to_owned(), "[1]".into())]),
        searches: vec!["read a page".to_owned()],
        expires: None,
    }
}

fn whole(ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
}

#[test]
fn a_run_is_found_as_it_was_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    // One that makes no room: the run is too old to stay.
    let id = "r_7f3k2m9q".to_owned();
    let mut run = info(&id, whole(1_700_000_000_123));
    store.create(&run, Some(b"export default 1")).unwrap();
    assert_eq!(store.info(&id).unwrap(), run);
    assert_eq!(store.source(&id).unwrap(), "export default 1");
    run.expires = Some(whole(1_700_000_900_000));
    store.write(&run).unwrap();
    let listed = store.list().unwrap();
    assert_eq!((&listed[0].id, listed[0].expires), (&id, run.expires));
    assert!(run.is_expired());
    // There is one run of each id.
    assert!(store.create(&run, None).is_err());
    store.remove(&id).unwrap();
    assert!(matches!(store.info(&id), Err(RunStoreError::NotFound(_))));
}

#[test]
fn what_is_no_id_reaches_no_path() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    for id in [
        "",
        "r_",
        "../x",
        "r_../../x",
        "r_7F3K2M9Q",
        "r_7f3k2m9q/..",
        "r_7f3k2m9qq",
        "r_7f3k2m9\u{e9}",
    ] {
        assert!(
            matches!(store.info(id), Err(RunStoreError::NoId(_))),
            "{id}"
        );
        assert!(
            matches!(store.remove(id), Err(RunStoreError::NoId(_))),
            "{id}"
        );
        assert!(store.create(&info(id, whole(0)), None).is_err(), "{id}");
    }
}

#[test]
fn old_runs_are_removed_but_not_those_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    let old = SystemTime::now() - Duration::from_secs(8 * 24 * 60 * 60);
    let held = store.create(&info("r_00000001", old), None).unwrap();
    held.try_lock().unwrap();
    store.create(&info("r_00000002", old), None).unwrap();
    store
        .create(&info("r_00000003", SystemTime::now()), None)
        .unwrap();
    assert_eq!(store.prune(None).unwrap(), 1);
    let left: Vec<_> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|run| run.id)
        .collect();
    assert_eq!(left, ["r_00000003", "r_00000001"]);
}

#[test]
fn runs_beyond_the_most_make_room_while_others_begin() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    let now = SystemTime::now();
    let id = |number: usize| {
        let letter = |shift: usize| char::from(LETTERS[(number >> shift) & 31]);
        format!("r_00000{}{}{}", letter(10), letter(5), letter(0))
    };
    for number in 0..1_100 {
        let began = now + Duration::from_millis(u64::try_from(number).unwrap());
        store.create(&info(&id(number), began), None).unwrap();
    }
    let left = store.list().unwrap();
    // One of 32 looks.
    assert!((1_000..1_032).contains(&left.len()), "{}", left.len());
    assert_eq!(left[0].id, id(1_099));
    assert!(store.info(&id(0)).is_err());
}

#[test]
fn ledgers_that_are_too_large_together_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    let now = SystemTime::now();
    for number in 1..=4 {
        let began = now + Duration::from_secs(number);
        let file = store
            .create(&info(&format!("r_0000000{number}"), began), None)
            .unwrap();
        // A file with a hole takes no room on the disk.
        file.set_len(300 << 20).unwrap();
    }
    assert_eq!(store.prune(None).unwrap(), 1);
    assert!(store.info("r_00000001").is_err());
    assert!(store.info("r_00000002").is_ok());
}

#[test]
fn one_of_several_users_takes_a_part_of_the_runs_and_the_others_keep_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    let now = SystemTime::now();
    let create = |id: &str, seconds: u64, owner: &str| {
        let mut run = info(id, now + Duration::from_secs(seconds));
        run.owner = Some(RunOwner {
            id: owner.to_owned(),
            name: owner.to_owned(),
        });
        store.create(&run, None).unwrap()
    };
    create("r_00000001", 0, "ann");
    for number in 1..=3 {
        // A file with a hole takes no room on the disk.
        let file = create(&format!("r_1111111{number}"), number, "bob");
        file.set_len(100 << 20).unwrap();
    }
    assert_eq!(store.prune(None).unwrap(), 1);
    assert!(store.info("r_11111111").is_err());
    assert!(store.info("r_00000001").is_ok());
}

#[test]
fn a_run_of_which_nothing_was_written_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = RunStore::open(dir.path().join("runs")).unwrap();
    std::fs::create_dir(dir.path().join("runs/r_00000001")).unwrap();
    assert_eq!(store.prune(None).unwrap(), 0);
    assert!(dir.path().join("runs/r_00000001").exists());
    std::thread::sleep(Duration::from_millis(20));
    store.prune(Some(Duration::from_millis(1))).unwrap();
    assert!(!dir.path().join("runs/r_00000001").exists());
}

#[test]
fn runs_that_other_users_can_reach_are_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    RunStore::open(runs.clone()).unwrap();
    for mode in [0o755, 0o770, 0o707, 0o701] {
        std::fs::set_permissions(&runs, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = RunStore::open(runs.clone()).map(drop);
        assert!(matches!(refused, Err(RunStoreError::Dir(_))), "{mode:o}");
    }
    // Nor is a link to a directory that is.
    std::fs::set_permissions(&runs, std::fs::Permissions::from_mode(0o700)).unwrap();
    let link = dir.path().join("link");
    symlink(&runs, &link).unwrap();
    assert!(matches!(RunStore::open(link), Err(RunStoreError::Dir(_))));
}
