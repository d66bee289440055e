//! `mcp-host describe`: a skill's description of itself.

use std::path::PathBuf;

use clap::Args;
use mcp_host::{Export, describe};

use super::exit::{Exit, Failure};
use super::limit_args::LimitArgs;
use super::progress::Progress;
use super::source::Found;
use super::{dirs, engine, out, settings};

// The arguments of `mcp-host describe`.
#[derive(Args)]
pub(crate) struct DescribeArgs {
    /// A component (.wasm), the directory of a skill that is built (see `build`), or the name of a saved skill.
    skill: PathBuf,
    /// Build the directory of a skill first. That runs build scripts of the project, outside of the sandbox.
    #[arg(long)]
    build: bool,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Prints a JSON object: the result of the skill's own `describe`, or its typed functions. Starts no server, and gives
/// the skill no capabilities.
pub(crate) async fn run(mut args: DescribeArgs, progress: &Progress) -> Result<Exit, Failure> {
    let place = Found::built(&mut args.skill, args.build, progress).await?;
    let name = settings::skill_name(&args.skill);
    let found = args.limits.find(name.as_deref())?;
    let cache_size = found.settings.and_then(|file| file.cache_size);
    let limits = found.in_force.limits;
    let engine = engine::engine()?;
    let cache = dirs::cache(cache_size);
    let skill = place.load(&engine, limits.memory, progress, cache).await?;
    let functions: Vec<_> = skill.exports().iter().map(function).collect();
    if !skill.has_entry() {
        out::json(&serde_json::json!({ "functions": functions })).await?;
        return Ok(Exit::Finished);
    }
    let description = describe(&skill, &limits)
        .await
        .map_err(|error| Failure::new(Exit::SkillFailed, error.into()))?;
    out::json(&serde_json::json!({
        "name": description.name,
        "description": description.description,
        "inputSchema": schema(description.input_schema),
        "outputSchema": schema(description.output_schema),
    }))
    .await?;
    Ok(Exit::Finished)
}

/// A function that `--invoke` can call, or why it cannot.
fn function(export: &Export) -> serde_json::Value {
    match export.schemas() {
        Ok(schemas) => serde_json::json!({
            "name": export.name(),
            "wit": export.wit(),
            "inputSchema": schemas.input,
            "outputSchema": schemas.output,
            "errorSchema": schemas.error,
        }),
        Err(error) => serde_json::json!({
            "name": export.name(),
            "wit": export.wit(),
            "refused": error.to_string(),
        }),
    }
}

/// A schema that is not JSON is shown as text.
fn schema(text: Option<String>) -> serde_json::Value {
    match text {
        None => serde_json::Value::Null,
        Some(text) => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
    }
}
