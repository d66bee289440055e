//! What a run may do: which tools (`policy`), how much (`limits`), and the file that sets both (`settings`). Decides,
//! and enforces nothing except the account and the meter of a store.

pub(crate) mod determinism;
pub(crate) mod limits;
pub(crate) mod policy;
pub(crate) mod settings;
