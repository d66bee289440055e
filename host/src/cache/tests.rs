#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;

struct Fixture {
    dir: tempfile::TempDir,
    engine: Engine,
    component: Component,
    digest: blake3::Hash,
}

fn fixture() -> Fixture {
    let engine = Engine::default();
    let component = Component::new(&engine, "(component)").unwrap();
    Fixture {
        dir: tempfile::tempdir().unwrap(),
        engine,
        component,
        digest: blake3::hash(b"(component)"),
    }
}

impl Fixture {
    fn open(&self) -> Cache {
        Cache::open(&self.dir.path().join("cache"), &self.dir.path().join("key")).unwrap()
    }

    fn stored(&self) -> (Cache, PathBuf) {
        let cache = self.open();
        cache.put(&self.component, &self.digest);
        let path = cache.path(&self.engine, &self.digest);
        assert!(path.exists());
        (cache, path)
    }
}

#[test]
fn what_was_put_is_got_by_a_later_host() {
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
    let other = blake3::hash(b"other");
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
    cache.put(&f.component, &f.digest);
    assert!(cache.get(&f.engine, &f.digest).is_none());
}
