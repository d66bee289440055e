//! What the user types for `mcp-host skill`, as several of its commands take it.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use mcp_skills::{Name, Named};

use crate::exit::Failure;
use crate::limit_args::LimitArgs;

// What the user says of a new version.
#[derive(Args)]
pub(super) struct Words {
    /// What the skill does and when to use it. Otherwise that of the version before, or the comment at the start of a
    /// script.
    #[arg(long, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// The license of the skill.
    #[arg(long, value_name = "TEXT")]
    pub(super) license: Option<String>,
}

// The arguments of `mcp-host skill add`.
#[derive(Args)]
pub(super) struct AddArgs {
    /// A script (.ts, .mts, .js, .mjs), a component (.wasm), or the directory of a skill, with `scripts/NAME.ts` or
    /// `scripts/NAME.wasm`.
    pub(super) path: PathBuf,
    /// The name of the skill. Otherwise that of the file or the directory.
    #[arg(long)]
    pub(super) name: Option<Name>,
    #[command(flatten)]
    pub(super) words: Words,
    /// The `mcpServers` configuration of its servers, as for `run`.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

// The arguments of `mcp-host skill test`.
#[derive(Args)]
pub(super) struct TestArgs {
    /// The skill: NAME, or NAME@VERSION.
    #[arg(value_parser = named)]
    pub(super) skill: Named,
    /// Run it with the inputs of its recorded runs on its servers instead. Only if all its tools only read, and the
    /// policy asks about none.
    #[arg(long)]
    pub(super) live: bool,
    /// The `mcpServers` configuration of its servers, as for `run`.
    #[arg(long, value_name = "FILE", requires = "live")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

// The arguments of `mcp-host skill retest`.
#[derive(Args)]
pub(super) struct RetestArgs {
    /// The skill: NAME, or NAME@VERSION.
    #[arg(value_parser = named)]
    pub(super) skill: Named,
    /// Save the version without asking.
    #[arg(long)]
    pub(super) yes: bool,
    /// The `mcpServers` configuration of its servers, as for `run`.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

pub(super) fn named(text: &str) -> Result<Named, String> {
    Named::parse(text).ok_or_else(|| "write NAME or NAME@VERSION, such as triage@2".to_owned())
}

/// What a skill is called that has no good name of its own.
pub(super) fn needs_name(text: &str) -> Failure {
    let text = mcp_codegen::names::shown(text);
    let error = anyhow!("`{text}` is no name of a skill");
    Failure::usage(error).hint(Some(
        "give one with `--name`: 1 to 64 of a-z, 0-9 and -, such as issue-triage",
    ))
}
