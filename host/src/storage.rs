//! A skill's file tree (`files`) and its key-value store (`state`). Knows neither components nor runs: it charges the
//! account that the caller passes.

pub(crate) mod files;
pub(crate) mod state;
