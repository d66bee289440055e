//! `mcp:tools/state`: the skill's own store. Each function is one transaction, on the blocking pool.

use crate::contract::StateError;
use crate::contract::bindings::mcp::tools::state::Host;
use crate::recording::{Bytes, Call};
use crate::run::Run;
use crate::run::call_log;
use crate::run::calls::CallTracker;
use crate::storage::state::{OVERHEAD, SkillState};

impl Host for Run {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, StateError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(key.len())?;
            Ok(Call::StateGet { key: key.clone() })
        })?;
        let left = self.left();
        let live = on_disk(&self.usage.calls, self.state(), 0, move |state| {
            Ok(state.get(&key, left)?.map(Bytes))
        });
        let value = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(match value {
            Ok(Some(Bytes(bytes))) => self.kept(bytes.len()).map(|()| Some(bytes)),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        })
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl_ms: Option<u64>,
    ) -> wasmtime::Result<Result<(), StateError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(key.len() + value.len())?;
            Ok(Call::StateSet {
                key: key.clone(),
                value: Bytes(value.clone()),
                ttl_ms,
            })
        })?;
        let handed = key.len() + value.len();
        let live = on_disk(&self.usage.calls, self.state(), handed, move |state| {
            state.set(&key, &value, ttl_ms)
        });
        let set = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(set)
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<bool, StateError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(key.len())?;
            Ok(Call::StateDelete { key: key.clone() })
        })?;
        let live = on_disk(&self.usage.calls, self.state(), 0, move |state| {
            state.delete(&key)
        });
        let deleted = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(deleted)
    }

    async fn list_keys(
        &mut self,
        prefix: String,
    ) -> wasmtime::Result<Result<Vec<String>, StateError>> {
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(prefix.len())?;
            Ok(Call::StateListKeys {
                prefix: prefix.clone(),
            })
        })?;
        let left = self.left();
        let live = on_disk(&self.usage.calls, self.state(), 0, move |state| {
            state.list_keys(&prefix, left)
        });
        let keys = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(match keys {
            Ok(keys) => {
                let weight = |key: &String| size_of::<String>() + key.len();
                self.kept(keys.iter().map(weight).sum()).map(|()| keys)
            }
            Err(error) => Err(error),
        })
    }

    async fn compare_and_swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, StateError>> {
        let of = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        let account = self.usage.calls.account();
        let call = call_log::call_to_log(&self.call_log, account, |spend| {
            spend.take(key.len() + of(&expected) + of(&value))?;
            Ok(Call::StateCompareAndSwap {
                key: key.clone(),
                expected: expected.clone().map(Bytes),
                value: value.clone().map(Bytes),
            })
        })?;
        // The stored value is read to be compared: only up to the expected size, which is charged.
        let handed = key.len() + of(&expected) + of(&value);
        let live = on_disk(&self.usage.calls, self.state(), handed, move |state| {
            state.compare_and_swap(&key, expected.as_deref(), value.as_deref())
        });
        let swapped = call_log::record_or_replay(&self.call_log, account, call, live).await?;
        Ok(swapped)
    }
}

impl Run {
    /// How much memory the run has left, in bytes.
    fn left(&self) -> u64 {
        self.usage.account.available() as u64
    }

    /// Charges the result of a state function until the guest has it.
    fn kept(&self, bytes: usize) -> Result<(), StateError> {
        match self.usage.account.take(bytes) {
            Ok(()) => {
                self.meter.lower(bytes);
                Ok(())
            }
            Err(_) => Err(StateError::Quota(NO_ROOM.into())),
        }
    }
}

const NO_ROOM: &str = "it needs more memory than the run has left; raise it with `--memory`";

/// Does the work on the blocking pool. The guest's arguments stay charged meanwhile, and what the store takes itself.
async fn on_disk<T: Send + 'static>(
    calls: &CallTracker,
    state: SkillState,
    handed: usize,
    work: impl FnOnce(&SkillState) -> Result<T, StateError> + Send + 'static,
) -> wasmtime::Result<Result<T, StateError>> {
    let _waiting = calls.waiting()?;
    let Ok(_held) = calls.account().charge(handed + OVERHEAD) else {
        return Ok(Err(StateError::Quota(NO_ROOM.into())));
    };
    let done = tokio::task::spawn_blocking(move || work(&state)).await;
    done.map_err(wasmtime::Error::new)
}
