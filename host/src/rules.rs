//! What a run may do: which tools (`policy`), how much (`limits`), and the file that says both (`settings`).
//! Decides; enforces nothing but the account and the meter of a store.

pub(crate) mod determinism;
pub(crate) mod limits;
pub(crate) mod policy;
pub(crate) mod settings;
