//! State of skills: values, time to live, quota, and what takes parts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn state(dir: &std::path::Path, skill: &str, bytes: u64) -> SkillState {
    let store = Arc::new(StateStore::at(dir.to_owned()));
    SkillState::new(Some((store, skill.to_owned())), Quota { bytes, keys: 5 })
}

#[test]
fn a_value_survives_the_handle_that_set_it() {
    let dir = tempfile::tempdir().unwrap();
    state(dir.path(), "a", 1 << 20)
        .set("k", b"v", None)
        .unwrap();
    assert_eq!(
        state(dir.path(), "a", 1 << 20).get("k", u64::MAX).unwrap(),
        Some(b"v".to_vec())
    );
}

#[test]
fn one_skill_does_not_see_another() {
    let dir = tempfile::tempdir().unwrap();
    state(dir.path(), "a", 1 << 20)
        .set("k", b"v", None)
        .unwrap();
    let other = state(dir.path(), "b", 1 << 20);
    assert_eq!(other.get("k", u64::MAX).unwrap(), None);
    assert_eq!(other.list_keys("", u64::MAX).unwrap(), Vec::<String>::new());
}

#[test]
fn a_value_with_a_ttl_expires() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    state.set("gone", b"v", Some(0)).unwrap();
    state.set("there", b"v", Some(1 << 40)).unwrap();
    assert_eq!(state.get("gone", u64::MAX).unwrap(), None);
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["there"]);
}

#[test]
fn keys_are_listed_by_prefix_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    for key in ["b/2", "a", "b/1", "c"] {
        state.set(key, b"", None).unwrap();
    }
    assert_eq!(state.list_keys("b/", u64::MAX).unwrap(), ["b/1", "b/2"]);
}

#[test]
fn compare_and_swap_changes_only_the_expected_value() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    assert!(state.compare_and_swap("k", None, Some(b"1")).unwrap());
    assert!(!state.compare_and_swap("k", None, Some(b"2")).unwrap());
    assert!(state.compare_and_swap("k", Some(b"1"), Some(b"2")).unwrap());
    assert_eq!(state.get("k", u64::MAX).unwrap(), Some(b"2".to_vec()));
    assert!(state.compare_and_swap("k", Some(b"2"), None).unwrap());
    assert_eq!(state.get("k", u64::MAX).unwrap(), None);
}

#[test]
fn a_value_over_the_quota_is_refused_and_the_store_stays_intact() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1000);
    state.set("small", &[1; 400], None).unwrap();
    let error = state.set("large", &[2; 700], None).unwrap_err();
    assert!(matches!(error, StateError::Quota(_)), "{error:?}");
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["small"]);
    assert_eq!(state.get("small", u64::MAX).unwrap(), Some(vec![1; 400]));
}

#[test]
fn a_key_over_the_quota_is_refused_and_an_expired_one_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    for key in ["1", "2", "3", "4"] {
        state.set(key, b"", None).unwrap();
    }
    state.set("old", b"", Some(0)).unwrap();
    state.set("5", b"", None).unwrap();
    assert_eq!(
        state.set("6", b"", None),
        Err(StateError::Quota(
            "the store would hold 6 keys; its quota is 5".into()
        ))
    );
    assert_eq!(
        state.list_keys("", u64::MAX).unwrap(),
        ["1", "2", "3", "4", "5"]
    );
    // A key that is there already may change.
    state.set("5", b"x", None).unwrap();
}

#[test]
fn expired_values_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1000);
    state.set("old", &[1; 700], Some(0)).unwrap();
    state.set("new", &[2; 700], None).unwrap();
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["new"]);
}

#[test]
fn bad_keys_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    for key in ["", "a\0b", &"x".repeat(MAX_KEY + 1)] {
        let error = state.set(key, b"v", None).unwrap_err();
        assert!(matches!(error, StateError::InvalidKey(_)), "{error:?}");
    }
    state.set("../../etc/passwd", b"v", None).unwrap();
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["../../etc/passwd"]);
}

