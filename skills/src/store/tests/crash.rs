//! A process that is killed, and a disk that is full, at every step of a change.

use std::process::Command;

use super::*;
use crate::fault;

/// What a child changes.
const CHANGES: [&str; 4] = ["first", "second", "rollback", "remove"];

fn prepared(store: &Store, change: &str) {
    saved(store, &draft("other", "other"));
    if change != "first" {
        saved(store, &draft("triage", "1"));
    }
    if change == "rollback" {
        saved(store, &draft("triage", "2"));
    }
}

fn changed(store: &Store, change: &str) -> Result<(), StoreError> {
    let writer = store.writer()?;
    let triage = name("triage");
    match change {
        "first" | "second" => writer.save(&draft("triage", change)).map(drop),
        "rollback" => writer.set_current(&triage, 1).map(drop),
        _ => writer.remove(&triage),
    }
}

/// What can be loaded of the skill: the entry of the current version, and how many versions there are.
fn seen(store: &Store) -> Option<(Vec<u8>, usize)> {
    let triage = name("triage");
    match store.load(&triage, None) {
        Ok(loaded) => {
            let versions = store.versions(&triage).unwrap();
            for record in &versions {
                let version = record.as_ref().unwrap().version;
                store.load(&triage, Some(version)).unwrap();
            }
            Some((loaded.into_entry(), versions.len()))
        }
        Err(StoreError::NotFound(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The skill before a change, and after it.
fn sides(change: &str) -> [Option<(Vec<u8>, usize)>; 2] {
    let (_dir, store) = store();
    prepared(&store, change);
    let before = seen(&store);
    changed(&store, change).unwrap();
    [before, seen(&store)]
}

/// The other skill is as it was, and the next writer leaves nothing behind.
fn clean(store: &Store) {
    drop(store.writer().unwrap());
    let dots: Vec<_> = tree(store.path())
        .into_iter()
        .filter(|(path, _)| path.contains("/."))
        .collect();
    assert!(dots.is_empty(), "{dots:?}");
    let other = store.load(&name("other"), None).unwrap();
    assert_eq!(other.entry(), b"other");
}

#[test]
fn a_kill_at_any_step_leaves_the_old_skill_or_the_new_one() {
    for change in CHANGES {
        let [before, after] = sides(change);
        assert_ne!(before, after, "{change}");
        let (mut old, mut new) = (0, 0);
        for at in 0.. {
            let (_dir, store) = store();
            prepared(&store, change);
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "store::tests::crash::child", "--ignored"])
                .env("MCP_SKILLS_CHANGE", change)
                .env("MCP_SKILLS_STORE", store.path())
                .env("MCP_SKILLS_KILL_AT", at.to_string())
                .output()
                .unwrap();
            let now = seen(&store);
            assert!(now == before || now == after, "{change} {at}: {now:?}");
            match now == before {
                true => old += 1,
                false => new += 1,
            }
            clean(&store);
            assert!([&before, &after].contains(&&seen(&store)), "{change} {at}");
            // The same change is possible then, or was made.
            if now == before {
                changed(&store, change).unwrap();
            }
            assert!(seen(&store) == after, "{change} {at}");
            if child.status.success() {
                break;
            }
            assert_eq!(child.status.code(), None, "{:?}", child);
        }
        assert!(old > 0 && new > 1, "{change}: {old} {new}");
    }
}

#[test]
#[ignore = "the child of another test"]
fn child() {
    let change = std::env::var("MCP_SKILLS_CHANGE").unwrap();
    let path = std::env::var_os("MCP_SKILLS_STORE").unwrap();
    let store = Store::open(path.into()).unwrap();
    changed(&store, &change).unwrap();
}

#[test]
fn a_full_disk_at_any_step_is_a_typed_error_and_leaves_nothing() {
    for change in ["first", "second"] {
        let mut refused = 0;
        for at in 0.. {
            let (_dir, store) = store();
            prepared(&store, change);
            let before = (tree(store.path()), seen(&store));
            fault::fill_at(at);
            let result = changed(&store, change);
            let reached = fault::disarm();
            if !reached {
                result.unwrap();
                break;
            }
            assert!(
                matches!(result, Err(StoreError::Full { .. })),
                "{change} {at}: {result:?}"
            );
            let now = (tree(store.path()), seen(&store));
            if now.1 == before.1 {
                assert!(now.0 == before.0, "{change} {at}");
                refused += 1;
            } else {
                // The last step only waits for the disk.
                assert_eq!(now.1, sides(change)[1], "{change} {at}");
            }
            clean(&store);
        }
        assert!(refused > 10, "{change}: {refused}");
    }
}
