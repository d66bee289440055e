//! `mcp-host limits`: the limits in force, with their origins.

use std::path::{Path, PathBuf};

use clap::Args;
use mcp_host::{InForce, Profile, Settings};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::limit_args::LimitArgs;
use super::out;
use super::settings;
use super::table::table;

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
    if let (Some(skill), Some(name)) = (&args.skill, &name) {
        known(skill, name, found.settings.as_ref())?;
    }
    match args.format {
        Format::Json => out::json(&json(&found.in_force)).await?,
        Format::Text => out::page(&text(&found.in_force)).await?,
    }
    Ok(Exit::Finished)
}

/// A skill that neither exists nor is in the settings is a slip: its limits would be those of any skill.
fn known(skill: &Path, name: &str, settings: Option<&Settings>) -> Result<(), Failure> {
    let named = || settings.into_iter().flat_map(Settings::skills);
    if skill.exists() || named().any(|known| known == name) {
        return Ok(());
    }
    let place = match settings {
        Some(settings) => format!("no `[skills.{name}]` is in `{}`", settings.file.display()),
        None => "there is no settings file with a `[skills.NAME]`".to_owned(),
    };
    let near = mcp_codegen::near::nearest(name, named());
    let near = near.map(|near| format!("; did you mean `{near}`?"));
    let error = anyhow::anyhow!(
        "there is no skill `{}`, and {place}{}",
        skill.display(),
        near.unwrap_or_default()
    );
    Err(Failure::usage(error).hint(Some(
        "`mcp-host limits` shows the limits of every other skill",
    )))
}

/// `memory  256MiB  profile `moderate`, the default`, one line per limit.
fn text(in_force: &InForce) -> String {
    let settings = &in_force.settings;
    let values: Vec<_> = settings
        .iter()
        .map(|setting| setting.limit.show(setting.value))
        .collect();
    let wide = values.iter().map(String::len).max().unwrap_or(0);
    let rows = settings.iter().zip(&values).map(|(setting, value)| {
        vec![
            setting.limit.key().to_owned(),
            format!("{value:>wide$}"),
            setting.to_string(),
        ]
    });
    table(&rows.collect::<Vec<_>>())
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