#[test]
fn many_threads_count_without_losing_an_increment() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    loop {
                        let old = state.get("n", u64::MAX).unwrap();
                        let n = old.as_ref().map_or(0, |bytes| bytes[0]);
                        if state
                            .compare_and_swap("n", old.as_deref(), Some(&[n + 1]))
                            .unwrap()
                        {
                            break;
                        }
                    }
                }
            });
        }
    });
    assert_eq!(state.get("n", u64::MAX).unwrap(), Some(vec![40]));
}

#[test]
fn a_large_value_is_kept_in_parts_and_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 30);
    let value: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[1] ^ n.to_le_bytes()[0])
        .collect();
    state.set("k", &value, None).unwrap();
    assert_eq!(state.get("k", u64::MAX).unwrap().as_ref(), Some(&value));
    let mut other = value.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(
        !state
            .compare_and_swap("k", Some(&other), Some(b"x"))
            .unwrap()
    );
    assert!(
        state
            .compare_and_swap("k", Some(&value), Some(b"x"))
            .unwrap()
    );
    assert_eq!(state.get("k", u64::MAX).unwrap(), Some(b"x".to_vec()));
    // Nothing of it is left, or the quota would count it.
    let small = SkillState::new(state.store.clone(), Quota { bytes: 10, keys: 5 });
    small.set("k", b"12345678", None).unwrap();
    assert!(small.delete("k").unwrap());
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), Vec::<String>::new());
}

#[test]
fn a_large_value_expires_and_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 300_000);
    state.set("old", &[1; 200_000], Some(0)).unwrap();
    assert_eq!(state.get("old", u64::MAX).unwrap(), None);
    state.set("new", &[2; 200_000], None).unwrap();
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["new"]);
}

#[test]
fn a_value_or_a_list_over_its_budget_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    state.set("small", &[1; 100], None).unwrap();
    state.set("large", &[1; 100_000], None).unwrap();
    for (key, length) in [("small", 100), ("large", 100_000)] {
        assert!(state.get(key, length).unwrap().is_some());
        let error = state.get(key, length - 1).unwrap_err();
        assert!(matches!(error, StateError::Quota(_)), "{error:?}");
    }
    assert_eq!(state.list_keys("", 74).unwrap(), ["large", "small"]);
    let error = state.list_keys("", 73).unwrap_err();
    assert!(matches!(error, StateError::Quota(_)), "{error:?}");
}

#[test]
fn a_store_of_before_there_were_parts_is_read_and_counted() {
    const OLD: redb::TableDefinition<'_, &str, (u64, &[u8])> = redb::TableDefinition::new("values");
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("skills");
    let state = state(&private, "a", 10_000);
    state.set("k", b"v", None).unwrap();
    let path = private.join("a.redb");
    std::fs::remove_file(&path).unwrap();
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let value = [7_u8; 5000];
    transaction
        .open_table(OLD)
        .unwrap()
        .insert("old", (0, value.as_slice()))
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    // As redb makes it where the umask takes write permission from others.
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(state.get("old", u64::MAX).unwrap(), Some(value.to_vec()));
    let error = state.set("new", &[1; 5000], None).unwrap_err();
    assert_eq!(
        error,
        StateError::Quota("the store would hold 10006 bytes; its quota is 10000".into())
    );
    state.set("new", &[1; 4990], None).unwrap();
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), ["new", "old"]);
}

#[test]
fn a_file_does_not_stay_much_larger_than_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 64 << 20);
    let length = || std::fs::metadata(dir.path().join("a.redb")).unwrap().len();
    let mut most = 0;
    for n in 0..6 {
        state.set("k", &vec![n; 8 << 20], None).unwrap();
        most = most.max(length());
    }
    assert!(most <= (8 << 20) * 5 / 2 + (4 << 20), "{most}");
    state.delete("k").unwrap();
    state.set("k", b"", None).unwrap();
    assert!(length() <= 4 << 20, "{}", length());
}

#[path = "tests/damaged.rs"]
mod damaged;
