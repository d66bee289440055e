//! Creates stores, with all their limits. No other module creates one, and a store is never reused.

use std::time::{Duration, Instant};

use wasmtime::{CallHook, Store, StoreContextMut, UpdateDeadline};

use crate::component::skill::Footprint;
use crate::rules::limits::{DeadlinePassed, Limits, Stop};
use crate::run::Run;
use crate::storage::state::Quota;

/// Fuel after which a guest yields: a few milliseconds.
const FUEL_INTERVAL: u64 = 10_000_000;

/// What a handle takes in the host, at most: a task or a subtask with its state. The handles of all stores of a run
/// stay within a tenth of its memory, which is the margin that it has.
const HANDLE: usize = 1_024;

/// What Wasmtime 48 keeps of a call between two components in one, where the caller does not wait and the callee is done
/// at once: its task, until the store is dropped. Such a call enters the guest three times: for the arguments, for the
/// function, and for the result.
const TASK: usize = 640 / 3;

pub(super) fn store(
    engine: &wasmtime::Engine,
    run: Run,
    limits: &Limits,
) -> wasmtime::Result<Store<Run>> {
    let mut store = Store::new(engine, run);
    store.limiter(|run| &mut run.meter);
    store.set_fuel(limits.fuel)?;
    // Fuel is counted in registers and written back at each yield, so that the report of a timed-out run is accurate to
    // this amount.
    store.fuel_async_yield_interval(Some(FUEL_INTERVAL))?;
    // A guest that only computes gives the thread back at each tick. Each store looks at the deadline itself: a skill
    // that runs in a task of its own is polled again before the runtime looks at its timers. A store's first epoch is
    // over from the start, and would cost every run a yield.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().usage.account.is_late(Instant::now()) {
            return Err(wasmtime::Error::new(DeadlinePassed));
        }
        Ok(UpdateDeadline::Yield(1))
    });
    store.set_hostcall_fuel(limits.transfer);
    store.call_hook(at_the_border);
    let handles = limits.memory / 10 / HANDLE / store.data().meter.stores();
    store.set_max_component_handles(limits.handles.min(handles));
    Ok(store)
}

/// Runs at every crossing between guest and host. Values of the guest are copied after this, and may take no more than
/// the run has left; results of host functions are copied before it.
pub(super) fn at_the_border(
    mut store: StoreContextMut<'_, Run>,
    crossing: CallHook,
) -> wasmtime::Result<()> {
    let meter = &mut store.data_mut().meter;
    match crossing {
        CallHook::CallingHost => {
            let transfer = meter.arguments();
            store.set_hostcall_fuel(transfer);
        }
        CallHook::ReturningFromWasm => {
            let transfer = meter.result();
            store.set_hostcall_fuel(transfer);
        }
        CallHook::ReturningFromHost => meter.lowered(),
        CallHook::CallingWasm => meter.begin().map_err(Stop::trap)?,
    }
    Ok(())
}

/// Instantiating is work of the host, without a check of the deadline between its steps.
#[derive(Debug, thiserror::Error)]
#[error("instantiating the component may take longer than its run may last")]
pub(super) struct TooSlow;

/// Charges the cost of instantiating a component to a run, in advance.
pub(super) fn charge(
    store: &mut Store<Run>,
    footprint: Footprint,
    limits: &Limits,
) -> wasmtime::Result<()> {
    if !store.data_mut().meter.charge(footprint.bytes) {
        return Err(wasmtime::Error::msg(
            "instantiating the component takes more memory than its run may have",
        ));
    }
    if footprint.calls_inside {
        store.data_mut().meter.keep_of_calls(TASK);
    }
    let takes = Duration::from_nanos(footprint.nanos);
    if takes > limits.timeout {
        return Err(wasmtime::Error::new(TooSlow));
    }
    if store.data().usage.account.is_late(Instant::now() + takes) {
        return Err(wasmtime::Error::new(DeadlinePassed));
    }
    Ok(())
}

pub(super) fn quota(limits: &Limits) -> Quota {
    Quota {
        bytes: limits.state,
        keys: limits.state_keys,
    }
}
