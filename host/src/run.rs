//! What one store holds: everything that the host functions of a run may touch, and nothing that
//! another run can see.

use std::sync::{Arc, Weak};
use std::time::Instant;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::calls::Calls;
use crate::contract::LogMeter;
use crate::execute::Parts;
use crate::limits::{Account, Limits, Meter};
use crate::reach::Reach;
use crate::state::{Quota, SkillState};
use crate::tape::Tape;
use crate::wasi::Wasi;

/// The data of one store.
pub(crate) struct Run {
    pub(crate) wasi: Wasi,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) tally: Arc<Tally>,
    pub(crate) reach: Arc<Reach>,
    pub(crate) quota: Quota,
    /// Where the calls are recorded, or played from.
    pub(crate) tape: Option<Arc<Tape>>,
    /// The skills that serve imports of this one. The run itself holds them, and they hold stores like this one.
    pub(crate) parts: Weak<Parts>,
}

/// What is counted of one run, of all skills in it.
pub(crate) struct Tally {
    pub(crate) account: Arc<Account>,
    pub(crate) calls: Calls,
    pub(crate) log: LogMeter,
}

impl Tally {
    pub(crate) fn new(limits: &Limits, start: Instant) -> Self {
        let account = Arc::new(Account::new(limits, start));
        Self {
            calls: Calls::new(limits, &account),
            account,
            log: LogMeter::new(limits.log_lines),
        }
    }
}

impl Run {
    pub(crate) fn state(&self) -> SkillState {
        SkillState::new(self.reach.state.clone(), self.quota)
    }

    pub(crate) fn parts(&self) -> wasmtime::Result<Arc<Parts>> {
        let parts = self.parts.upgrade();
        parts.ok_or_else(|| wasmtime::Error::msg("the run is over"))
    }
}

impl WasiView for Run {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.context(&self.tally),
            table: &mut self.table,
        }
    }
}
