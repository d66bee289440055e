//! `mcp-codegen wit`: the WIT package of one server, on stdout or in a skill's WIT directory.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use mcp_codegen::{Catalog, Flavour, Package, PackageError, contract, names, package_of};
use serde_json::{Value, json};

use super::files::{File, How, put};
use super::output::{self, counted};
use super::source::Source;
use super::source::source_failure;

use crate::exit::{Exit, Failure};
use crate::format::Format;

/// Write the WIT package of a server: one typed function for each of its tools.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::CODEGEN_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,

    /// The skill's WIT directory: the package goes to DIR/deps/mcp-server-NAME, what it refers to beside it;
    /// without it the package goes to stdout.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Only these tools, by wire name or label; the skill can call no others.
    #[arg(long, value_name = "TOOL,...", value_delimiter = ',')]
    tools: Vec<String>,

    /// Write `async func`s, whose calls may overlap; Rust and Python can import them.
    #[arg(long = "async")]
    asynchronous: bool,

    /// Write nothing; exit with 1 and show the differences if the files in DIR are stale or missing.
    #[arg(long, requires = "out")]
    check: bool,

    /// Write nothing; report what would be written, and how much.
    #[arg(long, requires = "out", conflicts_with = "check")]
    dry_run: bool,

    /// Output format of the report about the files, or without --out of the package.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args, verbose: bool) -> Result<Exit, Failure> {
    let catalog = args.source.catalog()?;
    let package = generate(args, &catalog)?;
    output::concerns(&catalog, &package, verbose);
    match &args.out {
        None => to_stdout(args, &catalog, &package).map(|()| Exit::Finished),
        Some(dir) => to_files(args, &catalog, &package, dir),
    }
}

fn generate<'c>(args: &Args, catalog: &'c Catalog) -> Result<Package<'c>, Failure> {
    let wanted = wanted(&args.source.name, &args.tools, catalog)?;
    let flavour = if args.asynchronous {
        Flavour::Async
    } else {
        Flavour::Sync
    };
    let only = |wire: &str| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.iter().any(|name| name == wire))
    };
    package_of(&args.source.name, &catalog.tools, only, flavour).map_err(failure)
}

/// The exit code for an error of the library.
pub(super) fn failure(error: PackageError) -> Failure {
    match error {
        PackageError::Name(_) => Failure::usage(error.into()),
        PackageError::Invalid { .. } => source_failure(error.into()),
    }
}

/// The wire names that `--tools` asks for; `None`: all.
pub(super) fn wanted(
    server: &str,
    tools: &[String],
    catalog: &Catalog,
) -> Result<Option<Vec<String>>, Failure> {
    if tools.is_empty() {
        return Ok(None);
    }
    let labels = names::tool_labels(catalog.tools.iter().map(|tool| tool.name.as_str()));
    let mut wanted = Vec::new();
    let mut unknown = Vec::new();
    for name in tools {
        match labels
            .iter()
            .find(|(label, wire)| wire == name || label == name)
        {
            Some((_, wire)) => wanted.push((*wire).to_owned()),
            None => unknown.push(format!("`{}`", names::shown(name))),
        }
    }
    if unknown.is_empty() {
        return Ok(Some(wanted));
    }
    const MOST_SHOWN: usize = 20;
    let mut known: Vec<String> = labels
        .iter()
        .take(MOST_SHOWN)
        .map(|(_, wire)| names::shown(wire))
        .collect();
    if labels.len() > MOST_SHOWN {
        known.push(format!(
            "and {} more, which `mcp-codegen inspect` lists",
            labels.len() - MOST_SHOWN
        ));
    }
    Err(Failure::usage(anyhow!(
        "server `{}` has no tool {}; it has {}",
        server,
        unknown.join(", "),
        known.join(", ")
    )))
}

fn to_stdout(args: &Args, catalog: &Catalog, package: &Package<'_>) -> Result<(), Failure> {
    match args.format {
        Format::Text => output::result(&package.wit),
        Format::Json => output::json(&summary(catalog, package, json!({"wit": package.wit}))),
    }
}

fn to_files(
    args: &Args,
    catalog: &Catalog,
    package: &Package,
    dir: &Path,
) -> Result<Exit, Failure> {
    let files = files(dir, package)?;
    for file in &files {
        file.refuse_another(&args.source.name)?;
    }
    let how = How {
        check: args.check,
        dry_run: args.dry_run,
        format: args.format,
    };
    let functions = counted(package.functions.len(), "function");
    let what = format!("{functions} for {}", args.source.name);
    put(&files, how, &what, |files| summary(catalog, package, files))
}

/// The package and the contract that it refers to, as `deps` of the WIT directory `dir`.
fn files<'a>(dir: &Path, package: &'a Package<'_>) -> Result<Vec<File<'a>>, Failure> {
    let deps = dir.join("deps");
    let own = (
        deps.join(format!("mcp-server-{}", package.label))
            .join("tools.wit"),
        package.wit.as_str(),
    );
    let contract = contract::FILES
        .iter()
        .map(|(name, text)| (deps.join("mcp-tools").join(name), *text));
    std::iter::once(own)
        .chain(contract)
        .map(|(path, text)| File::at(path, text))
        .collect()
}

/// The package as JSON, with the command's additions.
fn summary(catalog: &Catalog, package: &Package, more: Value) -> Value {
    let functions: Vec<Value> = package
        .functions
        .iter()
        .map(|function| json!({"tool": function.tool, "label": function.label, "losses": output::losses(function)}))
        .collect();
    let refused: Vec<Value> = output::refusals(catalog, package)
        .map(|refusal| json!({"tool": refusal.tool, "reason": refusal.reason}))
        .collect();
    let mut out = json!({
        "server": package.server,
        "package": format!("mcp-server:{}", package.label),
        "functions": functions,
        "refused": refused,
    });
    if let (Value::Object(out), Value::Object(more)) = (&mut out, more) {
        out.extend(more);
    }
    out
}
