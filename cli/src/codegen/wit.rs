//! `mcp-codegen wit`: the WIT package of one server, on stdout or in a skill's WIT directory.

use std::path::{Path, PathBuf};

use mcp_codegen::{Catalog, Flavour, Package, PackageError, contract, package_of};
use serde_json::{Value, json};

use super::files::{File, How, put};
use super::output::{self, counted};
use super::source::{Source, source_failure};
use super::wanted::Wanted;
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
    let wanted = Wanted::of(&args.source.name, &args.tools, catalog)?;
    let flavour = if args.asynchronous {
        Flavour::Async
    } else {
        Flavour::Sync
    };
    package_of(
        &args.source.name,
        &catalog.tools,
        |wire| wanted.has(wire),
        flavour,
    )
    .map_err(failure)
}

/// The exit code for an error of the library.
pub(super) fn failure(error: PackageError) -> Failure {
    match error {
        PackageError::Name(_) => Failure::usage(error.into()),
        PackageError::Invalid { .. } => source_failure(error.into()),
    }
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
    output::extend(&mut out, more);
    out
}
