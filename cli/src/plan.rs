//! Resolves the user's arguments: reads the input, fills in defaults, parses grants.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use mcp_host::{AuditSettings, Export, Grants, Invocation, Limits, RunStore, Skill, TypeCheck};

use super::declared::Declared;
use super::dirs;
use super::exit::Failure;
use super::input::{NO_INPUT, input};
use super::run_args::RunArgs;
use super::settings;
use super::source::Source;

/// The plan of one run.
pub(crate) struct RunPlan {
    /// The id of the run: in the audit log, in its ledger, and over all its parts.
    pub(crate) id: String,
    /// JSON text.
    pub(crate) input: String,
    /// The function to call; `None`: the skill's own `run`.
    invoke: Option<String>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    /// Bytes that the cache of compiled components may hold.
    pub(crate) cache_size: Option<u64>,
    /// The configured compiler, for `--type-check`.
    pub(crate) type_check: TypeCheck,
    /// `[audit]` of the settings.
    pub(crate) audit: AuditSettings,
    /// `wait` of `[runs]`.
    pub(crate) wait: Option<Duration>,
    /// `keep = "all"` of `[runs]`.
    pub(crate) keep_all: bool,
}

pub(crate) async fn resolve(args: &RunArgs) -> Result<RunPlan, Failure> {
    for dir in &args.dir {
        is_there(&dir.host)?;
    }
    let name = settings::skill_name(&args.skill);
    let found = args.limits.find(name.as_deref())?;
    let cache_size = found.settings.as_ref().and_then(|file| file.cache_size);
    let type_check = found.settings.as_ref().map(|file| file.type_check.clone());
    let audit = found.settings.as_ref().map(|file| file.audit);
    let wait = found.settings.as_ref().and_then(|file| file.wait);
    let keep_all = found.settings.as_ref().is_some_and(|file| file.keep_all);
    let id = match &args.resume {
        Some(id) => id.clone(),
        None => RunStore::new_id()
            .context("failed to draw the id of a run")
            .map_err(Failure::host)?,
    };
    Ok(RunPlan {
        id,
        audit: audit.unwrap_or_default(),
        wait,
        keep_all,
        cache_size,
        type_check: type_check.unwrap_or_default(),
        input: input(&args.input, "`--input`")
            .await
            .map_err(Failure::usage)?,
        invoke: args.invoke.clone(),
        grants: Grants {
            tools: args.allow.clone(),
            dirs: args.dir.clone(),
            policy: found.policy.map(Arc::new),
            day_counts: dirs::day_counts(),
        },
        limits: found.in_force.limits,
    })
}

/// Whether a granted directory is one. A skill that imports no files would never say so.
fn is_there(dir: &Path) -> Result<(), Failure> {
    let found = std::fs::metadata(dir).and_then(|found| match found.is_dir() {
        true => Ok(()),
        false => Err(std::io::ErrorKind::NotADirectory.into()),
    });
    found
        .with_context(|| format!("failed to open the granted directory `{}`", dir.display()))
        .map_err(Failure::usage)
}

impl RunPlan {
    /// What is known of the input that the component takes. A function of `--invoke` has types of its own.
    pub(crate) fn declared(&self, skill: &Source) -> Declared {
        match (&self.invoke, skill) {
            (Some(_), _) | (None, Source::Script(_)) => Declared::Nothing,
            (None, Source::Component(_)) => Declared::known(&skill.digest()),
        }
    }

    /// The call of `--invoke`, with checked arguments; `None` for the skill's own `run`.
    pub(crate) fn invocation(
        &self,
        skill: &Skill,
        path: &Path,
    ) -> Result<Option<Invocation>, Failure> {
        let Some(call) = &self.invoke else {
            if skill.has_entry() {
                return Ok(None);
            }
            let names: Vec<_> = skill.exports().iter().map(Export::wit).collect();
            let error = anyhow::anyhow!(
                "skill `{}` has no `run`; it exports\n{}",
                path.display(),
                names.join("\n")
            );
            return Err(
                Failure::usage(error).hint(Some("call one with `--invoke 'NAME(ARGUMENT, ...)'`"))
            );
        };
        // The default of `--input` does not count as a given argument.
        let input = Some(self.input.as_str()).filter(|input| *input != NO_INPUT);
        skill.invocation(call, input).map(Some).map_err(|error| {
            let hint = error.hint();
            let error = anyhow::Error::new(error)
                .context(format!("failed to call skill `{}`", path.display()));
            Failure::usage(error).hint(hint)
        })
    }
}
