//! What one store holds: everything that the host functions of a run may touch, and nothing that
//! another run can see.

use std::sync::{Arc, Weak};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::calls::Calls;
use crate::contract::LogMeter;
use crate::execute::Parts;
use crate::files::Files;
use crate::limits::Meter;
use crate::state::SkillState;
use crate::tape::Tape;
use crate::wasi::Wasi;

/// The data of one store.
pub(crate) struct Run {
    pub(crate) wasi: Wasi,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) calls: Arc<Calls>,
    pub(crate) files: Arc<Files>,
    pub(crate) state: SkillState,
    pub(crate) log: Arc<LogMeter>,
    /// Where the calls are recorded, or played from.
    pub(crate) tape: Option<Arc<Tape>>,
    /// The skills that serve imports of this one. The run itself holds them, and they hold stores like this one.
    pub(crate) parts: Weak<Parts>,
}

impl Run {
    pub(crate) fn parts(&self) -> wasmtime::Result<Arc<Parts>> {
        let parts = self.parts.upgrade();
        parts.ok_or_else(|| wasmtime::Error::msg("the run is over"))
    }
}

impl WasiView for Run {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.context(),
            table: &mut self.table,
        }
    }
}
