//! Files and directories that this host did not write, or that another could have written.

use super::super::*;
use super::*;

/// A deterministic series: xorshift.
struct Series(u64);

impl Series {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// What the panic hook of this process heard. Other tests panic nowhere while they pass.
fn panics_heard() -> Arc<std::sync::atomic::AtomicUsize> {
    static HEARD: std::sync::OnceLock<Arc<std::sync::atomic::AtomicUsize>> =
        std::sync::OnceLock::new();
    Arc::clone(HEARD.get_or_init(|| {
        let heard = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            before(panic);
        }));
        heard
    }))
}

fn is_damaged(error: &StateError) -> bool {
    matches!(error, StateError::Io(text) if text.contains("set it aside as `a.redb.damaged-"))
}

#[test]
fn a_corrupted_file_is_an_error_and_is_set_aside_as_it_is() {
    let heard = panics_heard();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.redb");
    let values: Vec<(String, Vec<u8>)> = (0..5_usize)
        .map(|n| {
            (
                format!("key {n}"),
                vec![u8::try_from(n).unwrap(); n * n * 3_000],
            )
        })
        .collect();
    let keeper = state(dir.path(), "a", 64 << 20);
    for (key, value) in &values {
        keeper.set(key, value, None).unwrap();
    }
    let good = std::fs::read(&path).unwrap();
    let mut series = Series(0x9e37_79b9_7f4a_7c15);
    let (mut damaged, mut unharmed) = (0, 0);
    for round in 0..120 {
        let mut bad = good.clone();
        match round % 5 {
            0 => bad.truncate(series.below(good.len())),
            // In the header, which has few bytes, and more of them without a checksum.
            1 => {
                let at = series.below(320);
                bad[at] ^= 1 << series.below(8);
            }
            2 => {
                let (at, length) = (series.below(good.len()), 1 + series.below(4096));
                for byte in bad.iter_mut().skip(at).take(length) {
                    *byte = u8::try_from(series.below(256)).unwrap();
                }
            }
            3 => {
                for _ in 0..64 {
                    let at = series.below(good.len());
                    bad[at] = u8::try_from(series.below(256)).unwrap();
                }
            }
            _ => {
                let at = series.below(good.len());
                bad[at] ^= 1 << series.below(8);
            }
        }
        std::fs::write(&path, &bad).unwrap();
        // Another process: nothing is known of the file.
        let state = state(dir.path(), "a", 64 << 20);
        let mut answers = values
            .iter()
            .map(|(key, value)| (value, state.get(key, u64::MAX)));
        match answers.next().unwrap().1 {
            Err(error) => {
                assert!(is_damaged(&error), "round {round}: {error:?}");
                let aside = dir.path().join("a.redb.damaged-1");
                assert!(std::fs::read(&aside).unwrap() == bad, "round {round}");
                // The store is empty, and works.
                assert!(!path.exists(), "round {round}");
                state.set("k", b"v", None).unwrap();
                assert_eq!(state.get("k", u64::MAX).unwrap(), Some(b"v".to_vec()));
                std::fs::remove_file(&aside).unwrap();
                damaged += 1;
            }
            // Only bytes changed that mean nothing: everything is as it was.
            Ok(first) => {
                assert!(first.as_ref() == Some(&values[0].1), "round {round}");
                for (value, answer) in answers {
                    let answer = answer.unwrap();
                    assert!(answer.as_ref() == Some(value), "round {round}");
                }
                unharmed += 1;
            }
        }
    }
    assert!(damaged > 50, "{damaged} damaged, {unharmed} unharmed");
    assert_eq!(heard.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn a_file_of_something_else_is_set_aside_and_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.redb"), "a letter").unwrap();
    std::fs::write(dir.path().join("a.redb.damaged-1"), "an older one").unwrap();
    let error = state(dir.path(), "a", 1 << 20)
        .set("k", b"v", None)
        .unwrap_err();
    assert!(is_damaged(&error), "{error:?}");
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("a.redb.damaged-1"), "an older one");
    assert_eq!(read("a.redb.damaged-2"), "a letter");
}

#[test]
fn a_directory_or_a_file_that_another_could_have_written_is_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let refused = |dir: &std::path::Path| {
        let state = state(dir, "a", 1 << 20);
        for error in [
            state.set("k", b"v", None).unwrap_err(),
            state.get("k", u64::MAX).unwrap_err(),
        ] {
            assert!(
                matches!(&error, StateError::Io(text) if text.contains("is not used")),
                "{error:?}"
            );
        }
    };
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    std::fs::create_dir(&open).unwrap();
    mode(&open, 0o777);
    refused(&open);
    let link = dir.path().join("link");
    symlink(&open, &link).unwrap();
    refused(&link);
    assert_eq!(std::fs::read_dir(&open).unwrap().count(), 0);

    let users = dir.path().join("a file of the user");
    std::fs::write(&users, "").unwrap();
    let file = |name: &str| {
        let private = dir.path().join(name);
        std::fs::create_dir(&private).unwrap();
        mode(&private, 0o700);
        (private.clone(), private.join("a.redb"))
    };
    let (private, path) = file("with a link");
    symlink(&users, path).unwrap();
    refused(&private);
    let (private, path) = file("with a hard link");
    std::fs::hard_link(&users, path).unwrap();
    refused(&private);
    let (private, path) = file("with a file for all");
    std::fs::write(&path, "").unwrap();
    mode(&path, 0o666);
    refused(&private);
    let (private, path) = file("with a fifo");
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
    refused(&private);
    assert_eq!(std::fs::read(&users).unwrap(), b"");
}

#[test]
fn the_directory_above_must_be_private_for_a_store_inside_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let parent = dir.path().join("mcp-host");
    std::fs::create_dir(&parent).unwrap();
    std::fs::set_permissions(&parent, std::fs::Permissions::from_mode(0o777)).unwrap();
    let store = Arc::new(StateStore::at(parent.join("skills")).inside(parent.clone()));
    let quota = Quota {
        bytes: 1 << 20,
        keys: 5,
    };
    let state = SkillState::new(Some((store, "a".into())), quota);
    let error = state.set("k", b"v", None).unwrap_err();
    assert!(matches!(error, StateError::Io(_)), "{error:?}");
    assert!(!parent.join("skills").exists());
}

#[test]
fn looking_into_a_store_that_is_not_there_makes_none() {
    let dir = tempfile::tempdir().unwrap();
    let skills = dir.path().join("skills");
    let state = state(&skills, "a", 1 << 20);
    assert_eq!(state.get("k", u64::MAX).unwrap(), None);
    assert_eq!(state.list_keys("", u64::MAX).unwrap(), Vec::<String>::new());
    assert!(!skills.exists());
}
