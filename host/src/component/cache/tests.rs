//! The cache of compiled components: damage, other keys, other users, and its bound.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    engine: Engine,
    code: Vec<u8>,
    digest: Digest,
}

fn fixture() -> Fixture {
    let engine = Engine::default();
    let code = Component::new(&engine, wat::parse_str("(component)").unwrap())
        .unwrap()
        .serialize()
        .unwrap();
    Fixture {
        dir: tempfile::tempdir().unwrap(),
        engine,
        code,
        digest: Digest::of(b"(component)"),
    }
}

impl Fixture {
    fn open(&self) -> Cache {
        Cache::open(&self.dir.path().join("cache"), &self.dir.path().join("key")).unwrap()
    }

    fn stored(&self) -> (Cache, PathBuf) {
        let cache = self.open();
        cache.put(&self.engine, &self.digest, Footprint::default(), &self.code);
        let path = cache.path(&self.engine, &self.digest);
        assert!(path.exists());
        (cache, path)
    }
}

#[test]
fn a_cached_component_is_loaded_by_a_later_host() {
    let f = fixture();
    f.stored();
    assert!(f.open().get(&f.engine, &f.digest).is_some());
}

#[test]
fn a_flipped_byte_anywhere_is_refused() {
    let f = fixture();
    let (cache, path) = f.stored();
    let good = std::fs::read(&path).unwrap();
    let step = (good.len() / 200).max(1);
    for at in (0..good.len()).step_by(step) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        assert!(cache.get(&f.engine, &f.digest).is_none(), "byte {at}");
    }
    std::fs::write(&path, &good).unwrap();
    assert!(cache.get(&f.engine, &f.digest).is_some());
}

#[test]
fn a_truncated_or_empty_file_is_refused() {
    let f = fixture();
    let (cache, path) = f.stored();
    let good = std::fs::read(&path).unwrap();
    for len in [0, 10, 16, 47, 48, good.len() - 1] {
        std::fs::write(&path, &good[..len]).unwrap();
        assert!(cache.get(&f.engine, &f.digest).is_none(), "{len} bytes");
    }
}

#[test]
fn a_file_of_another_key_is_refused() {
    let f = fixture();
    let (_, path) = f.stored();
    let planted = std::fs::read(&path).unwrap();
    std::fs::remove_file(f.dir.path().join("key")).unwrap();
    let cache = f.open();
    std::fs::write(&path, planted).unwrap();
    assert!(cache.get(&f.engine, &f.digest).is_none());
}

#[test]
fn a_file_of_another_component_is_refused() {
    let f = fixture();
    let (cache, path) = f.stored();
    let other = Digest::of(b"other");
    std::fs::copy(&path, cache.path(&f.engine, &other)).unwrap();
    assert!(cache.get(&f.engine, &other).is_none());
}

#[test]
fn another_engine_does_not_see_it() {
    let f = fixture();
    let (cache, _) = f.stored();
    let mut config = wasmtime::Config::new();
    config.consume_fuel(true);
    let other = Engine::new(&config).unwrap();
    assert!(cache.get(&other, &f.digest).is_none());
}

