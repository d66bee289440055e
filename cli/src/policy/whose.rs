//! Whose run a policy is for: that of a person or that of an agent.

use std::sync::Arc;

use clap::ValueEnum;
use mcp_host::{Grants, Policy};
use serde::Deserialize;

use crate::exit::Failure;
use crate::settings::SettingsArgs;

/// Whose rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum For {
    /// A person who runs a skill.
    #[default]
    Run,
    /// An agent, behind `mcp-host serve`.
    Serve,
}

/// The grants of a run of this skill, without `--allow`.
pub(super) fn grants(
    settings: &SettingsArgs,
    whose: For,
    skill: Option<&str>,
) -> Result<Grants, Failure> {
    let policy = settings.policy(skill)?;
    let policy = match whose {
        For::Run => policy,
        For::Serve => Some(Policy::for_agents(policy, settings.user_file())),
    };
    Ok(Grants {
        policy: policy.map(Arc::new),
        ..Grants::default()
    })
}
