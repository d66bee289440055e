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
        state(dir.path(), "a", 1 << 20).get("k").unwrap(),
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
    assert_eq!(other.get("k").unwrap(), None);
    assert_eq!(other.list_keys("").unwrap(), Vec::<String>::new());
}

#[test]
fn a_value_with_a_ttl_expires() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    state.set("gone", b"v", Some(0)).unwrap();
    state.set("there", b"v", Some(1 << 40)).unwrap();
    assert_eq!(state.get("gone").unwrap(), None);
    assert_eq!(state.list_keys("").unwrap(), ["there"]);
}

#[test]
fn keys_are_listed_by_prefix_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    for key in ["b/2", "a", "b/1", "c"] {
        state.set(key, b"", None).unwrap();
    }
    assert_eq!(state.list_keys("b/").unwrap(), ["b/1", "b/2"]);
}

#[test]
fn compare_and_swap_changes_only_the_expected_value() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1 << 20);
    assert!(state.compare_and_swap("k", None, Some(b"1")).unwrap());
    assert!(!state.compare_and_swap("k", None, Some(b"2")).unwrap());
    assert!(state.compare_and_swap("k", Some(b"1"), Some(b"2")).unwrap());
    assert_eq!(state.get("k").unwrap(), Some(b"2".to_vec()));
    assert!(state.compare_and_swap("k", Some(b"2"), None).unwrap());
    assert_eq!(state.get("k").unwrap(), None);
}

#[test]
fn a_value_over_the_quota_is_refused_and_the_store_stays_intact() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1000);
    state.set("small", &[1; 400], None).unwrap();
    let error = state.set("large", &[2; 700], None).unwrap_err();
    assert!(matches!(error, StateError::Quota(_)), "{error:?}");
    assert_eq!(state.list_keys("").unwrap(), ["small"]);
    assert_eq!(state.get("small").unwrap(), Some(vec![1; 400]));
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
    assert_eq!(state.list_keys("").unwrap(), ["1", "2", "3", "4", "5"]);
    // A key that is there already may change.
    state.set("5", b"x", None).unwrap();
}

#[test]
fn expired_values_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let state = state(dir.path(), "a", 1000);
    state.set("old", &[1; 700], Some(0)).unwrap();
    state.set("new", &[2; 700], None).unwrap();
    assert_eq!(state.list_keys("").unwrap(), ["new"]);
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
    assert_eq!(state.list_keys("").unwrap(), ["../../etc/passwd"]);
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
                        let old = state.get("n").unwrap();
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
    assert_eq!(state.get("n").unwrap(), Some(vec![40]));
}
