//! The linked skills of a run. Each has a store of its own, created at its first call and dropped with the run. A call
//! hands over the caller's fuel and returns what is left; one deadline covers all of them.

use std::sync::{Arc, Weak};
use std::time::Instant;

use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance, Val};

use super::store::{charge, quota, store};
use super::turns::in_turns;
use crate::component::skill::{Footprint, STACK};
use crate::link::Linked;
use crate::rules::determinism::Determinism;
use crate::rules::limits::{Limits, Meter, OwnedCharge, Spend, Stop};
use crate::run::kept::KeptAnswers;
use crate::run::wasi::{Streams, Wasi};
use crate::run::{Fuel, Peers, Run, Usage};
use mcp_codec as codec;

/// The dependencies of one run, at the indexes that the linker uses.
pub(crate) struct Dependencies {
    dependencies: Vec<Dependency>,
    limits: Limits,
    usage: Arc<Usage>,
    shared: std::sync::Mutex<Shared>,
}

/// Fuel shared by calls whose callers continue meanwhile.
struct Shared {
    fuel: u64,
    /// Dependencies without such a call: each is left an equal share.
    idle: u64,
}

/// Charges the values that one skill of a run passes to another.
fn charge_all(values: &[Val], spend: &mut Spend<'_>) -> wasmtime::Result<()> {
    let charged = values
        .iter()
        .try_for_each(|value| codec::charge(value, spend));
    charged.map_err(Stop::trap)
}

/// What the host holds for one call of a dependency, besides its values: a task, and a place in the queue.
const CALL: usize = 4 << 10;

struct Dependency {
    /// Its path, for messages.
    name: String,
    fresh: std::sync::Mutex<Option<Fresh>>,
    running: Mutex<Option<(Store<Run>, Instance)>>,
}

/// A dependency that has not been called yet.
struct Fresh {
    instance: wasmtime::component::InstancePre<Run>,
    footprint: Footprint,
    run: Run,
}

impl Dependencies {
    /// `None` for a skill without dependencies, which is the common case.
    pub(super) fn of(
        linked: &Linked,
        limits: &Limits,
        fixed: Determinism,
        usage: &Arc<Usage>,
    ) -> Option<Arc<Self>> {
        if linked.dependencies.is_empty() {
            return None;
        }
        Some(Arc::new_cyclic(|this| Self {
            dependencies: linked
                .dependencies
                .iter()
                .map(|(name, dependency)| {
                    let run = Run {
                        wasi: Wasi::new(Instant::now(), Streams::Log, fixed),
                        table: wasmtime::component::ResourceTable::new(),
                        meter: Meter::new(limits, &usage.account)
                            .with_spread(linked.spread)
                            .among(linked.dependencies.len() + 1),
                        usage: Arc::clone(usage),
                        capabilities: Arc::clone(&dependency.capabilities),
                        quota: quota(limits),
                        kept: KeptAnswers::default(),
                        call_log: None,
                        dependencies: Some(Self::weak(this)),
                    };
                    Dependency {
                        name: name.clone(),
                        fresh: std::sync::Mutex::new(Some(Fresh {
                            instance: dependency.instance.clone(),
                            footprint: dependency.skill.footprint,
                            run,
                        })),
                        running: Mutex::new(None),
                    }
                })
                .collect(),
            limits: limits.clone(),
            usage: Arc::clone(usage),
            shared: std::sync::Mutex::new(Shared {
                fuel: limits.fuel,
                idle: linked.dependencies.len() as u64,
            }),
        }))
    }

    /// The dependencies, as the store of a skill of the run refers to them.
    pub(super) fn peers(this: &Arc<Self>) -> Weak<dyn Peers> {
        Self::weak(&Arc::downgrade(this))
    }

    /// Weak, because the dependencies hold the stores that refer to them.
    fn weak(this: &Weak<Self>) -> Weak<dyn Peers> {
        Weak::<Self>::clone(this)
    }

