//! Directories of runs: found, refused and removed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use super::*;

fn info(id: &str, began: SystemTime) -> RunInfo {
    RunInfo {
        id: id.to_owned(),
        began,
        by: "serve".to_owned(),
        client: Some("agent 1.0".to_owned()),
        name: "script.ts".to_owned(),
        component: None,
        scope: 3,
        max_tokens: 4_000,
        config: None,
        earlier: BTreeMap::from([("r_00000000".to_owned(), "[1]".into())]),
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
    let id = RunStore::new_id().unwrap();
    let mut run = info(&id, whole(1_700_000_000_123));
    store.create(&run, Some(b"export default 1")).unwrap();
    assert_eq!(store.info(&id).unwrap(), run);
    assert_eq!(store.source(&id).unwrap(), "export default 1");
    run.expires = Some(whole(1_700_000_900_000));
    store.write(&run).unwrap();
    assert_eq!(store.list().unwrap(), [run.clone()]);
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
