//! Skills that are saved, found, damaged and removed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::Instant;

use super::*;
use crate::draft::{BadDraft, Draft, ImportedTool};
use crate::kind::Kind;
use crate::path::SkillPath;
use crate::record::Origin;

#[path = "tests/crash.rs"]
mod crash;
#[path = "tests/many.rs"]
mod many;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A small skill, whose entry is this text.
fn draft(called: &str, entry: &str) -> Draft {
    let tool = serde_json::json!({
        "name": "get_issue",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": true},
    });
    let tools = vec![ImportedTool {
        server: "github".to_owned(),
        tool: serde_json::from_value(tool).unwrap(),
    }];
    let origin = Origin::Run("r_7f3k2m9q".to_owned());
    let entry = entry.as_bytes().to_vec();
    let mut draft = Draft::new(
        name(called),
        Kind::Script,
        "Finds stale issues.".to_owned(),
        entry,
        tools,
        origin,
    );
    draft
        .files
        .insert(SkillPath::skill_md(), b"---\nname: a\n---\n".to_vec());
    draft
        .files
        .insert(SkillPath::example(1), b"{\"n\":1}\n".to_vec());
    draft
}

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("skills")).unwrap();
    (dir, store)
}

fn saved(store: &Store, draft: &Draft) -> u32 {
    let writer = store.writer().unwrap();
    writer.save(draft).unwrap().record.version
}

/// Each file below a directory, with its bytes, and each directory.
fn tree(dir: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    fn walk(dir: &Path, above: &str, found: &mut Vec<(String, Option<Vec<u8>>)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{above}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                found.push((path.clone(), None));
                walk(&entry.path(), &path, found);
            } else {
                found.push((path, Some(fs::read(entry.path()).unwrap())));
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, "", &mut found);
    found.retain(|(path, _)| path != "/.lock");
    found.sort();
    found
}

#[test]
fn a_skill_is_loaded_as_it_was_saved() {
    let (_dir, store) = store();
    let one = draft("triage", "export default 1");
    assert_eq!(saved(&store, &one), 1);
    assert_eq!(saved(&store, &draft("triage", "export default 2")), 2);
    let loaded = store.load(&name("triage"), Some(1)).unwrap();
    assert_eq!(loaded.files, one.files);
    assert_eq!(loaded.tools, one.tools);
    assert_eq!(loaded.entry(), b"export default 1");
    assert_eq!(loaded.record.tools[0].name(), "github/get_issue");
    assert!(loaded.record.tools[0].read_only);
    let now = store.load(&name("triage"), None).unwrap();
    assert_eq!(
        (now.record.version, now.entry()),
        (2, &b"export default 2"[..])
    );
    let listed = store.list().unwrap();
    let listed = listed[0].as_ref().unwrap();
    assert_eq!(
        (listed.version, listed.imports.as_slice()),
        (2, &["github/get_issue".to_owned()][..])
    );
    let versions: Vec<u32> = store
        .versions(&name("triage"))
        .unwrap()
        .iter()
        .map(|record| record.as_ref().unwrap().version)
        .collect();
    assert_eq!(versions, [2, 1]);
}

#[test]
fn files_are_for_this_user_alone_and_lie_as_agentskills_io_has_them() {
    let (_dir, store) = store();
    saved(&store, &draft("triage", "1"));
    let paths: Vec<_> = tree(store.path())
        .into_iter()
        .map(|(path, bytes)| {
            let found = fs::metadata(store.path().join(&path[1..])).unwrap();
            let expected = if bytes.is_some() { 0o600 } else { 0o700 };
            assert_eq!(found.permissions().mode() & 0o777, expected, "{path}");
            path
        })
        .collect();
    assert_eq!(
        paths,
        [
            "/triage",
            "/triage/1",
            "/triage/1/triage",
            "/triage/1/triage/SKILL.md",
            "/triage/1/triage/assets",
            "/triage/1/triage/assets/examples",
            "/triage/1/triage/assets/examples/1.jsonl",
            "/triage/1/triage/assets/tools.json",
            "/triage/1/triage/scripts",
            "/triage/1/triage/scripts/triage.ts",
            "/triage/1/version",
            "/triage/current",
        ]
    );
    assert_eq!(
        store.directory(&name("triage"), 1),
        store.path().join("triage/1/triage")
    );
}

