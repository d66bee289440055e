#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic")]
fn main() {}
