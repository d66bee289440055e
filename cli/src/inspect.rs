//! `mcp-host inspect`: what a component is and can do. Compiles nothing and runs nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use mcp_codegen::names::shown;
use mcp_host::{
    EntryKind, ExportedFunction, Inspection, Limits, Manifest, Policy, Settings, Verdict, inspect,
    inspect_script,
};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::out;
use super::progress::Progress;
use super::source::{Found, Source};

// The arguments of `mcp-host inspect`.
#[derive(Args)]
pub(crate) struct InspectArgs {
    /// A component (.wasm), a script (.ts or .js), the directory of a skill that is built (see `build`), or the name of
    /// a saved skill.
    skill: PathBuf,
    /// Build the directory of a skill first. That runs build scripts of the project, outside of the sandbox.
    #[arg(long)]
    build: bool,
    /// Report what the `[policy]` of this settings file would deny; exit with 4 if it would deny anything.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the component's world and its interfaces as WIT too.
    #[arg(long)]
    wit: bool,
    /// Text, or a JSON object, which always has the WIT.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl InspectArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// The policy verdict for each tool, in the order of the manifest.
type Verdicts = Vec<Verdict>;

pub(crate) async fn run(args: InspectArgs, progress: &Progress) -> Result<Exit, Failure> {
    let policy = args.policy.as_deref().map(policy).transpose()?;
    let mut skill = args.skill.clone();
    let found = Found::built(&mut skill, args.build, progress).await?;
    let inspection = inspected(&found).await?;
    let verdicts = policy.map(|policy| foreseen(&policy, &inspection.permissions));
    match args.format {
        Format::Json => out::json(&json(&inspection, verdicts.as_ref())).await?,
        Format::Text => out::page(&text(&inspection, verdicts.as_ref(), args.wit)).await?,
    }
    let denied = verdicts
        .iter()
        .flatten()
        .any(|verdict| matches!(verdict, Verdict::Denied(_)));
    Ok(if denied { Exit::Denied } else { Exit::Finished })
}

fn policy(file: &Path) -> Result<Policy, Failure> {
    let settings = Settings::read(file).map_err(|error| Failure::usage(error.into()))?;
    settings
        .policy
        .ok_or_else(|| Failure::usage(anyhow!("`{}` has no `[policy]`", file.display())))
}

pub(crate) async fn inspected(found: &Found) -> Result<Inspection, Failure> {
    let path = &found.path;
    match found.read(Limits::default().memory)? {
        Source::Script(script) => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok(inspect_script(&name, &script))
        }
        Source::Component(bytes) => component(bytes, path).await,
    }
}

async fn component(bytes: Vec<u8>, path: &Path) -> Result<Inspection, Failure> {
    // On a thread of its own, so that Ctrl-C still works.
    tokio::task::spawn_blocking(move || inspect(&bytes))
        .await
        .context("failed to inspect the skill")
        .map_err(Failure::host)?
        .map_err(|error| {
            let hint = error.hint();
            let error = anyhow::Error::new(error)
                .context(format!("failed to inspect skill `{}`", path.display()));
            Failure::new(Exit::Link, error).hint(hint)
        })
}

fn foreseen(policy: &Policy, manifest: &Manifest) -> Verdicts {
    manifest
        .tools
        .iter()
        .map(|tool| policy.predict(&tool.server, &tool.function))
        .collect()
}

fn json(inspection: &Inspection, verdicts: Option<&Verdicts>) -> serde_json::Value {
    let mut json = serde_json::json!(inspection);
    if let Some(verdicts) = verdicts {
        json["policy"] = inspection
            .permissions
            .tools
            .iter()
            .zip(verdicts)
            .map(|(tool, verdict)| {
                let mut entry = serde_json::json!(verdict);
                entry["server"] = tool.server.clone().into();
                entry["function"] = tool.function.clone().into();
                entry
            })
            .collect();
    }
    json
}

