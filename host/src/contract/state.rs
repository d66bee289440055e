//! `mcp:tools/state`: the skill's own store. Each function is one transaction, on the blocking pool.

use super::bindings::mcp::tools::state::{Host, StateError};
use crate::calls::Calls;
use crate::run::Run;
use crate::state::{self, SkillState};

impl Host for Run {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, StateError>> {
        on_disk(&self.calls, &self.state, move |state| state.get(&key)).await
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl_ms: Option<u64>,
    ) -> wasmtime::Result<Result<(), StateError>> {
        on_disk(&self.calls, &self.state, move |state| {
            state.set(&key, &value, ttl_ms)
        })
        .await
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<bool, StateError>> {
        on_disk(&self.calls, &self.state, move |state| state.delete(&key)).await
    }

    async fn list_keys(
        &mut self,
        prefix: String,
    ) -> wasmtime::Result<Result<Vec<String>, StateError>> {
        on_disk(&self.calls, &self.state, move |state| {
            state.list_keys(&prefix)
        })
        .await
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, StateError>> {
        on_disk(&self.calls, &self.state, move |state| {
            state.compare_and_swap(&key, expected.as_deref(), value.as_deref())
        })
        .await
    }
}

async fn on_disk<T: Send + 'static>(
    calls: &Calls,
    state: &SkillState,
    work: impl FnOnce(&SkillState) -> Result<T, state::StateError> + Send + 'static,
) -> wasmtime::Result<Result<T, StateError>> {
    let _waiting = calls.waiting();
    let state = state.clone();
    let done = tokio::task::spawn_blocking(move || work(&state)).await;
    Ok(done.map_err(wasmtime::Error::new)?.map_err(state_error))
}

fn state_error(error: state::StateError) -> StateError {
    match error {
        state::StateError::InvalidKey(text) => StateError::InvalidKey(text),
        state::StateError::Quota(text) => StateError::Quota(text),
        state::StateError::Io(text) => StateError::Io(text),
    }
}
