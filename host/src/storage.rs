//! What a skill sees and keeps: the tree of files (`files`) and its key-value store (`state`). Knows no component and
//! no run: it charges the account that it is given.

pub(crate) mod files;
pub(crate) mod state;
