//! Tests of what a journal charges to its run.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::ledger::written;

#[test]
fn what_is_kept_of_the_calls_before_is_charged_to_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = written(&dir.path().join("l"), 64);
    let kept: usize = ledger.calls.iter().map(Entry::weight).sum();
    let journal = Journal::new(ledger);
    let enough = Arc::new(Account::new(kept, None));
    assert!(journal.charge(&enough).is_ok());
    assert_eq!(enough.peak(), kept);
    let little = Arc::new(Account::new(kept - 1, None));
    assert!(journal.charge(&little).is_err());
}

#[tokio::test]
async fn an_answer_is_read_only_within_the_account_of_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = written(&dir.path().join("l"), 1 << 20);
    let journal = Journal::new(ledger);
    // The call begins, as its run comes to it again.
    journal.shared.lock().order.happen(1);
    let little = Arc::new(Account::new(1 << 16, None));
    let read = journal.recorded::<Value, Value>(1, "tool", &little).await;
    assert!(read.is_err());
}
