//! `mcp-codegen wit`: the WIT package of one server, on stdout or in a skill's WIT directory.

use std::path::PathBuf;

use anyhow::anyhow;
use mcp_codegen::{Catalog, Flavour, Package, PackageError, names, package_of};
use serde_json::{Value, json};

use super::output::{self, counted};
use super::source::Source;
use super::source::source_failure;
use super::{check, files};
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
    dir: &std::path::Path,
) -> Result<Exit, Failure> {
    let files = files::of(dir, package).map_err(Failure::host)?;
    for file in &files {
        refuse_another(file, &args.source.name)?;
    }
    let mut said = Vec::with_capacity(files.len());
    let mut text = String::new();
    for file in &files {
        let status = match (&file.present, file.is_current()) {
            (_, true) => "unchanged",
            (None, false) => "new",
            (Some(_), false) => "changed",
        };
        let path = file.path.display().to_string();
        if args.check {
            text.push_str(&check::diff(
                &path,
                file.present.as_deref().unwrap_or_default(),
                file.text,
            ));
        } else {
            text.push_str(&format!(
                "{status:9}  {:>9}  {path}\n",
                format!("{} B", file.text.len())
            ));
        }
        said.push(json!({"path": path, "bytes": file.text.len(), "status": status}));
    }
    let stale = files.iter().filter(|file| !file.is_current()).count();
    if !args.check && !args.dry_run {
        for file in files.iter().filter(|file| !file.is_current()) {
            files::write(file).map_err(Failure::host)?;
        }
        output::note(&format!(
            "{} for {}: {} written",
            counted(package.functions.len(), "function"),
            args.source.name,
            counted(stale, "file")
        ));
    }
    match (args.format, args.check || args.dry_run) {
        (Format::Json, _) => output::json(&summary(catalog, package, json!({"files": said})))?,
        (Format::Text, true) => output::page(&text)?,
        (Format::Text, false) => text
            .lines()
            .for_each(|line| output::note(&format!("  {line}"))),
    }
    if args.check && stale > 0 {
        output::note(&format!(
            "{} not as generated; run the same command without `--check`",
            counted(stale, "file")
        ));
        return Ok(Exit::Stale);
    }
    Ok(Exit::Finished)
}

/// Rejects a directory with the package of another server of the same label: the skill would call the tools of one as
/// those of the other.
fn refuse_another(file: &files::File<'_>, server: &str) -> Result<(), Failure> {
    let present = file.present.as_deref().and_then(server_of);
    let (Some(other), Some(own)) = (present, server_of(file.text)) else {
        return Ok(());
    };
    if other == own {
        return Ok(());
    }
    Err(Failure::usage(anyhow!(
        "`{}` has the tools of server `{}`, and those of `{}` would be the same package; \
         rename one of them in the configuration, or use another --out",
        file.path.display(),
        names::shown(other),
        names::shown(server)
    )))
}

/// The server that a package names in its first line.
fn server_of(wit: &str) -> Option<&str> {
    let line = wit.lines().next()?;
    let (server, _) = line
        .strip_prefix("// The tools of the MCP server `")?
        .rsplit_once("`, written by `mcp-codegen`")?;
    Some(server)
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
