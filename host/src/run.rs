//! What one store holds: everything that the host functions of a run may touch, and nothing that
//! another run can see.

pub(crate) mod calls;
pub(crate) mod capabilities;
mod log_quota;
mod peers;
mod tally;
pub(crate) mod tape;
pub(crate) mod typed_tool;
pub(crate) mod wasi;

pub(crate) use log_quota::LogMeter;
pub(crate) use peers::Peers;
pub(crate) use tally::Tally;

use std::sync::{Arc, Weak};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::rules::limits::Meter;
use crate::storage::state::{Quota, SkillState};

use self::capabilities::Reach;
use self::tape::Tape;
use self::wasi::Wasi;

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
    pub(crate) parts: Option<Weak<dyn Peers>>,
}

impl Run {
    pub(crate) fn state(&self) -> SkillState {
        SkillState::new(self.reach.state.clone(), self.quota)
    }

    pub(crate) fn parts(&self) -> wasmtime::Result<Arc<dyn Peers>> {
        let parts = self.parts.as_ref().and_then(Weak::upgrade);
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
