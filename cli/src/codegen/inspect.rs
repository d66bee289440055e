//! `mcp-codegen inspect`: the tools of one server, for people.

use std::fmt::Write as _;

use mcp_codegen::shape::Function;
use mcp_codegen::{Catalog, Flavour, Package, Tool, hints, package, signature};
use serde_json::{Value, json};

use super::output::{self, counted};
use super::source::Source;
use super::wit;
use crate::exit::Failure;
use crate::format::Format;

/// Show the tools of a server: signatures, effects, what could not be typed, and what the definitions cost a model.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::CODEGEN_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,

    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let catalog = args.source.catalog()?;
    let package =
        package(&args.source.name, &catalog.tools, Flavour::Sync).map_err(wit::failure)?;
    match args.format {
        Format::Text => output::page(&text(&catalog, &package)),
        Format::Json => output::json(&values(&catalog, &package)),
    }
}

/// Every function with its tool.
fn pairs<'a>(
    catalog: &'a Catalog,
    package: &'a Package<'a>,
) -> impl Iterator<Item = (&'a Function<'a>, &'a Tool)> {
    let mut tools = catalog.tools.iter();
    // Functions are in the order of the tools, with some left out.
    package.functions.iter().filter_map(move |function| {
        let tool = tools.find(|tool| tool.name == function.tool)?;
        Some((function, tool))
    })
}

fn text(catalog: &Catalog, package: &Package<'_>) -> String {
    let mut out = String::new();
    let tokens: usize = catalog.tools.iter().map(tokens).sum();
    let _ = writeln!(
        out,
        "{}: {}, about {tokens} tokens of definitions",
        package.server,
        counted(catalog.tools.len(), "tool")
    );
    for (function, tool) in pairs(catalog, package) {
        let _ = writeln!(out, "\n{}", signature(function));
        let mut about = vec![format!("about {} tokens", self::tokens(tool))];
        if function.tool != function.label {
            about.push(format!(
                "`{}` on the wire",
                mcp_codegen::names::shown(function.tool)
            ));
        }
        about.extend(
            hints(&tool.annotations)
                .into_iter()
                .map(|hint| hint.trim_end_matches('.').to_lowercase()),
        );
        let _ = writeln!(out, "    {}", about.join(", "));
        for loss in &function.losses {
            let _ = writeln!(
                out,
                "    ! {}: {}",
                mcp_codegen::names::shown(&loss.at),
                loss.why
            );
        }
    }
    for refusal in output::refusals(catalog, package) {
        let _ = writeln!(out, "\n{refusal}");
    }
    out
}

fn values(catalog: &Catalog, package: &Package<'_>) -> Value {
    let tools: Vec<Value> = pairs(catalog, package)
        .map(|(function, tool)| {
            json!({
                "tool": function.tool,
                "label": function.label,
                "signature": signature(function),
                "hints": {
                    "readOnly": tool.annotations.read_only_hint,
                    "destructive": tool.annotations.destructive_hint,
                    "idempotent": tool.annotations.idempotent_hint,
                    "openWorld": tool.annotations.open_world_hint,
                },
                "tokens": tokens(tool),
                "losses": output::losses(function),
            })
        })
        .collect();
    let refused: Vec<Value> = output::refusals(catalog, package)
        .map(|refusal| json!({"tool": refusal.tool, "reason": refusal.reason}))
        .collect();
    json!({"server": package.server, "tools": tools, "refused": refused})
}

/// The approximate cost of the definition in the context of a model: four bytes of JSON are about one token.
fn tokens(tool: &Tool) -> usize {
    let schema = |schema: &Value| schema.to_string().len();
    let bytes = tool.name.len()
        + tool.description.as_ref().map_or(0, String::len)
        + schema(&tool.input_schema)
        + tool.output_schema.as_ref().map_or(0, schema);
    bytes.div_ceil(4)
}