fn text(inspection: &Inspection, verdicts: Option<&Verdicts>, wit: bool) -> String {
    let mut text = String::new();
    let entry = match inspection.entry {
        EntryKind::Skill => "a skill: `run` of `mcp:tools/skill`",
        EntryKind::Program => "an ordinary program: `wasi:cli/run`",
        EntryKind::Script => "a script: the script engine runs it",
        EntryKind::Functions => "typed functions: `--invoke`",
        EntryKind::None => "none: it cannot be run",
    };
    let mut row = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    };
    let name = inspection.name.as_deref().map(shown);
    row("name", name.as_deref().unwrap_or("-"));
    row("digest", &inspection.digest.to_string());
    row("size", &format!("{} bytes", inspection.size));
    for (field, name) in [
        ("language", "language"),
        ("processed-by", "made by"),
        ("sdk", "sdk"),
    ] {
        let made: Vec<_> = inspection
            .producers
            .iter()
            .filter(|producer| producer.field == field)
            .map(|producer| {
                format!("{} {}", producer.name, producer.version)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if !made.is_empty() {
            row(name, &made.join(", "));
        }
    }
    row("entry", entry);
    if inspection.entry != EntryKind::Script {
        row("exports", &list(&inspection.exports));
    }
    text.push_str("\nIt may\n");
    for line in permissions(inspection, verdicts) {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nIt has no network, no other files, no environment and no arguments.\n");
    if !inspection.permissions.unknown.is_empty() {
        let unknown = list(&inspection.permissions.unknown);
        let _ = writeln!(
            text,
            "\nIt does not link, because this host does not serve: {unknown}"
        );
    }
    if wit {
        let _ = write!(text, "\n{}", inspection.wit);
    }
    // A skill's own schemas come from its `describe`, which this command does not call.
    if inspection.entry == EntryKind::Functions {
        text.push_str(&functions(&inspection.functions));
    }
    text
}

/// The functions for `--invoke`, with JSON Schemas.
fn functions(functions: &[ExportedFunction]) -> String {
    let mut text = String::new();
    for function in functions {
        let _ = writeln!(text, "\nfunction {}", shown(&function.name));
        if let Some(why) = &function.refused {
            let _ = writeln!(text, "  cannot be called from outside: {why}");
        }
        for (name, schema) in [
            ("input", &function.input),
            ("output", &function.output),
            ("error", &function.error),
        ] {
            if let Some(schema) = schema {
                let _ = writeln!(text, "  {name:<7} {schema}");
            }
        }
    }
    text
}

fn permissions(inspection: &Inspection, verdicts: Option<&Verdicts>) -> Vec<String> {
    let manifest = &inspection.permissions;
    let mut lines = Vec::new();
    for (i, tool) in manifest.tools.iter().enumerate() {
        let verdict = match verdicts.and_then(|verdicts| verdicts.get(i)) {
            None => String::new(),
            Some(Verdict::Allowed) => "  allowed".to_owned(),
            Some(Verdict::Asks(why)) => format!("  asks: {why}"),
            Some(Verdict::Depends(why)) => format!("  depends on the server: {why}"),
            Some(Verdict::DependsOnCall(why)) => format!("  depends on the call: {why}"),
            Some(Verdict::Denied(why)) => format!("  DENIED: {why}"),
        };
        lines.push(format!(
            "call tool `{}` of server `{}`{verdict}",
            shown(&tool.function),
            shown(&tool.server)
        ));
    }
    let mut one = |what: &str, functions: &[String]| {
        if !functions.is_empty() {
            lines.push(format!("{what}: {}", list(functions)));
        }
    };
    one(
        "call by name what `--allow` grants",
        &manifest.calls_by_name,
    );
    let (write, read): (Vec<_>, Vec<_>) = manifest
        .files
        .iter()
        .cloned()
        .partition(|function| function == "write-file");
    one("read the catalog, and files that `--dir` grants", &read);
    one("write files that `--dir ...:rw` grants", &write);
    one("keep state of its own", &manifest.state);
    one("log", &manifest.log);
    lines.extend(wasi(inspection));
    if lines.is_empty() {
        lines.push("do nothing but compute".to_owned());
    }
    lines
}

/// What the interfaces of WASI that it imports are good for here, in words: most come from a standard library.
fn wasi(inspection: &Inspection) -> Vec<String> {
    let program = inspection.entry == EntryKind::Program;
    let has = |start: &str| {
        let mut names = inspection.permissions.wasi.iter();
        names.any(|name| name.starts_with(start))
    };
    let mut lines = Vec::new();
    let mut one = |is_there: bool, text: &str| {
        if is_there {
            lines.push(text.to_owned());
        }
    };
    one(
        program && has("wasi:cli/stdin"),
        "read the input of the run (WASI: standard input)",
    );
    one(
        program && has("wasi:cli/stdout"),
        "write the result of the run (WASI: standard output)",
    );
    one(
        has("wasi:cli/stderr") || (!program && has("wasi:cli/stdout")),
        "write lines to the log (WASI: standard output and error)",
    );
    one(
        has("wasi:clocks/"),
        "read clocks, to the millisecond (WASI: clocks)",
    );
    one(has("wasi:random/"), "take random numbers (WASI: random)");
    let files = has("wasi:filesystem/types");
    one(
        program && files,
        "read files that `--dir` grants, and write those that `--dir ...:rw` grants (WASI: filesystem)",
    );
    one(
        !program && files,
        "see no file by its standard library (WASI: filesystem, empty)",
    );
    one(
        has("wasi:sockets/"),
        "open no connection: each attempt is refused (WASI: sockets)",
    );
    lines
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<_> = names.iter().map(|name| shown(name)).collect();
    names.join(", ")
}
