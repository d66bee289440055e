//! What a client keeps for as long as its server is reached with the same values: where the keys of its tools start,
//! and the response cache. A connection with other values, such as those of a token file that changed, begins a new
//! session.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rmcp::model::Tool;

use crate::JsonObject;
use crate::config::CachePolicy;
use crate::on_behalf::of_user;
use crate::principal::{Identity, Principal};
use crate::response_cache::{Key, KeyStart, ResponseCache, ResponseCacheDir};
use crate::tool_result::CallToolResult;

/// The session in use, and what a new one is made of.
pub(super) struct Sessions {
    current: Mutex<Arc<Session>>,
    policy: Option<CachePolicy>,
    cache_dir: Option<ResponseCacheDir>,
}

/// One session.
pub(super) struct Session {
    identity: Identity,
    cache: Option<ResponseCache>,
    /// Each made with the first call of its tool: most tools that a server has are never called.
    starts: Box<[OnceLock<Box<KeyStart>>]>,
}

impl Sessions {
    /// `tools` is how many tools may be called.
    pub(super) fn new(
        principal: &Principal,
        policy: Option<&CachePolicy>,
        cache_dir: Option<&ResponseCacheDir>,
        tools: usize,
    ) -> Self {
        let session = Session::new(principal.identity, policy, cache_dir, tools);
        Self {
            current: Mutex::new(Arc::new(session)),
            policy: policy.cloned(),
            cache_dir: cache_dir.cloned(),
        }
    }

    /// The session of the connection that was opened with this.
    pub(super) fn of(&self, principal: &Principal) -> Arc<Session> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.identity != principal.identity {
            let (policy, dir) = (self.policy.as_ref(), self.cache_dir.as_ref());
            let tools = current.starts.len();
            *current = Arc::new(Session::new(principal.identity, policy, dir, tools));
        }
        Arc::clone(&current)
    }
}

impl Session {
    fn new(
        identity: Identity,
        policy: Option<&CachePolicy>,
        cache_dir: Option<&ResponseCacheDir>,
        tools: usize,
    ) -> Self {
        Self {
            identity,
            cache: policy.map(|policy| ResponseCache::new(policy, &identity, cache_dir)),
            starts: std::iter::repeat_with(OnceLock::new).take(tools).collect(),
        }
    }

    /// The key of a call of the tool at this position, for the user for whom it is; `None` where there is no such
    /// position.
    pub(super) fn key(&self, at: usize, tool: &Tool, arguments: &JsonObject) -> Option<Key> {
        let start = || Box::new(KeyStart::new(&self.identity, tool));
        let key = self.starts.get(at)?.get_or_init(start).key(arguments);
        Some(of_user(key))
    }

    /// The cached response.
    pub(super) async fn get(&self, key: &Key) -> Option<Arc<CallToolResult>> {
        self.cache.as_ref()?.get(key).await
    }

    /// Caches an answer, unless it came on a connection of another session: its key is of this one.
    pub(super) async fn put(&self, key: &Key, answer: &Arc<CallToolResult>, by: &Principal) {
        if let Some(cache) = &self.cache
            && by.identity == self.identity
        {
            cache.put(key, answer, &by.secrets).await;
        }
    }
}
