//! The host's functions. In a component they are its imports; natively, they call the test's
//! [`Host`](crate::testing::Host).

#[cfg(target_family = "wasm")]
pub(crate) use crate::contract::bindings::{files, log, state, tools};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::native::{files, log, state, tools};
