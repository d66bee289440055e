//! Values of many types through the codec in both directions, and the table of values that host and SDK share.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says why it was skipped"
)]

mod ambiguous;
mod catalogs;
mod change;
pub(crate) mod component;
mod convert;
mod drift;
mod foreign;
mod instances;
mod numbers;
mod refused;
mod scalars;
#[path = "../../tests/support/shared.rs"]
mod shared;
mod suite;
mod table;
mod text;

use self::change::{Change, change};
use self::shared::shared;
