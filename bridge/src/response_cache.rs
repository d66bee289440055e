//! The response cache: answers that a later call gets without the server, in memory and, where the program names a
//! directory, on disk.
//!
//! A cache hit needs the same user of the OS and of `serve`, the same server with the same command, address and
//! environment, the same definition of the tool, and the same arguments. Caches no error, nothing with `isError`, and
//! nothing that holds a secret of the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

mod disk;
mod key;

pub use disk::ResponseCacheDir;
pub(crate) use key::{Key, KeyStart};

use crate::config::CachePolicy;
use crate::principal::Identity;
use crate::secret::Secrets;
use crate::tool_result::CallToolResult;
use disk::MAX_RESPONSE;

/// The cached responses of one server.
pub(crate) struct ResponseCache {
    memory: moka::future::Cache<Key, CachedResponse>,
    disk: Option<disk::DiskCache>,
    ttl: Duration,
    largest: usize,
}

#[derive(Clone)]
struct CachedResponse {
    answer: Arc<CallToolResult>,
    /// When it expires. One that was read from disk has used up a part of its time already.
    until: Instant,
    bytes: u32,
}

impl ResponseCache {
    pub(crate) fn new(
        policy: &CachePolicy,
        identity: &Identity,
        store: Option<&ResponseCacheDir>,
    ) -> Self {
        let memory = moka::future::Cache::builder()
            .max_capacity(policy.max_bytes)
            .weigher(|_, cached: &CachedResponse| cached.bytes)
            .time_to_live(policy.ttl)
            .build();
        let most = usize::try_from(policy.max_bytes).unwrap_or(usize::MAX);
        Self {
            memory,
            disk: store.map(|store| store.disk_cache(identity, policy)),
            ttl: policy.ttl,
            largest: most.min(MAX_RESPONSE),
        }
    }

    pub(crate) async fn get(&self, key: &Key) -> Option<Arc<CallToolResult>> {
        if let Some(cached) = self.memory.get(key).await
            && Instant::now() < cached.until
        {
            return Some(cached.answer);
        }
        let found = self.disk.as_ref()?.get(key)?;
        let answer: CallToolResult = serde_json::from_slice(&found.json).ok()?;
        let answer = Arc::new(answer);
        let left = self.ttl.saturating_sub(found.age);
        self.remember(*key, Arc::clone(&answer), found.json.len(), left)
            .await;
        Some(answer)
    }

    /// Caches the answer, unless it is one that must not be cached. `secrets` are those of the connection that it
    /// came on.
    pub(crate) async fn put(&self, key: &Key, answer: &Arc<CallToolResult>, secrets: &Secrets) {
        if answer.is_error == Some(true) {
            return;
        }
        let Ok(json) = serde_json::to_string(&**answer) else {
            return;
        };
        if json.len() > self.largest || secrets.occur_in(&json) {
            return;
        }
        if let Some(disk) = &self.disk {
            disk.put(key, json.as_bytes());
        }
        self.remember(*key, Arc::clone(answer), json.len(), self.ttl)
            .await;
    }

    async fn remember(&self, key: Key, answer: Arc<CallToolResult>, bytes: usize, left: Duration) {
        let cached = CachedResponse {
            answer,
            until: Instant::now() + left,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        };
        self.memory.insert(key, cached).await;
    }
}

#[cfg(test)]
mod tests;
