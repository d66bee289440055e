//! `mcp-host limits`: the limits in force, with their origins.

use std::path::PathBuf;

use clap::Args;
use mcp_host::{InForce, Profile};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::limit_args::LimitArgs;
use super::out;
use super::settings;

// The arguments of `mcp-host limits`.
#[derive(Args)]
pub(crate) struct LimitsArgs {
    /// A skill, by path or by the name that it has in the settings.
    skill: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
    /// A table, or a JSON object.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl LimitsArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// Prints the limits in force, with their origins. Runs nothing.
pub(crate) async fn run(args: &LimitsArgs) -> Result<Exit, Failure> {
    let name = args.skill.as_deref().and_then(settings::skill_name);
    let found = args.limits.find(name.as_deref())?;
    match args.format {
        Format::Json => out::json(&json(&found.in_force)).await?,
        Format::Text => out::page(&text(&found.in_force)).await?,
    }
    Ok(Exit::Finished)
}

/// `memory  256MiB  profile `moderate`, the default`, one line per limit.
fn text(in_force: &InForce) -> String {
    let rows: Vec<_> = in_force
        .settings
        .iter()
        .map(|setting| {
            let value = setting.limit.show(setting.value);
            (setting.limit.key(), value, setting.to_string())
        })
        .collect();
    let wide = rows
        .iter()
        .map(|(_, value, _)| value.len())
        .max()
        .unwrap_or(0);
    let key = rows.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    rows.iter()
        .map(|(name, value, origin)| format!("{name:key$}  {value:>wide$}  {origin}\n"))
        .collect()
}

/// Numbers are bytes, milliseconds and counts.
fn json(in_force: &InForce) -> serde_json::Value {
    in_force
        .settings
        .iter()
        .map(|setting| {
            let value = serde_json::json!({
                "value": setting.value,
                "shown": setting.limit.show(setting.value),
                "profile": setting.profile.map(Profile::name),
                "from": setting.to_string(),
            });
            (setting.limit.key().to_owned(), value)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}
