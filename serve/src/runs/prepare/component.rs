//! A saved skill that is a component, before it runs: compiled in a process of its own or found in the cache, and
//! linked like a script. Calls no tool.

use std::sync::Arc;

use mcp_bridge::with_causes;
use mcp_host::{Environment, Grants, ImportError, Limits, LinkError, Linked, LoadError};

use super::steps::{catalog, in_time};
use crate::answer::{Code, Refusal};
use crate::door::Door;
use crate::progress::{Stage, Step};
use crate::skills::Skill;

/// The component, ready to run.
pub(super) async fn prepared(
    door: &Door,
    (skill, bytes): (&Skill, &[u8]),
    session: u64,
    grants: Arc<Grants>,
    limits: &Limits,
    stage: &Stage,
) -> Result<Linked, Refusal> {
    stage.set(Step::Reading);
    let loaded = tokio::time::timeout(limits.timeout, door.host.load(bytes)).await;
    let loaded = loaded
        .map_err(|_| {
            let ms = limits.timeout.as_millis();
            let what = format!("skill `{}` was not compiled within {ms} ms", skill.name());
            Refusal::new(Code::LimitTime, what)
        })?
        .map_err(|error| unloaded(skill, &error))?;
    if !loaded.has_entry() || loaded.is_program() {
        let (name, what) = (skill.bare_name(), skill.name());
        let what = format!(
            "skill `{what}` has no `run` that takes JSON: `mcp-host run {name}` of the user runs it"
        );
        return Err(Refusal::new(Code::BadArguments, what));
    }
    stage.set(Step::Starting);
    let catalog = catalog(door, loaded.needs().servers())
        .await
        .map_err(|(code, what)| Refusal::new(code, what))?;
    skill.drifted(&catalog)?;
    let environment = Environment {
        catalog: Arc::new(catalog),
        grants,
        state: None,
        servers: door.servers.names(),
        ..Environment::default()
    };
    let link = move || mcp_host::link(&loaded, &environment);
    let linked = in_time(door, session, limits, link).await;
    let linked = linked
        .map_err(|(code, what)| Refusal::new(code, what))?
        .map_err(|error| unlinked(skill, &error))?;
    skill.covers(&linked)?;
    Ok(linked)
}

fn unloaded(skill: &Skill, error: &LoadError) -> Refusal {
    let what = format!(
        "skill `{}` is not loaded: {}",
        skill.name(),
        with_causes(error)
    );
    Refusal::new(Code::Internal, what).hint(error.hint())
}

fn unlinked(skill: &Skill, error: &LinkError) -> Refusal {
    let drifted = |error: &ImportError| matches!(error, ImportError::Drifted { .. });
    match error {
        // The text has the definition that the server gives now, which no model reads.
        LinkError::Imports(errors) if errors.iter().any(drifted) => {
            let what = format!(
                "skill `{}` did not run: a tool of it is not as the user has accepted it",
                skill.name()
            );
            let hint = "the user reads the difference with `mcp-host server diff`";
            Refusal::new(Code::SkillDrifted, what).hint(Some(hint))
        }
        _ if error.is_denial() => {
            let hint = error.hint();
            let hint = hint.map(|hint| format!("{hint}; it counts from the next run"));
            Refusal::new(Code::ImportDenied, with_causes(error)).hint(hint)
        }
        _ => Refusal::new(Code::UnknownImport, with_causes(error)).hint(error.hint()),
    }
}
