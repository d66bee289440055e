//! A key-value store that is private to the skill and survives its runs. Each call is one ACID transaction.
//!
//! [`get`], [`set`] and the like keep values as JSON; the functions that end in `_bytes` keep them as they are.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::state as host;
use crate::{Context, Error};

pub use crate::contract::StateError;

/// The value, or `None` where the key is absent or has expired.
///
/// ```no_run
/// # use mcp_guest_sdk::{Error, state};
/// # fn run() -> Result<(), Error> {
/// let runs: u64 = state::get("runs")?.unwrap_or(0);
/// state::set("runs", &(runs + 1))?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`Error::Failed`] for a [`StateError`], and where the value is no `T`.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    get_bytes(key)?
        .map(|bytes| from_json(key, &bytes))
        .transpose()
}

/// Sets the value.
///
/// # Errors
///
/// [`Error::Failed`] for a [`StateError`], and where the value cannot be JSON.
pub fn set(key: &str, value: &impl Serialize) -> Result<(), Error> {
    Ok(set_bytes(key, &to_json(key, value)?, None)?)
}

/// Sets the value, which is gone after `ttl`.
///
/// # Errors
///
/// As [`set`].
pub fn set_with_ttl(key: &str, value: &impl Serialize, ttl: Duration) -> Result<(), Error> {
    Ok(set_bytes(key, &to_json(key, value)?, Some(ttl))?)
}

/// Replaces the value by what `change` makes of it, `None` for an absent one, and gives the new value back.
///
/// Where another run changes the value in between, `change` is called again with the newer one; no update is lost.
///
/// ```no_run
/// # use mcp_guest_sdk::{Error, state};
/// # fn run() -> Result<(), Error> {
/// let runs = state::update("runs", |runs: Option<u64>| runs.unwrap_or(0) + 1)?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As [`get`] and [`set`].
pub fn update<T: DeserializeOwned + Serialize>(
    key: &str,
    mut change: impl FnMut(Option<T>) -> T,
) -> Result<T, Error> {
    loop {
        let present = get_bytes(key)?;
        let value = change(
            present
                .as_deref()
                .map(|bytes| from_json(key, bytes))
                .transpose()?,
        );
        if compare_and_swap_bytes(key, present.as_deref(), Some(&to_json(key, &value)?))? {
            return Ok(value);
        }
    }
}

/// The value as it is stored, or `None` where the key is absent or has expired.
///
/// # Errors
///
/// The [`StateError`] that the host answers.
pub fn get_bytes(key: &str) -> Result<Option<Vec<u8>>, StateError> {
    host::get(key)
}

/// Sets the value; with `ttl`, in whole milliseconds, it is gone after that time.
///
/// # Errors
///
/// The [`StateError`] that the host answers.
pub fn set_bytes(key: &str, value: &[u8], ttl: Option<Duration>) -> Result<(), StateError> {
    // A time that exceeds 64 bits of milliseconds is half a billion years.
    let ttl = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
    host::set(key, value, ttl)
}

/// Sets the value (`None`: deletes it) if the present one is `expected` (`None`: absent).
/// False, and no change, where it is not.
///
/// # Errors
///
/// The [`StateError`] that the host answers.
pub fn compare_and_swap_bytes(
    key: &str,
    expected: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<bool, StateError> {
    host::compare_and_swap(key, expected, value)
}

/// Removes the key; false where it was not there.
///
/// # Errors
///
/// The [`StateError`] that the host answers.
pub fn delete(key: &str) -> Result<bool, StateError> {
    host::delete(key)
}

/// The keys with this prefix, in byte order.
///
/// # Errors
///
/// The [`StateError`] that the host answers.
pub fn keys(prefix: &str) -> Result<Vec<String>, StateError> {
    host::list_keys(prefix)
}

fn from_json<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).context(format!("the value of state key `{key}` does not fit"))
}

fn to_json(key: &str, value: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).context(format!(
        "the value for state key `{key}` cannot be written as JSON"
    ))
}
