//! `mcp-codegen types`: declarations of the tools of one server, for people who write scripts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcp_codegen::declarations::{Declarations, HOST, Reader};
use mcp_codegen::{Catalog, declarations_for};
use serde_json::{Value, json};

use super::files::{File, How, put};
use super::output::{self, counted};
use super::source::Source;
use super::wanted::Wanted;
use crate::dirs;
use crate::exit::{Exit, Failure};
use crate::format::Format;

/// Write the declarations of a server's tools for scripts in TypeScript: the JSON of their arguments and results.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::CODEGEN_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,

    /// Write NAME.d.ts to this directory, and mcp-host.d.ts beside it, which declares the module `mcp-host` and the
    /// globals of scripts; without it NAME.d.ts goes to stdout.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Only these tools, by wire name or label.
    #[arg(long, value_name = "TOOL,...", value_delimiter = ',')]
    tools: Vec<String>,

    /// Only types that the server declares, without those that `mcp-host serve` learned from answers of earlier calls.
    #[arg(long)]
    declared_only: bool,

    /// Write nothing; exit with 1 and show the differences if the files in DIR are stale or missing.
    #[arg(long, requires = "out")]
    check: bool,

    /// Write nothing; report what would be written, and how much.
    #[arg(long, requires = "out", conflicts_with = "check")]
    dry_run: bool,

    /// Output format of the report about the files, or without --out of the declarations.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let learned = dirs::learned().filter(|_| !args.declared_only);
    let (mut catalog, learned) = args.source.catalog_and_answers(learned.as_deref())?;
    let mut notes = Notes::new();
    for of in learned {
        let mut tools = catalog.tools.iter_mut();
        if let Some(tool) = tools.find(|tool| tool.name == of.tool) {
            tool.output_schema = Some(of.schema);
            notes.insert(of.tool, of.note);
        }
    }
    let declared = of(&args.source.name, &args.tools, &catalog, &notes)?;
    output::omitted(&catalog, &declared.refused);
    let Some(dir) = &args.out else {
        match args.format {
            Format::Text => output::result(&declared.text)?,
            Format::Json => output::json(&summary(
                &catalog,
                &declared,
                json!({"declarations": declared.text}),
            ))?,
        }
        return Ok(Exit::Finished);
    };
    let files: Vec<File<'_>> = files(&declared)
        .into_iter()
        .map(|(name, text)| File::at(dir.join(name), text))
        .collect::<Result<_, _>>()?;
    for file in &files {
        file.refuse_another(&args.source.name)?;
    }
    let how = How {
        check: args.check,
        dry_run: args.dry_run,
        format: args.format,
    };
    let tools = counted(declared.functions.len(), "tool");
    let what = format!("{tools} of {}", args.source.name);
    put(&files, how, &what, |files| {
        summary(&catalog, &declared, files)
    })
}

/// The file of the module `mcp-host`, which is the same for all servers.
pub(super) const HOST_FILE: &str = "mcp-host.d.ts";

/// What a comment says before the declaration of a tool, by its name.
pub(super) type Notes = BTreeMap<String, String>;

/// The declarations of the tools with these names, or of all.
pub(super) fn of<'c>(
    server: &str,
    tools: &[String],
    catalog: &'c Catalog,
    notes: &Notes,
) -> Result<Declarations<'c>, Failure> {
    let wanted = Wanted::of(server, tools, catalog)?;
    let reader = Reader {
        fits: &|_| true,
        rest: &|_| String::new(),
        note: &|tool| notes.get(tool).cloned(),
    };
    declarations_for(server, &catalog.tools, |wire| wanted.has(wire), &reader)
        .map_err(|error| Failure::usage(error.into()))
}

/// The names and the texts of the files.
pub(super) fn files<'d>(declared: &'d Declarations<'_>) -> [(String, &'d str); 2] {
    [
        (file_name(&declared.label), &declared.text),
        (HOST_FILE.to_owned(), HOST),
    ]
}

/// The file of a server. A server of the name `mcp-host` does not overwrite the other file.
fn file_name(label: &str) -> String {
    match label {
        "mcp-host" => "mcp-host.tools.d.ts".to_owned(),
        label => format!("{label}.d.ts"),
    }
}

/// The declarations as JSON, with the command's additions.
fn summary(catalog: &Catalog, declared: &Declarations<'_>, more: Value) -> Value {
    let tools: Vec<&str> = declared
        .functions
        .iter()
        .map(|function| function.tool)
        .collect();
    let refused: Vec<Value> = catalog
        .refused
        .iter()
        .chain(&declared.refused)
        .map(|refusal| json!({"tool": refusal.tool, "reason": refusal.reason}))
        .collect();
    let mut out = json!({
        "server": declared.server,
        "module": format!("mcp-server:{}/tools", declared.label),
        "tools": tools,
        "refused": refused,
    });
    output::extend(&mut out, more);
    out
}
