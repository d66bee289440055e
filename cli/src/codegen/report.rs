//! `mcp-codegen report`: how much of many catalogs has types.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use indicatif::ProgressBar;
use mcp_codegen::shape::{Function, Returns, Shape};
use mcp_codegen::{Flavour, package};
use serde_json::{Value, json};

use super::output::{self, counted};
use super::source::source_failure;
use super::{source, wit};
use crate::exit::Failure;
use crate::format::Format;

/// Report how many tools of captured catalogs are fully typed, and list everything that is not.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::CODEGEN_HELP)]
pub(super) struct Args {
    /// Files with a `tools/list` answer each; NAME.tools.json is called NAME.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The result for one catalog.
struct Row {
    server: String,
    tools: usize,
    typed: usize,
    /// Typed, but the types do not express everything in the schema.
    loose: usize,
    refused: Vec<String>,
    losses: Vec<(String, String, String)>,
    /// The number of inputs and outputs of each class, in the order of [`CLASSES`].
    classes: [[usize; 2]; CLASSES.len()],
}

/// Classes of the types of one side of a tool; the last one that applies counts.
const CLASSES: [&str; 5] = [
    "nothing",
    "plain",
    "with a map",
    "with a variant",
    "with a part that is `json`",
];

/// The class of the arguments or of the structured result, as an index into [`CLASSES`].
fn class(shape: Option<&Shape<'_>>) -> usize {
    fn inside(shape: &Shape<'_>) -> usize {
        match shape {
            Shape::Json(_) => 4,
            Shape::Bool | Shape::Int(_) | Shape::Float | Shape::String | Shape::Enum(_) => 1,
            Shape::Nullable(shape) | Shape::List(shape) => inside(shape),
            Shape::Map(shape) => inside(shape).max(2),
            Shape::Tuple(shapes) => shapes.iter().map(inside).max().unwrap_or(1),
            Shape::Record(record) => {
                let rest = record.rest.as_ref().map(|(_, shape)| inside(shape).max(2));
                record
                    .fields
                    .iter()
                    .map(|field| inside(&field.shape))
                    .chain(rest)
                    .max()
                    .unwrap_or(1)
            }
            Shape::Variant(variant) => {
                let cases = variant.cases.iter().filter_map(|case| case.shape.as_ref());
                cases.map(inside).max().unwrap_or(1).max(3)
            }
        }
    }
    shape.map_or(0, inside)
}

pub(super) fn run(args: &Args, verbose: bool) -> Result<(), Failure> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(args.files.len().try_into().unwrap_or(u64::MAX))
    } else {
        ProgressBar::hidden()
    };
    let mut rows = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let catalog = source::read(file).map_err(source_failure)?;
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let server = name
            .trim_end_matches(".json")
            .trim_end_matches(".tools")
            .to_owned();
        let package = package(&server, &catalog.tools, Flavour::Sync).map_err(wit::failure)?;
        let losses = |function: &Function<'_>| {
            let label = function.label.to_string();
            let losses = function.losses.clone();
            losses
                .into_iter()
                .map(move |loss| (label.clone(), loss.at, loss.why))
        };
        let mut classes = [[0; 2]; CLASSES.len()];
        for function in &package.functions {
            let output = match &function.returns {
                Returns::ToolResult => None,
                Returns::Structured(shape) | Returns::Wrapped { shape, .. } => Some(shape),
            };
            classes[class(function.params.as_ref())][0] += 1;
            classes[class(output)][1] += 1;
        }
        rows.push(Row {
            server,
            tools: catalog.tools.len() + catalog.refused.len(),
            typed: package
                .functions
                .iter()
                .filter(|function| function.is_typed())
                .count(),
            loose: package
                .functions
                .iter()
                .filter(|f| f.is_typed() && !f.losses.is_empty())
                .count(),
            refused: output::refusals(&catalog, &package)
                .map(ToString::to_string)
                .collect(),
            classes,
            losses: package.functions.iter().flat_map(losses).collect(),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    match args.format {
        Format::Text => output::page(&text(&rows, verbose)),
        Format::Json => output::json(&values(&rows)),
    }
}

fn text(rows: &[Row], verbose: bool) -> String {
    let width = rows
        .iter()
        .map(|row| row.server.len())
        .max()
        .unwrap_or(0)
        .max("server".len());
    let mut out = format!("{:width$}  tools  fully typed  refused\n", "server");
    let mut line = |server: &str, tools: usize, typed: usize, refused: usize| {
        let share = (typed * 100).checked_div(tools).unwrap_or(100);
        let _ = writeln!(
            out,
            "{server:width$}  {tools:5}  {typed:5} {share:3} %  {refused:7}"
        );
    };
    for row in rows {
        line(&row.server, row.tools, row.typed, row.refused.len());
    }
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    line(
        "all",
        sum(|row| row.tools),
        sum(|row| row.typed),
        sum(|row| row.refused.len()),
    );

    let classes =
        |at: usize, side: usize| rows.iter().map(|row| row.classes[at][side]).sum::<usize>();
    let _ = writeln!(out, "\ninputs  outputs");
    for (at, class) in CLASSES.iter().enumerate() {
        let _ = writeln!(out, "{:6}  {:7}  {class}", classes(at, 0), classes(at, 1));
    }

    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, _, why) in rows.iter().flat_map(|row| &row.losses) {
        *reasons.entry(why).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(why, count)| (std::cmp::Reverse(count), why));
    let _ = writeln!(
        out,
        "\n{} of the schemas not wholly expressed by the types:",
        counted(reasons.iter().map(|(_, count)| count).sum(), "part")
    );
    for (why, count) in reasons {
        let _ = writeln!(out, "{count:7}  {why}");
    }
    for refusal in rows.iter().flat_map(|row| &row.refused) {
        let _ = writeln!(out, "{refusal}");
    }
    if verbose {
        out.push('\n');
        for row in rows {
            for (label, at, why) in &row.losses {
                let _ = writeln!(
                    out,
                    "{} {label} {}: {why}",
                    row.server,
                    mcp_codegen::names::shown(at)
                );
            }
        }
    }
    out
}

fn values(rows: &[Row]) -> Value {
    let servers: Vec<Value> = rows
        .iter()
        .map(|row| {
            let losses: Vec<Value> = row
                .losses
                .iter()
                .map(|(label, at, why)| json!({"function": label, "at": at, "why": why}))
                .collect();
            json!({
                "server": row.server,
                "tools": row.tools,
                "typed": row.typed,
                "typedWithLosses": row.loose,
                "classes": CLASSES
                    .iter()
                    .zip(row.classes)
                    .map(|(class, [inputs, outputs])| json!({"class": class, "inputs": inputs, "outputs": outputs}))
                    .collect::<Vec<_>>(),
                "refused": row.refused,
                "losses": losses,
            })
        })
        .collect();
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    json!({"tools": sum(|row| row.tools), "typed": sum(|row| row.typed), "servers": servers})
}