#[test]
fn a_flip_of_any_byte_is_refused_with_the_file_named() {
    let (_dir, store) = store();
    let triage = name("triage");
    saved(&store, &draft("triage", "export default 1"));
    let mut flips = 0;
    for (path, bytes) in tree(store.path()) {
        let Some(bytes) = bytes else { continue };
        let file = store.path().join(&path[1..]);
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1 << (at % 8);
            fs::write(&file, &other).unwrap();
            let error = store.load(&triage, None).unwrap_err();
            let StoreError::Damaged { file: named, .. } = &error else {
                panic!("{path} {at}: {error}")
            };
            assert_eq!(format!("/triage/{named}"), path, "{at}: {error}");
            flips += 1;
        }
        // Shorter and longer.
        for other in [&bytes[..bytes.len() - 1], &[&bytes[..], b"\n"].concat()] {
            fs::write(&file, other).unwrap();
            assert!(store.load(&triage, None).is_err(), "{path}");
        }
        fs::write(&file, &bytes).unwrap();
    }
    assert!(flips > 1_000, "{flips}");
    assert_eq!(
        store.load(&triage, None).unwrap().entry(),
        b"export default 1"
    );
}

#[test]
fn what_is_missing_or_does_not_belong_is_refused() {
    let (_dir, store) = store();
    let triage = name("triage");
    saved(&store, &draft("triage", "1"));
    let top = store.directory(&triage, 1);
    let damage = |what: &str| match store.load(&triage, None) {
        Err(StoreError::Damaged { file, damage, .. }) => (file, damage),
        other => panic!("{what}: {other:?}"),
    };
    fs::write(top.join("scripts/more.ts"), "1").unwrap();
    assert_eq!(
        damage("more"),
        ("1/triage/scripts/more.ts".to_owned(), Damage::Foreign)
    );
    fs::remove_file(top.join("scripts/more.ts")).unwrap();
    fs::create_dir(top.join("empty")).unwrap();
    assert_eq!(
        damage("directory"),
        ("1/triage/empty".to_owned(), Damage::Foreign)
    );
    fs::remove_dir(top.join("empty")).unwrap();
    let entry = top.join("scripts/triage.ts");
    fs::remove_file(&entry).unwrap();
    assert_eq!(
        damage("missing"),
        ("1/triage/scripts/triage.ts".to_owned(), Damage::Missing)
    );
    fs::write(&entry, "1").unwrap();
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(
        damage("mode"),
        ("1/triage/scripts/triage.ts".to_owned(), Damage::NotPrivate)
    );
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(store.load(&triage, None).is_ok());
}

#[test]
fn no_link_is_followed() {
    let (dir, store) = store();
    let triage = name("triage");
    saved(&store, &draft("triage", "1"));
    let top = store.directory(&triage, 1);
    // The same bytes, outside.
    let outside = dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    for (place, file) in [
        (top.join("scripts/triage.ts"), "triage.ts"),
        (store.path().join("triage/1/version"), "version"),
        (store.path().join("triage/current"), "current"),
    ] {
        fs::rename(&place, outside.join(file)).unwrap();
        symlink(outside.join(file), &place).unwrap();
        assert!(
            matches!(
                store.load(&triage, None),
                Err(StoreError::Damaged {
                    damage: Damage::NotRegular,
                    ..
                })
            ),
            "{file}"
        );
        fs::remove_file(&place).unwrap();
        fs::rename(outside.join(file), &place).unwrap();
    }
    for (place, file) in [
        (top.join("scripts"), "scripts"),
        (top.clone(), "triage"),
        (store.path().join("triage/1"), "1"),
        (store.path().join("triage"), "skill"),
    ] {
        fs::rename(&place, outside.join(file)).unwrap();
        symlink(outside.join(file), &place).unwrap();
        assert!(store.load(&triage, None).is_err(), "{file}");
        fs::remove_file(&place).unwrap();
        fs::rename(outside.join(file), &place).unwrap();
    }
    assert!(store.load(&triage, None).is_ok());
    // A removal takes the link, and not what it points to.
    fs::write(outside.join("kept"), "1").unwrap();
    symlink(&outside, top.join("link")).unwrap();
    store.writer().unwrap().remove(&triage).unwrap();
    assert!(outside.join("kept").exists());
    assert!(tree(store.path()).is_empty());
    // Nor is the store a link, or its lock.
    let link = dir.path().join("link");
    symlink(store.path(), &link).unwrap();
    assert!(matches!(Store::open(link), Err(StoreError::Dir(_))));
    fs::remove_file(store.path().join(".lock")).unwrap();
    symlink(outside.join("kept"), store.path().join(".lock")).unwrap();
    assert!(matches!(
        store.writer().map(drop),
        Err(StoreError::Io { .. })
    ));
}

