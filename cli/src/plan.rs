//! What the user typed becomes what will be done: input read, defaults filled, grants parsed.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use mcp_bridge::{NamedFileError, named_file};
use mcp_host::{Export, Grants, Invocation, Limits, Skill};

use super::exit::Failure;
use super::run::RunArgs;
use super::settings;

/// The largest input that is read, in bytes.
const MAX_INPUT: u64 = 16 << 20;

/// What one run does.
pub(crate) struct RunPlan {
    /// JSON text.
    pub(crate) input: String,
    /// The function to call, where it is not the skill's own `run`.
    invoke: Option<String>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    /// Bytes that the cache of compiled components may hold.
    pub(crate) cache_size: Option<u64>,
}

pub(crate) async fn resolve(args: &RunArgs) -> Result<RunPlan, Failure> {
    let name = settings::skill_name(&args.skill);
    let found = args.limits.find(name.as_deref())?;
    let cache_size = found.settings.as_ref().and_then(|file| file.cache_size);
    Ok(RunPlan {
        cache_size,
        input: input(&args.input, "`--input`")
            .await
            .map_err(Failure::usage)?,
        invoke: args.invoke.clone(),
        grants: Grants {
            tools: args.allow.clone(),
            dirs: args.dir.clone(),
            policy: found.settings.and_then(|file| file.policy).map(Arc::new),
        },
        limits: found.in_force.limits,
    })
}

impl RunPlan {
    /// The call of `--invoke`, with arguments that fit; `None` where the skill's own `run` is meant.
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
        // The default of `--input` is no argument that somebody gave.
        let input = Some(self.input.as_str()).filter(|input| *input != NO_INPUT);
        skill.invocation(call, input).map(Some).map_err(|error| {
            let hint = error.hint();
            let error = anyhow::Error::new(error)
                .context(format!("failed to call skill `{}`", path.display()));
            Failure::usage(error).hint(hint)
        })
    }
}

/// What `--input` is where it is not given.
pub(crate) const NO_INPUT: &str = "{}";

/// `JSON`, `@FILE`, or `-` for standard input. `place` is where the argument stands, for an error.
pub(crate) async fn input(argument: &str, place: &str) -> anyhow::Result<String> {
    let (text, origin) = if argument == "-" {
        // On a thread of its own: standard input may never end, and Ctrl-C is heard meanwhile.
        let read = || named_file::read_stream(std::io::stdin().lock(), MAX_INPUT);
        let text = tokio::task::spawn_blocking(read)
            .await?
            .context("failed to read the input from stdin")?;
        (text, "standard input".to_owned())
    } else if let Some(path) = argument.strip_prefix('@') {
        let text = named_file::read_text(Path::new(path), MAX_INPUT)
            .map_err(NamedFileError::or_dash)
            .with_context(|| format!("failed to read the input from `{path}`"))?;
        (text, format!("`{path}`"))
    } else {
        (argument.to_owned(), place.to_owned())
    };
    serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|error| {
        anyhow::anyhow!(
            "the input from {origin} is not JSON: {error}; pass JSON, @FILE, or - for standard input"
        )
    })?;
    Ok(text)
}
