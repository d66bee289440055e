//! `mcp-host describe`: what a skill says about itself.

use std::path::PathBuf;

use clap::Args;
use mcp_host::{Limits, describe};

use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{report, run, source};

/// The arguments of `mcp-host describe`.
#[derive(Args)]
pub(crate) struct DescribeArgs {
    /// A component (.wasm), or a directory with a Cargo.toml, which is built first.
    skill: PathBuf,
}

/// Prints a JSON object. No server is started, and the skill gets no capabilities.
pub(crate) async fn run(args: DescribeArgs, progress: &Progress) -> Result<Exit, Failure> {
    let path = source::component(&args.skill, progress).await?;
    let engine = run::engine()?;
    let skill = source::load(&engine, &path, progress).await?;
    let description = describe(&skill, &Limits::default())
        .await
        .map_err(|error| Failure::new(Exit::SkillFailed, error.into()))?;
    report::print_json(&serde_json::json!({
        "name": description.name,
        "description": description.description,
        "inputSchema": schema(description.input_schema),
        "outputSchema": schema(description.output_schema),
    }));
    Ok(Exit::Finished)
}

/// A schema that is not JSON is shown as the text that it is.
fn schema(text: Option<String>) -> serde_json::Value {
    match text {
        None => serde_json::Value::Null,
        Some(text) => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
    }
}