#[test]
fn a_rollback_changes_no_version_and_no_number_comes_twice() {
    let (_dir, store) = store();
    let triage = name("triage");
    for entry in ["1", "2", "3"] {
        saved(&store, &draft("triage", entry));
    }
    let before = store.load(&triage, Some(2)).unwrap().record;
    let writer = store.writer().unwrap();
    assert_eq!(writer.set_current(&triage, 2).unwrap(), before);
    assert_eq!(store.load(&triage, None).unwrap().record, before);
    assert!(store.load(&triage, Some(3)).is_ok());
    assert!(matches!(
        writer.set_current(&triage, 4),
        Err(StoreError::NoVersion { latest: 3, .. })
    ));
    drop(writer);
    assert_eq!(saved(&store, &draft("triage", "4")), 4);
    // A version that is damaged does not become the current one.
    let entry = store.directory(&triage, 3).join("scripts/triage.ts");
    fs::write(entry, "x").unwrap();
    let writer = store.writer().unwrap();
    assert!(writer.set_current(&triage, 3).is_err());
    assert_eq!(store.current(&triage).unwrap().version, 4);
    writer.remove(&triage).unwrap();
    assert!(matches!(
        writer.remove(&triage),
        Err(StoreError::NotFound(_))
    ));
    assert!(matches!(
        store.load(&triage, None),
        Err(StoreError::NotFound(_))
    ));
}

#[test]
fn what_is_not_whole_is_not_saved() {
    let (_dir, store) = store();
    let writer = store.writer().unwrap();
    let refused = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft("triage", "1");
        change(&mut draft);
        match writer.save(&draft) {
            Err(StoreError::Draft(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        refused(&|draft| draft.description = " ".to_owned()),
        BadDraft::Description(0)
    );
    assert_eq!(
        refused(&|draft| draft.description = "x".repeat(1025)),
        BadDraft::Description(1025)
    );
    assert_eq!(
        refused(&|draft| drop(draft.files.remove(&SkillPath::skill_md()))),
        BadDraft::Missing(SkillPath::skill_md())
    );
    assert_eq!(
        refused(&|draft| {
            for number in 0..200 {
                draft.files.insert(SkillPath::example(number), Vec::new());
            }
        }),
        BadDraft::TooManyFiles(203)
    );
    assert!(matches!(
        refused(&|draft| drop(draft.files.insert(SkillPath::example(1), vec![0; 97 << 20]))),
        BadDraft::TooLarge(_)
    ));
    assert_eq!(
        refused(&|draft| drop(
            draft
                .files
                .insert("assets/examples".parse().unwrap(), Vec::new())
        )),
        BadDraft::Clash("assets/examples".to_owned())
    );
    assert!(tree(store.path()).is_empty());
}

#[test]
fn writers_wait_for_each_other_and_all_versions_are_saved() {
    let (_dir, store) = store();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| saved(&store, &draft("triage", "1")));
        }
    });
    let current = store.current(&name("triage")).unwrap();
    assert_eq!((current.version, current.latest), (6, 6));
    for version in 1..=6 {
        store.load(&name("triage"), Some(version)).unwrap();
    }
    let _held = store.writer().unwrap();
    let began = Instant::now();
    assert!(matches!(store.writer().map(drop), Err(StoreError::InUse)));
    assert!(began.elapsed().as_millis() >= 1_000);
}
