//! Creates stores, with all their limits. No other module creates one, and a store is never reused.

use std::time::{Duration, Instant};

use wasmtime::{CallHook, Store, StoreContextMut, UpdateDeadline};

use crate::component::engine::ticks;
use crate::component::skill::Footprint;
use crate::rules::limits::{DeadlinePassed, Limits, Stop};
use crate::run::Run;
use crate::storage::state::Quota;

/// Fuel after which a guest yields, so that its deadline is looked at (`turns.rs`): some microseconds to some tens of
/// them, and a few milliseconds of the slowest instructions.
const FUEL_INTERVAL: u64 = 50_000;

/// What a handle takes in the host, at most: a task or a subtask with its state. The handles of all stores of a run
/// stay within a tenth of its memory, which is the margin that it has.
const HANDLE: usize = 1_024;

/// What Wasmtime 48 keeps of a call between two components in one, where the caller does not wait and the callee is
/// done at once: its task, until the store is dropped. Such a call enters the guest three times: for the arguments, for
/// the function, and for the result.
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
    // An engine without epochs ignores this. A store's first epoch is over from the start, and would cost every run a
    // yield.
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().usage.account.is_late(Instant::now()) {
            return Err(wasmtime::Error::new(DeadlinePassed));
        }
        Ok(UpdateDeadline::Yield(1))
    });
    store.set_hostcall_fuel(limits.transfer);
    let mut seen = ticks();
    store.call_hook(move |store, crossing| at_the_border(store, crossing, &mut seen));
    let handles = limits.memory / 10 / HANDLE / store.data().meter.stores();
    store.set_max_component_handles(limits.handles.min(handles));
    Ok(store)
}

/// Runs at every crossing between guest and host. Values of the guest are copied after this, and may take no more than
/// the run has left; results of host functions are copied before it.
///
/// A guest uses little fuel for a call that is much work for the host, so the deadline is looked at here too. `seen` is
/// when that was last done.
fn at_the_border(
    mut store: StoreContextMut<'_, Run>,
    crossing: CallHook,
    seen: &mut u64,
) -> wasmtime::Result<()> {
    let run = store.data_mut();
    if let Some(call_log) = &run.call_log {
        let enters = matches!(
            crossing,
            CallHook::CallingWasm | CallHook::ReturningFromHost
        );
        let turns = call_log.turns();
        turns.guest_runs(enters);
        match crossing {
            CallHook::CallingHost => turns.enters_host(),
            CallHook::ReturningFromHost => turns.leaves_host(),
            CallHook::CallingWasm | CallHook::ReturningFromWasm => {}
        }
    }
    let meter = &mut run.meter;
    match crossing {
        CallHook::CallingHost => {
            let transfer = meter.arguments();
            let now = ticks();
            if *seen != now {
                *seen = now;
                if run.usage.account.is_late(Instant::now()) {
                    return Err(wasmtime::Error::new(DeadlinePassed));
                }
            }
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
