//! The data of one store: everything that the host functions of a run may access, and nothing that another run can see.

pub(crate) mod attachments;
pub(crate) mod call_log;
pub(crate) mod calls;
pub(crate) mod capabilities;
mod changed;
pub(crate) mod drifted;
pub(crate) mod judge;
pub(crate) mod kept;
mod log_quota;
mod peers;
pub(crate) mod script_tool;
pub(crate) mod turns;
pub(crate) mod typed_tool;
mod usage;
pub(crate) mod wasi;

pub(crate) use log_quota::LogMeter;
pub(crate) use peers::{Fuel, Peers};
pub(crate) use usage::Usage;

use std::sync::{Arc, Weak};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::rules::limits::Meter;
use crate::storage::state::{Quota, SkillState};

use self::call_log::CallLog;
use self::capabilities::Capabilities;
use self::kept::KeptAnswers;
use self::wasi::Wasi;

/// The data of one store.
pub(crate) struct Run {
    pub(crate) wasi: Wasi,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) usage: Arc<Usage>,
    pub(crate) capabilities: Arc<Capabilities>,
    pub(crate) quota: Quota,
    /// Answers that a script has not taken yet.
    pub(crate) kept: KeptAnswers,
    /// The call log, which records the calls or answers them from a recording; `None` in other runs.
    pub(crate) call_log: Option<Arc<CallLog>>,
    /// The skills that provide imports of this one. Weak, because their stores also point here.
    pub(crate) dependencies: Option<Weak<dyn Peers>>,
}

impl Run {
    pub(crate) fn state(&self) -> SkillState {
        SkillState::new(self.capabilities.state.clone(), self.quota)
    }

    pub(crate) fn dependencies(&self) -> wasmtime::Result<Arc<dyn Peers>> {
        let dependencies = self.dependencies.as_ref().and_then(Weak::upgrade);
        dependencies.ok_or_else(|| wasmtime::Error::msg("the run is over"))
    }
}

impl WasiView for Run {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.context(&self.usage, self.call_log.as_ref()),
            table: &mut self.table,
        }
    }
}
