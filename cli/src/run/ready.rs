//! From the arguments to a loaded skill whose servers run. Links nothing and runs nothing.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use mcp_host::{
    Catalog, Invocation, Limits, Needs, Prepared, Skill, Times, check_policy, check_skill_policy,
    millis, prepare,
};
use tokio::task::{JoinSet, yield_now};
use tracing::Instrument as _;

use super::place::Place;
use super::servers::Servers;
use crate::engine::engine;
use crate::exit::Failure;
use crate::plan::RunPlan;
use crate::progress::Progress;
use crate::run_args::RunArgs;
use crate::with::{self, LinkedSkill, WithSkill};
use crate::{dirs, source};

/// Everything that linking a run needs.
pub(super) struct Ready {
    pub(super) skill: Arc<Skill>,
    /// What was linked while the servers started.
    pub(super) prepared: Option<Prepared>,
    /// The function to call; `None`: the skill's own `run`.
    pub(super) invocation: Option<Invocation>,
    /// The skills that provide its imports, as named on the command line and as loaded.
    pub(super) with: Vec<WithSkill>,
    pub(super) parts: Vec<LinkedSkill>,
    pub(super) servers: Arc<Servers>,
    pub(super) catalog: Catalog,
    /// What the run may take: the limits in force, less what the skill used to say which input it takes.
    pub(super) limits: Limits,
    /// How long this took.
    pub(super) time: Times,
}

impl Ready {
    /// Loads the skill and starts its servers. Does both at once if the bytes alone show which servers are needed,
    /// because either may take long. Errors of the skill are reported first.
    // Long: the steps of one start, in their order.
    pub(super) async fn make(
        args: &RunArgs,
        plan: &RunPlan,
        place: &Place<'_>,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        let path = place.path.as_path();
        let read = place.read(plan.limits.memory)?;
        let with = with::skills(&args.with)?;
        // With several skills, the servers are known when all are loaded.
        let early = read.needs().filter(|_| with.is_empty());
        let declared = plan.declared(&read);
        // The input of a run that goes on was checked when it began.
        let check = args.resume.is_none() && !args.links_only;
        if check {
            declared.check(&plan.input, path)?;
        }
        // Which input a skill takes is not known before it ran once. No server starts for an input that it does not
        // take.
        let early = early.filter(|_| !declared.is_unknown());
        let early = early.and_then(|needs| Some((needed(args, plan, &needs)?, needs)));
        let mut starting = JoinSet::new();
        if let Some((servers, _)) = &early {
            starting.spawn(open(Arc::clone(servers)).in_current_span());
            // The server's process starts before this one is busy.
            yield_now().await;
        }

        let loading = async {
            let engine = engine()?;
            let cache = dirs::cache(plan.cache_size);
            let skill = source::load_read(&engine, path, &read, progress, cache).await?;
            Ok::<_, Failure>((engine, skill))
        };
        let load_time = || Times {
            load_ms: millis(started.elapsed()),
            ..Times::default()
        };
        let (engine, skill) = loading
            .await
            .map_err(|failure| failure.report(read.digest(), load_time()))?;
        // What only exports functions is linked too.
        let invocation = match args.links_only {
            true => None,
            false => plan.invocation(&skill, path)?,
        };
        if args.record.is_some() && !args.dir.is_empty() && skill.is_program() {
            let error = anyhow::anyhow!(
                "a recording holds no files that an ordinary program reads: `--record` and `--dir` exclude each other"
            );
            return Err(
                Failure::usage(error).hint(Some("record without `--dir`, or make it a skill"))
            );
        }
        let mut limits = plan.limits.clone();
        if declared.is_unknown() {
            let declared = declared.or_ask(&skill, &mut limits).await;
            if check {
                declared.check(&plan.input, path)?;
            }
        }
        let mut parts = Vec::with_capacity(with.len());
        for part in &with {
            let loaded = part
                .load(
                    &engine,
                    (
                        plan.limits.memory,
                        plan.cache_size,
                        plan.grants.policy.as_ref(),
                    ),
                    progress,
                )
                .await?;
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
            let servers = Arc::new(Servers::find(args.config(), &args.skill, needs)?);
            check_skill_policy(&skill, &plan.grants)
                .and_then(|()| parts.iter().try_for_each(LinkedSkill::check_policy))
                .map_err(|error| {
                    let failure = servers.not_linked(path, error);
                    failure.report(skill.digest(), load_time())
                })?;
            starting = JoinSet::new();
            starting.spawn(open(Arc::clone(&servers)).in_current_span());
            servers
        };
        let mut prepared = None;
        let opened = match starting.try_join_next() {
            Some(started) => started,
            None => {
                servers.announce(progress);
                prepared = prepare(&skill);
                let opened = starting.join_next().await;
                opened
                    .context("no server was started")
                    .map_err(Failure::host)?
            }
        };
        let catalog = opened.map_err(|error| Failure::host(error.into()))??;
        progress.clear();
        servers.warn_of_rules(&plan.grants, &catalog);
        Ok(Self {
            skill,
            prepared,
            invocation,
            with,
            parts,
            servers,
            catalog,
            limits,
            time: Times {
                load_ms: millis(loaded - started),
                servers_ms: millis(loaded.elapsed()),
                ..Times::default()
            },
        })
    }
}

/// The servers that a skill needs, from its bytes alone. `None` if anything is wrong with them; loading the skill
/// reports that.
fn needed(args: &RunArgs, plan: &RunPlan, needs: &Needs) -> Option<Arc<Servers>> {
    check_policy(needs, &plan.grants).ok()?;
    let servers = Servers::find(
        args.config(),
        &args.skill,
        std::iter::once((needs, &plan.grants)),
    )
    .ok()?;
    Some(Arc::new(servers))
}

async fn open(servers: Arc<Servers>) -> Result<Catalog, Failure> {
    servers.open().await
}
