//! From arguments to a loaded skill whose servers are up. Links nothing and runs nothing.

use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::{MaybeDone, maybe_done};
use mcp_host::{Catalog, Digest, Invocation, Needs, Skill, Times, check_policy, prepare};

use super::servers::Servers;
use super::{RunArgs, engine, millis};
use crate::cli::exit::Failure;
use crate::cli::plan::RunPlan;
use crate::cli::progress::Progress;
use crate::cli::with::{self, LoadedPart, WithPart};
use crate::cli::{dirs, source};

/// Everything that a run is linked from.
pub(super) struct Ready {
    pub(super) skill: Arc<Skill>,
    /// The function to call, where it is not the skill's own `run`.
    pub(super) invocation: Option<Invocation>,
    /// The skills that serve its imports, as they were named and as they are.
    pub(super) with: Vec<WithPart>,
    pub(super) parts: Vec<LoadedPart>,
    pub(super) servers: Arc<Servers>,
    pub(super) catalog: Catalog,
    /// How long this took.
    pub(super) time: Times,
}

impl Ready {
    /// Loads the skill and starts its servers: both at once, because either may take long, where the bytes alone tell who
    /// is needed. What is wrong with the skill is said first.
    pub(super) async fn make(
        args: &RunArgs,
        plan: &RunPlan,
        path: &Path,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        let bytes = source::read(path)?;
        let with = with::parts(&args.with)?;
        // Those of several skills are known when all are loaded.
        let early = Needs::read(&bytes).filter(|_| with.is_empty());
        let early = early.and_then(|needs| Some((needed(args, plan, &needs)?, needs)));
        let first = early.as_ref().map(|(servers, _)| Arc::clone(servers));
        let mut starting = pin!(maybe_done(open(first)));

        let loading = async {
            let engine = engine()?;
            let cache = dirs::cache(plan.cache_size);
            let skill = source::load_read(&engine, path, &bytes, progress, cache).await?;
            Ok::<_, Failure>((engine, skill))
        };
        let load_time = || Times {
            load_ms: millis(started.elapsed()),
            ..Times::default()
        };
        let (engine, skill) = while_starting(starting.as_mut(), loading)
            .await
            .map_err(|failure| failure.report(Digest::of(&bytes), load_time()))?;
        let invocation = plan.invocation(&skill, path)?;
        let mut parts = Vec::with_capacity(with.len());
        for part in &with {
            let loaded = part.load(&engine, plan, progress).await?;
            if args.lock.is_none() {
                part.check(&loaded.skill)?;
            }
            parts.push(loaded);
        }
        let loaded = Instant::now();

        let early = early.filter(|(_, needs)| needs == skill.needs());
        let servers = if let Some((servers, _)) = early {
            servers
        } else {
            let needs = parts.iter().map(|part| (part.skill.needs(), &part.grants));
            let needs = std::iter::once((skill.needs(), &plan.grants)).chain(needs);
            let servers = Arc::new(Servers::find(args.config(), needs)?);
            check_policy(skill.needs(), &plan.grants)
                .and_then(|()| parts.iter().try_for_each(LoadedPart::check_policy))
                .map_err(|error| {
                    let failure = servers.not_linked(path, error);
                    failure.report(skill.digest(), load_time())
                })?;
            starting.set(maybe_done(open(Some(Arc::clone(&servers)))));
            servers
        };
        if starting.as_mut().output_mut().is_none() {
            servers.announce(progress);
            prepare(&skill);
            starting.as_mut().await;
        }
        let catalog = starting.as_mut().take_output();
        let catalog = catalog.unwrap_or_else(|| Ok(Catalog::default()))?;
        progress.clear();
        Ok(Self {
            skill,
            invocation,
            with,
            parts,
            servers,
            catalog,
            time: Times {
                load_ms: millis(loaded - started),
                servers_ms: millis(loaded.elapsed()),
                ..Times::default()
            },
        })
    }
}

/// The servers that a skill needs by its bytes alone. `None` where anything is wrong with them, which is said when the
/// skill is loaded.
fn needed(args: &RunArgs, plan: &RunPlan, needs: &Needs) -> Option<Arc<Servers>> {
    check_policy(needs, &plan.grants).ok()?;
    let servers = Servers::find(args.config(), std::iter::once((needs, &plan.grants))).ok()?;
    Some(Arc::new(servers))
}

async fn open(servers: Option<Arc<Servers>>) -> Result<Catalog, Failure> {
    match servers {
        Some(servers) => servers.open().await,
        None => Ok(Catalog::default()),
    }
}

/// Drives both until the second is done.
async fn while_starting<S: Future, L: Future>(
    mut starting: Pin<&mut MaybeDone<S>>,
    loading: L,
) -> L::Output {
    let mut loading = pin!(loading);
    std::future::poll_fn(|context| {
        // Its output stays in it. It comes first, so that a process starts before this one is busy.
        let _ = starting.as_mut().poll(context);
        loading.as_mut().poll(context)
    })
    .await
}
