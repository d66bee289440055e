//! `mcp-codegen report`: how much of many servers' catalogs has types.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use indicatif::ProgressBar;
use mcp_codegen::shape::Function;
use mcp_codegen::{Flavour, package};
use serde_json::{Value, json};

use super::output::{self, Format, counted};
use super::{Failure, source, wit};

/// Say for many captured catalogs how many of their tools are fully typed, and list everything that is not
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files with a `tools/list` answer each; NAME.tools.json is called NAME
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The form of the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// List every part of a schema that could not be typed, and not only how often each reason occurs
    #[arg(short, long)]
    verbose: bool,
}

/// What became of one catalog.
struct Row {
    server: String,
    tools: usize,
    typed: usize,
    /// Typed, but not everything that the schema says is expressed.
    loose: usize,
    refused: Vec<String>,
    losses: Vec<(String, String, String)>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(args.files.len().try_into().unwrap_or(u64::MAX))
    } else {
        ProgressBar::hidden()
    };
    let mut rows = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let catalog = source::read(file).map_err(Failure::Source)?;
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let server = name
            .trim_end_matches(".json")
            .trim_end_matches(".tools")
            .to_owned();
        let package = package(&server, &catalog.tools, Flavour::Sync).map_err(wit::failure)?;
        let losses = |function: &Function| {
            let label = function.label.clone();
            let losses = function.losses.clone();
            losses
                .into_iter()
                .map(move |loss| (label.clone(), loss.at, loss.why))
        };
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
            losses: package.functions.iter().flat_map(losses).collect(),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    match args.format {
        Format::Text => output::result(&text(&rows, args.verbose)),
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

    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, _, why) in rows.iter().flat_map(|row| &row.losses) {
        *reasons.entry(why).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(why, count)| (std::cmp::Reverse(count), why));
    let _ = writeln!(
        out,
        "\n{} could not be typed:",
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
                "refused": row.refused,
                "losses": losses,
            })
        })
        .collect();
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    json!({"tools": sum(|row| row.tools), "typed": sum(|row| row.typed), "servers": servers})
}
