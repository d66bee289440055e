//! `mcp:tools/state`: the skill's own store. Each function is one transaction, on the blocking pool.

use super::bindings::mcp::tools::state::{Host, StateError};
use crate::calls::Calls;
use crate::recording::{Bytes, Call};
use crate::run::Run;
use crate::state::{self, SkillState};
use crate::tape;

/// The most that one call returns of the state, in bytes. No store holds as much.
const MAX_ANSWER: u64 = 1 << 30;

impl Host for Run {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, StateError>> {
        let call = tape::note(&self.tape, || Call::StateGet { key: key.clone() });
        let live = on_disk(&self.tally.calls, self.state(), move |state| {
            Ok(state.get(&key, MAX_ANSWER)?.map(Bytes))
        });
        let value = tape::through(&self.tape, call, live).await?;
        Ok(value
            .map(|value| value.map(|Bytes(bytes)| bytes))
            .map_err(state_error))
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl_ms: Option<u64>,
    ) -> wasmtime::Result<Result<(), StateError>> {
        let call = tape::note(&self.tape, || Call::StateSet {
            key: key.clone(),
            value: Bytes(value.clone()),
            ttl_ms,
        });
        let live = on_disk(&self.tally.calls, self.state(), move |state| {
            state.set(&key, &value, ttl_ms)
        });
        let set = tape::through(&self.tape, call, live).await?;
        Ok(set.map_err(state_error))
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<bool, StateError>> {
        let call = tape::note(&self.tape, || Call::StateDelete { key: key.clone() });
        let live = on_disk(&self.tally.calls, self.state(), move |state| {
            state.delete(&key)
        });
        let deleted = tape::through(&self.tape, call, live).await?;
        Ok(deleted.map_err(state_error))
    }

    async fn list_keys(
        &mut self,
        prefix: String,
    ) -> wasmtime::Result<Result<Vec<String>, StateError>> {
        let call = tape::note(&self.tape, || Call::StateListKeys {
            prefix: prefix.clone(),
        });
        let live = on_disk(&self.tally.calls, self.state(), move |state| {
            state.list_keys(&prefix, MAX_ANSWER)
        });
        let keys = tape::through(&self.tape, call, live).await?;
        Ok(keys.map_err(state_error))
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, StateError>> {
        let call = tape::note(&self.tape, || Call::StateCompareAndSwap {
            key: key.clone(),
            expected: expected.clone().map(Bytes),
            value: value.clone().map(Bytes),
        });
        let live = on_disk(&self.tally.calls, self.state(), move |state| {
            state.compare_and_swap(&key, expected.as_deref(), value.as_deref())
        });
        let swapped = tape::through(&self.tape, call, live).await?;
        Ok(swapped.map_err(state_error))
    }
}

async fn on_disk<T: Send + 'static>(
    calls: &Calls,
    state: SkillState,
    work: impl FnOnce(&SkillState) -> Result<T, state::StateError> + Send + 'static,
) -> wasmtime::Result<Result<T, state::StateError>> {
    let _waiting = calls.waiting();
    let done = tokio::task::spawn_blocking(move || work(&state)).await;
    done.map_err(wasmtime::Error::new)
}

fn state_error(error: state::StateError) -> StateError {
    match error {
        state::StateError::InvalidKey(text) => StateError::InvalidKey(text),
        state::StateError::Quota(text) => StateError::Quota(text),
        state::StateError::Io(text) => StateError::Io(text),
    }
}
