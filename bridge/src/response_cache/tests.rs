//! What is cached, for how long, and for whom.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rmcp::model::{ContentBlock, Tool};
use serde_json::json;

use super::*;
use crate::config::Launch;
use crate::private_dir::PrivateDirError;

const HOUR: Duration = Duration::from_secs(3600);

fn policy(ttl: Duration, max_bytes: u64) -> CachePolicy {
    CachePolicy {
        ttl,
        max_bytes,
        tools: None,
    }
}

fn launch(env: &[(&str, &str)]) -> Launch {
    Launch {
        command: "server".to_owned(),
        args: vec!["--stdio".to_owned()],
        env: env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()))
            .collect(),
        unset: Vec::new(),
        cwd: None,
        written: Default::default(),
        expanded: Vec::new(),
    }
}

fn identity(name: &str) -> Identity {
    Identity::of_process(name, &launch(&[]))
}

fn answer(text: &str) -> Arc<CallToolResult> {
    Arc::new(CallToolResult::success(vec![ContentBlock::text(text)]))
}

fn store(dir: &Path, secret: u8) -> ResponseCacheDir {
    ResponseCacheDir::open(dir, &[secret; 32]).unwrap()
}

fn cache(policy: &CachePolicy, store: Option<&ResponseCacheDir>) -> ResponseCache {
    ResponseCache::new(policy, &identity("s"), store)
}

fn private_dir() -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    let builder = builder.permissions(fs::Permissions::from_mode(0o700));
    builder.tempdir().unwrap()
}

/// The files below, directories left out.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[tokio::test]
async fn response_is_found_until_its_ttl_is_over() {
    let cache = cache(&policy(Duration::from_millis(80), 1000), None);
    cache.put(&[1; 32], &answer("a"), &Secrets::default()).await;
    assert_eq!(cache.get(&[1; 32]).await, Some(answer("a")));
    assert_eq!(cache.get(&[2; 32]).await, None);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(cache.get(&[1; 32]).await, None);
}

