//! What the user typed becomes what will be done: input read, defaults filled, grants parsed.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use mcp_host::{Export, Grants, Invocation, Limits, Skill};

use super::exit::Failure;
use super::run::RunArgs;

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
}

pub(crate) fn resolve(args: &RunArgs) -> Result<RunPlan, Failure> {
    Ok(RunPlan {
        input: input(&args.input, "`--input`").map_err(Failure::usage)?,
        invoke: args.invoke.clone(),
        grants: Grants {
            tools: args.allow.clone(),
            dirs: args.dir.clone(),
        },
        limits: limits(args),
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

fn limits(args: &RunArgs) -> Limits {
    let default = Limits::default();
    Limits {
        fuel: args.fuel.unwrap_or(default.fuel),
        memory: args.memory.unwrap_or(default.memory),
        timeout: args.timeout.unwrap_or(default.timeout),
        calls: args.max_calls.unwrap_or(default.calls),
        ..default
    }
}

/// `JSON`, `@FILE`, or `-` for standard input. `place` is where the argument stands, for an error.
pub(crate) fn input(argument: &str, place: &str) -> anyhow::Result<String> {
    let (text, origin) = if argument == "-" {
        let text = read(std::io::stdin().lock()).context("failed to read the input from stdin")?;
        (text, "standard input".to_owned())
    } else if let Some(path) = argument.strip_prefix('@') {
        let file = std::fs::File::open(path)
            .with_context(|| format!("failed to read the input from `{path}`"))?;
        let text = read(file).with_context(|| format!("failed to read the input from `{path}`"))?;
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

fn read(from: impl std::io::Read) -> anyhow::Result<String> {
    let mut text = String::new();
    from.take(MAX_INPUT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_INPUT {
        anyhow::bail!("it is larger than {MAX_INPUT} bytes");
    }
    Ok(text)
}

/// `500ms`, `30s`, `2m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write for example 500ms, 30s or 2m"))?;
    if duration.is_zero() {
        return Err("a run needs some time; write for example 30s".into());
    }
    Ok(duration)
}

/// `64MiB`, `1GB`, `1048576`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let size: bytesize::ByteSize = text
        .parse()
        .map_err(|_| "not a size; write for example 64MiB or 67108864".to_owned())?;
    usize::try_from(size.as_u64()).map_err(|_| "more than this machine can address".to_owned())
}

/// `5000000000` or `5_000_000_000`.
pub(crate) fn fuel(text: &str) -> Result<u64, String> {
    text.replace('_', "")
        .parse()
        .map_err(|error| format!("{error}; write a whole number, for example 5_000_000_000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_durations_and_fuel_are_read_as_people_write_them() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("1024"), Ok(1024));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(fuel("1_000"), Ok(1000));
    }

    #[test]
    fn what_cannot_be_read_says_what_to_write() {
        assert!(size("lots").is_err_and(|error| error.contains("64MiB")));
        assert!(duration("0s").is_err_and(|error| error.contains("30s")));
        assert!(duration("soon").is_err_and(|error| error.contains("30s")));
        assert!(fuel("-1").is_err_and(|error| error.contains("5_000")));
    }
}
