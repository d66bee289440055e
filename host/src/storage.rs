//! A skill's file tree (`files`), its key-value store (`state`), and the calls of a day (`day_counts`). Knows neither
//! components nor runs: it charges the account that the caller passes.

pub(crate) mod day_counts;
pub(crate) mod files;
pub(crate) mod state;