#[tokio::test]
async fn error_secret_and_large_response_are_not_cached() {
    let dir = private_dir();
    let store = store(dir.path(), 1);
    let secrets = Secrets::of_process(&launch(&[("TOKEN", "hunter2")]));
    let cache = ResponseCache::new(&policy(HOUR, 200), &identity("s"), Some(&store));
    let failed = Arc::new(CallToolResult::error(vec![ContentBlock::text("no")]));
    let large = "x".repeat(200);
    for answer in [failed, answer("it is hunter2"), answer(&large)] {
        cache.put(&[1; 32], &answer, &secrets).await;
        assert_eq!(cache.get(&[1; 32]).await, None);
    }
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn memory_stays_under_its_bound() {
    let cache = cache(&policy(HOUR, 10_000), None);
    for number in 0..200_u8 {
        cache
            .put(
                &[number; 32],
                &answer(&"x".repeat(1000)),
                &Secrets::default(),
            )
            .await;
    }
    cache.memory.run_pending_tasks().await;
    assert!(cache.memory.weighted_size() <= 10_000);
    assert!(cache.memory.entry_count() > 0);
}

#[tokio::test]
async fn next_process_finds_the_response_and_another_user_does_not() {
    let dir = private_dir();
    let policy = policy(HOUR, 10_000);
    let ours = store(dir.path(), 1);
    cache(&policy, Some(&ours))
        .put(&[1; 32], &answer("a"), &Secrets::default())
        .await;
    assert_eq!(
        cache(&policy, Some(&ours)).get(&[1; 32]).await,
        Some(answer("a"))
    );
    let theirs = store(dir.path(), 2);
    assert_eq!(cache(&policy, Some(&theirs)).get(&[1; 32]).await, None);
    for file in files(dir.path()) {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
    }
}

#[tokio::test]
async fn file_with_a_flipped_byte_or_of_another_key_is_a_cache_miss() {
    let dir = private_dir();
    let policy = policy(HOUR, 10_000);
    let store = store(dir.path(), 1);
    let length = {
        cache(&policy, Some(&store))
            .put(&[1; 32], &answer("a"), &Secrets::default())
            .await;
        fs::metadata(&files(dir.path())[0]).unwrap().len()
    };
    for at in 0..usize::try_from(length).unwrap() {
        cache(&policy, Some(&store))
            .put(&[1; 32], &answer("a"), &Secrets::default())
            .await;
        let file = files(dir.path()).remove(0);
        let mut bytes = fs::read(&file).unwrap();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!(
            cache(&policy, Some(&store)).get(&[1; 32]).await,
            None,
            "byte {at}"
        );
    }
    // The answer to one question in the place of the answer to another.
    cache(&policy, Some(&store))
        .put(&[1; 32], &answer("a"), &Secrets::default())
        .await;
    let first = files(dir.path()).remove(0);
    cache(&policy, Some(&store))
        .put(&[2; 32], &answer("b"), &Secrets::default())
        .await;
    let second = files(dir.path())
        .into_iter()
        .find(|file| *file != first)
        .unwrap();
    fs::copy(&first, &second).unwrap();
    assert_eq!(cache(&policy, Some(&store)).get(&[2; 32]).await, None);
}

#[tokio::test]
async fn shorter_ttl_holds_for_responses_cached_before() {
    let dir = private_dir();
    let store = store(dir.path(), 1);
    cache(&policy(HOUR, 10_000), Some(&store))
        .put(&[1; 32], &answer("a"), &Secrets::default())
        .await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    let short = policy(Duration::from_millis(20), 10_000);
    assert_eq!(cache(&short, Some(&store)).get(&[1; 32]).await, None);
    assert_eq!(files(dir.path()), Vec::<PathBuf>::new(), "it is removed");
}

#[tokio::test]
async fn directory_stays_under_its_bound() {
    let dir = private_dir();
    let store = store(dir.path(), 1);
    let policy = policy(HOUR, 5_000);
    for process in 0..4_u8 {
        let cache = cache(&policy, Some(&store));
        for number in 0..10_u8 {
            let key = [process * 10 + number; 32];
            cache
                .put(&key, &answer(&"x".repeat(400)), &Secrets::default())
                .await;
            let bytes: u64 = files(dir.path())
                .iter()
                .map(|file| fs::metadata(file).unwrap().len())
                .sum();
            assert!(bytes <= 5_000, "{bytes} after {process}.{number}");
        }
    }
    assert!(files(dir.path()).len() > 3, "some are left");
}

#[tokio::test]
async fn responses_of_a_server_that_was_not_used_for_a_week_are_removed() {
    let dir = private_dir();
    let store = store(dir.path(), 1);
    let policy = policy(HOUR, 5_000);
    let put = async |name: &str| {
        let cache = ResponseCache::new(&policy, &identity(name), Some(&store));
        cache.put(&[1; 32], &answer("a"), &Secrets::default()).await;
    };
    put("old").await;
    let old = files(dir.path())[0].parent().unwrap().to_owned();
    put("new").await;
    assert_eq!(files(dir.path()).len(), 2, "it was used a moment ago");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(8 * 24 * 3600);
    fs::File::open(&old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    put("newer").await;
    assert!(!old.exists());
    assert_eq!(files(dir.path()).len(), 2);
}

#[tokio::test]
async fn directory_that_others_may_use_is_refused() {
    let dir = private_dir();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        ResponseCacheDir::open(dir.path(), &[1; 32]),
        Err(PrivateDirError::NotPrivate { .. })
    ));
    let below_a_file = ResponseCacheDir::open(Path::new("/dev/null/cache"), &[1; 32]);
    assert!(matches!(below_a_file, Err(PrivateDirError::Io { .. })));
    let link = private_dir();
    let path = link.path().join("link");
    std::os::unix::fs::symlink(link.path(), &path).unwrap();
    assert!(
        ResponseCacheDir::open(&path, &[1; 32]).is_err(),
        "nor a link to one"
    );
}

#[test]
fn key_tells_servers_environments_tools_and_arguments_apart_and_nothing_else() {
    let tool = |description: &str| -> Tool {
        let schema = json!({"type": "object"});
        let tool = json!({"name": "t", "description": description, "inputSchema": schema});
        serde_json::from_value(tool).unwrap()
    };
    let key = |identity: Identity, description: &str, arguments: serde_json::Value| {
        KeyStart::new(&identity, &tool(description)).key(arguments.as_object().unwrap())
    };
    let base = || key(identity("s"), "d", json!({"a": 1, "b": [true]}));
    let keyed = |env: &[(&str, &str)]| Identity::of_process("s", &launch(env));
    let others = [
        key(identity("other"), "d", json!({"a": 1, "b": [true]})),
        key(
            keyed(&[("TOKEN", "mine")]),
            "d",
            json!({"a": 1, "b": [true]}),
        ),
        key(
            keyed(&[("TOKEN", "yours")]),
            "d",
            json!({"a": 1, "b": [true]}),
        ),
        key(
            keyed(&[("TOKENm", "ine")]),
            "d",
            json!({"a": 1, "b": [true]}),
        ),
        key(identity("s"), "changed", json!({"a": 1, "b": [true]})),
        key(identity("s"), "d", json!({"a": 1, "b": [false]})),
        key(identity("s"), "d", json!({"a": 1})),
        key(identity("s"), "d", json!({"a": "1", "b": [true]})),
    ];
    let mut all = others.to_vec();
    all.push(base());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), others.len() + 1, "all differ");
    assert_eq!(
        base(),
        key(identity("s"), "d", json!({"b": [true], "a": 1}))
    );
}