    /// Calls a function of a dependency with this much fuel. Returns how much it used, and how many bytes of the
    /// account its results take until the caller has them. A dependency runs one call at a time: a second one waits.
    /// Dropping the call ends it, and also the dependency if the call has begun: Wasmtime would keep its task.
    async fn call_apart(
        self: Arc<Self>,
        dependency: usize,
        function: ComponentExportIndex,
        params: &[Val],
        results: &mut [Val],
        fuel: Fuel,
    ) -> (wasmtime::Result<usize>, u64) {
        let account = Arc::clone(&self.usage.account);
        // The values exist twice: the dependency's call outlives what it borrows.
        let mut handed = Spend::of(&account);
        let charged = handed.take(CALL).map_err(Stop::trap);
        let charged = charged.and_then(|()| charge_all(params, &mut handed));
        if let Err(error) = charged.and_then(|()| charge_all(params, &mut handed)) {
            return (Err(error), 0);
        }
        // Charged until the task is dropped, which may be after this is: the runtime drops a task at its next turn.
        let handed = handed.owned(&account);
        let values = (params.to_vec(), results.to_vec());
        let call = self.call_here(dependency, function, values, handed, fuel);
        // Wasmtime does not poll a store with async functions inside of another one: the dependency gets a task of its
        // own.
        let mut task = JoinSet::new();
        task.spawn(call.in_current_span());
        match task.join_next().await {
            Some(Ok((Ok((given, charge)), used))) => {
                for (result, given) in results.iter_mut().zip(given) {
                    *result = given;
                }
                (Ok(charge.keep()), used)
            }
            Some(Ok((Err(error), used))) => (Err(error), used),
            // A panic continues in the run that caused it.
            Some(Err(stopped)) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => (Err(wasmtime::Error::new(cancelled)), fuel.most()),
            },
            None => (Err(wasmtime::Error::msg("the call was not started")), 0),
        }
    }

    /// The results, and what they are charged with: they wait for a caller that may be computing.
    async fn call_here(
        self: Arc<Self>,
        dependency: usize,
        function: ComponentExportIndex,
        (params, mut results): (Vec<Val>, Vec<Val>),
        _handed: OwnedCharge,
        fuel: Fuel,
    ) -> (wasmtime::Result<(Vec<Val>, OwnedCharge)>, u64) {
        let dependency = &self.dependencies[dependency];
        let running = dependency.running.lock().await;
        let lent = self.lend(fuel);
        let fuel = lent.fuel;
        let mut turn = Turn {
            running,
            lent,
            is_over: false,
        };
        let entered = self.enter(
            dependency,
            &mut turn.running,
            &function,
            &params,
            &mut results,
            fuel,
        );
        // A task of its own is polled again before the runtime looks at its timers.
        let done = in_turns(&self.usage.account, entered)
            .await
            .map_err(|error| error.context(format!("in linked skill `{}`", dependency.name)));
        turn.is_over = true;
        let left = turn.left();
        let account = &self.usage.account;
        // Charged before the dependency can be called again.
        let done = done.and_then(|()| {
            let mut returned = Spend::of(account);
            charge_all(&results, &mut returned)?;
            Ok((results, returned.owned(account)))
        });
        drop(turn);
        (done, fuel.saturating_sub(left))
    }

    /// Takes the fuel of a call out of what such calls share, until the call is over.
    fn lend(&self, fuel: Fuel) -> Lent<'_> {
        let (fuel, shared) = match fuel {
            Fuel::Handed(fuel) => (fuel, None),
            Fuel::Shared(most) => {
                let mut shared = lock(&self.shared);
                let fuel = most.min(shared.fuel / shared.idle.max(1));
                shared.fuel -= fuel;
                shared.idle = shared.idle.saturating_sub(1);
                (fuel, Some(&self.shared))
            }
        };
        Lent {
            fuel,
            left: 0,
            shared,
        }
    }

    async fn enter(
        &self,
        dependency: &Dependency,
        running: &mut MutexGuard<'_, Option<(Store<Run>, Instance)>>,
        function: &ComponentExportIndex,
        params: &[Val],
        results: &mut [Val],
        fuel: u64,
    ) -> wasmtime::Result<()> {
        let fresh = lock(&dependency.fresh).take();
        if let Some(Fresh {
            instance,
            footprint,
            run,
        }) = fresh
        {
            let mut store = store(instance.engine(), run, &self.limits)?;
            store.set_fuel(fuel)?;
            // Its calls have a stack beside that of the caller.
            let footprint = Footprint {
                bytes: footprint.bytes + STACK,
                ..footprint
            };
            charge(&mut store, footprint, &self.limits)?;
            let instance = instance.instantiate_async(&mut store).await?;
            **running = Some((store, instance));
        }
        let Some((store, instance)) = running.as_mut() else {
            return Err(wasmtime::Error::msg(
                "it has ended: a call of it was cancelled, or it could not be started",
            ));
        };
        let left = store.get_fuel()?.min(fuel);
        store.set_fuel(left)?;
        let function = instance
            .get_func(&mut *store, function)
            .ok_or_else(|| wasmtime::Error::msg("the instance lacks the exported function"))?;
        function.call_async(&mut *store, params, results).await
    }

    /// Adds what the dependencies were denied to the meter of the main skill.
    pub(super) fn add_to(&self, meter: &mut Meter) {
        for dependency in &self.dependencies {
            // No calls are left when the run is over.
            if let Ok(running) = dependency.running.try_lock()
                && let Some((store, _)) = running.as_ref()
            {
                meter.absorb(&store.data().meter);
            }
        }
    }
}

/// The call that a dependency runs.
struct Turn<'a> {
    running: MutexGuard<'a, Option<(Store<Run>, Instance)>>,
    lent: Lent<'a>,
    is_over: bool,
}

impl Turn<'_> {
    /// The fuel that is left of what the call was given.
    fn left(&self) -> u64 {
        let left = self
            .running
            .as_ref()
            .and_then(|(store, _)| store.get_fuel().ok());
        left.unwrap_or(self.lent.fuel).min(self.lent.fuel)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.lent.left = self.left();
        if !self.is_over {
            *self.running = None;
        }
    }
}

/// The fuel of one call. What is left returns to the shared fuel.
struct Lent<'a> {
    fuel: u64,
    left: u64,
    shared: Option<&'a std::sync::Mutex<Shared>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared {
            let mut shared = lock(shared);
            shared.fuel += self.left;
            shared.idle += 1;
        }
    }
}

fn lock<T>(shared: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Peers for Dependencies {
    fn call<'a>(
        self: Arc<Self>,
        place: usize,
        function: ComponentExportIndex,
        params: &'a [Val],
        results: &'a mut [Val],
        fuel: Fuel,
    ) -> BoxFuture<'a, (wasmtime::Result<usize>, u64)> {
        Box::pin(self.call_apart(place, function, params, results, fuel))
    }
}
