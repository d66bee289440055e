//! The state of `mcp-host`, over `mcp:tools/state`. The prelude turns bytes into values.

use rquickjs::{Array, Ctx, Result, TypedArray};

use crate::{
    bindings::mcp::tools::state::{self, StateError},
    native, own,
};

pub(crate) fn get<'js>(ctx: Ctx<'js>, key: String) -> Result<Option<TypedArray<'js, u8>>> {
    let value = state::get(&key).map_err(|error| thrown(&ctx, error))?;
    value.map(|bytes| TypedArray::new(ctx, bytes)).transpose()
}

pub(crate) fn set<'js>(
    ctx: Ctx<'js>,
    key: String,
    value: TypedArray<'js, u8>,
    ttl: Option<f64>,
) -> Result<()> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the prelude passes whole numbers from 0"
    )]
    let ttl = ttl.map(|ms| ms as u64);
    state::set(&key, &native::bytes(&ctx, &value)?, ttl).map_err(|error| thrown(&ctx, error))
}

pub(crate) fn delete(ctx: Ctx<'_>, key: String) -> Result<bool> {
    state::delete(&key).map_err(|error| thrown(&ctx, error))
}

pub(crate) fn list(ctx: Ctx<'_>, prefix: String) -> Result<Array<'_>> {
    let keys = state::list_keys(&prefix).map_err(|error| thrown(&ctx, error))?;
    own::array(&ctx, keys)
}

pub(crate) fn swap<'js>(
    ctx: Ctx<'js>,
    key: String,
    expected: Option<TypedArray<'js, u8>>,
    value: Option<TypedArray<'js, u8>>,
) -> Result<bool> {
    let expected = expected
        .map(|expected| native::bytes(&ctx, &expected))
        .transpose()?;
    let value = value.map(|value| native::bytes(&ctx, &value)).transpose()?;
    state::compare_and_swap(&key, expected.as_deref(), value.as_deref())
        .map_err(|error| thrown(&ctx, error))
}

fn thrown(ctx: &Ctx<'_>, error: StateError) -> rquickjs::Error {
    let (code, message) = match error {
        StateError::InvalidKey(message) => ("invalid-key", message),
        StateError::Quota(message) => ("quota", message),
        StateError::Io(message) => ("io", message),
    };
    native::host_error(ctx, "StateError", code, &message)
}
