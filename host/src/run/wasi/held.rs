//! What WASI holds of files for a guest, charged to the account of its run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::rules::limits::Account;

/// What the lists of directories take that the guest has, by handle.
pub(crate) type Listings = Arc<Mutex<HashMap<u32, Held>>>;

/// Bytes of the account until this is dropped.
pub(crate) struct Held {
    account: Arc<Account>,
    bytes: usize,
}

impl Held {
    /// Takes these bytes; `None` if the run has not as many left.
    pub(crate) fn take(account: &Arc<Account>, bytes: usize) -> Option<Self> {
        account.take(bytes).ok()?;
        Some(Self {
            account: Arc::clone(account),
            bytes,
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.give_back(self.bytes);
    }
}
