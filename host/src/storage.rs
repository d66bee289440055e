//! A skill's file tree (`files`), its key-value store (`state`), the calls of a day (`day_counts`), and the runs that are
//! kept (`runs`). Knows neither components nor what runs: it charges the account that the caller passes.

pub(crate) mod day_counts;
pub(crate) mod files;
pub(crate) mod runs;
pub(crate) mod state;