#[test]
fn a_directory_that_others_can_write_or_a_link_is_refused() {
    let f = fixture();
    let dir = f.dir.path().join("cache");
    f.open();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o770)).unwrap();
    let error = Cache::open(&dir, &f.dir.path().join("key")).err().unwrap();
    assert!(matches!(error, CacheError::NotPrivate { .. }), "{error}");

    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    let link = f.dir.path().join("link");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    let error = Cache::open(&link, &f.dir.path().join("key")).err().unwrap();
    assert!(matches!(error, CacheError::NotPrivate { .. }), "{error}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let f = fixture();
    f.open();
    let key = f.dir.path().join("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Cache::open(&f.dir.path().join("cache"), &key)
        .err()
        .unwrap();
    assert!(matches!(error, CacheError::NotPrivate { .. }), "{error}");
}

#[test]
fn a_cache_that_cannot_be_written_costs_nothing_but_time() {
    let f = fixture();
    let (cache, path) = f.stored();
    std::fs::remove_file(&path).unwrap();
    // A directory in the file's place fails the rename, also for root.
    std::fs::create_dir(&path).unwrap();
    cache.put(&f.engine, &f.digest, Footprint::default(), &f.code);
    assert!(cache.get(&f.engine, &f.digest).is_none());
}

fn digest(n: u8) -> Digest {
    Digest::of(&[n])
}

/// Makes a file look as if it had been used so long ago.
fn age(path: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(then)
        .unwrap();
}

#[test]
fn the_least_recently_used_entry_is_evicted() {
    let f = fixture();
    let one = (HEADER + f.code.len()) as u64;
    let cache = f.open().size(2 * one);
    for n in 0..2 {
        cache.put(&f.engine, &digest(n), Footprint::default(), &f.code);
        age(&cache.path(&f.engine, &digest(n)), 10 - u64::from(n));
    }
    // Using the older one makes the other the oldest.
    assert!(cache.get(&f.engine, &digest(0)).is_some());
    cache.put(&f.engine, &digest(2), Footprint::default(), &f.code);
    let there: Vec<_> = (0..3)
        .map(|n| cache.path(&f.engine, &digest(n)).exists())
        .collect();
    assert_eq!(there, [true, false, true]);
}

#[test]
fn what_is_larger_than_the_whole_cache_is_not_kept_and_takes_nothing_out() {
    let f = fixture();
    let one = (HEADER + f.code.len()) as u64;
    let cache = f.open().size(one);
    cache.put(&f.engine, &digest(0), Footprint::default(), &f.code);
    let mut large = f.code.clone();
    large.push(0);
    cache.put(&f.engine, &digest(1), Footprint::default(), &large);
    assert!(cache.path(&f.engine, &digest(0)).exists());
    assert!(!cache.path(&f.engine, &digest(1)).exists());
}

#[test]
fn what_a_killed_host_left_unfinished_is_removed_when_it_is_old() {
    let f = fixture();
    let cache = f.open();
    let (young, old) = (cache.dir.join(".tmpyoung"), cache.dir.join(".tmpold"));
    for path in [&young, &old] {
        std::fs::write(path, "half").unwrap();
    }
    age(&old, 2);
    cache.put(&f.engine, &f.digest, Footprint::default(), &f.code);
    assert!(young.exists(), "another host may be writing it");
    assert!(!old.exists());
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let f = fixture();
    let (cache, path) = f.stored();
    let elsewhere = f.dir.path().join("elsewhere");
    std::fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(cache.get(&f.engine, &f.digest).is_none());
}

#[test]
fn a_file_that_is_swapped_all_the_time_gives_what_was_sealed_or_nothing() {
    let mut f = fixture();
    // It takes a while to verify a MiB, time enough for another file to come into the place of this one.
    let large = format!(
        "(component (core module (memory 17) (data (i32.const 0) \"{}\")))",
        "x".repeat(1 << 20)
    );
    f.code = Component::new(&f.engine, wat::parse_str(large).unwrap())
        .unwrap()
        .serialize()
        .unwrap();
    let (cache, path) = f.stored();
    let other = "(component (core module $m) (export \"planted\" (core module $m)))";
    let other = Component::new(&f.engine, wat::parse_str(other).unwrap())
        .unwrap()
        .serialize()
        .unwrap();
    let header = std::fs::read(&path).unwrap()[..HEADER].to_vec();
    let [good, planted, next] = ["good", "planted", "next"].map(|end| path.with_extension(end));
    std::fs::copy(&path, &good).unwrap();
    std::fs::write(&planted, [header, other].concat()).unwrap();
    let over = AtomicBool::new(false);
    let (mut got, mut refused, mut foreign) = (0, 0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for file in [&planted, &good] {
                    std::fs::hard_link(file, &next).unwrap();
                    std::fs::rename(&next, &path).unwrap();
                }
            }
        });
        while foreign == 0 && (got < 300 || refused < 300) {
            match cache.get(&f.engine, &f.digest) {
                Some(component) => {
                    got += 1;
                    let exports = component.0.component_type().exports(&f.engine).count();
                    foreign += usize::from(exports > 0);
                }
                None => refused += 1,
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(
        foreign, 0,
        "after {got} that were sealed and {refused} that were not"
    );
}

#[test]
fn the_list_of_the_cache_says_which_entries_are_valid() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(&dir.path().join("cache"), &dir.path().join("key")).unwrap();
    let engine = crate::Engine::new(crate::Allocation::OnDemand).unwrap();
    let other = Engine::default();
    cache.put(engine.sync(), &digest(1), Footprint::default(), b"code");
    cache.put(&other, &digest(2), Footprint::default(), b"code");
    cache.put(engine.sync(), &digest(3), Footprint::default(), b"code");
    std::fs::write(cache.path(engine.sync(), &digest(3)), "planted").unwrap();
    let mut found: Vec<_> = cache
        .entries(&engine)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.digest, entry.state))
        .collect();
    found.sort_by_key(|(_, state)| format!("{state:?}"));
    assert_eq!(
        found,
        [
            (None, EntryState::Bad),
            (Some(digest(1)), EntryState::Good),
            (Some(digest(2)), EntryState::OtherEngine),
        ]
    );
    assert_eq!(cache.clear().unwrap().0, 3);
    assert!(cache.entries(&engine).unwrap().is_empty());
}
