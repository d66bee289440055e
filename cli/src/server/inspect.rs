//! `mcp-host server inspect`: the tools of one server, for skills and for people.

use std::collections::HashMap;

use clap::Args;
use mcp_bridge::{Client, Drift, text};
use mcp_codegen::names::{self, shown};
use mcp_codegen::{Budget, hints, signature};
use serde_json::{Value, json};

use super::common::Common;
use crate::exit::{Exit, Failure, hidden};
use crate::json_form::json_form;
use crate::out;
use crate::progress::Progress;

pub(super) const HELP: &str = "\
Examples:
  mcp-host server inspect github
  mcp-host server inspect github --wit
  mcp-host server inspect github --format json";

#[derive(Args)]
pub(super) struct InspectArgs {
    /// The server's name in the configuration.
    name: String,
    /// Show the WIT function of each tool too, as a skill imports it.
    #[arg(long)]
    wit: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(args: &InspectArgs, progress: &Progress) -> Result<Exit, Failure> {
    let config = args.common.read()?;
    let lock = args.common.lock(&config)?;
    let client = super::common::connect(&config, &args.name, &lock, progress).await?;
    let tools = tools(&client);
    let written = if args.common.json() {
        out::json(&json!({
            "server": client.name(),
            "protocol": client.protocol(),
            "pinned": lock.is_pinned(client.name()),
            "tools": tools.iter().map(Inspected::value).collect::<Vec<Value>>(),
        }))
        .await
    } else {
        let pinned = match lock.is_pinned(client.name()) {
            true => "pinned",
            false => "not pinned",
        };
        let plural = if tools.len() == 1 { "" } else { "s" };
        let mut text = format!(
            "{}: {} tool{plural}, protocol {}, {pinned}\n",
            shown(client.name()),
            tools.len(),
            shown(client.protocol())
        );
        text.extend(tools.iter().map(|tool| tool.text(args.wit)));
        out::page(&text).await
    };
    client.close().await;
    written?;
    Ok(Exit::Finished)
}

/// One tool.
struct Inspected {
    tool: String,
    label: String,
    /// What it takes and gives, in the names of its JSON, and its WIT signature; or why it has no function.
    forms: Result<(String, String), String>,
    hints: Vec<&'static str>,
    annotations: Value,
    description: Option<String>,
    /// Why it is rejected.
    refused: Option<String>,
}

fn tools(client: &Client) -> Vec<Inspected> {
    let labels = names::tool_labels(client.listed().iter().map(|tool| &*tool.name));
    let drifts = client.drifts().iter();
    let drifts: HashMap<&str, &Drift> = drifts.map(|drift| (&*drift.tool, drift)).collect();
    // The same tools are omitted as in the package that `mcp-codegen wit` writes.
    let mut budget = Budget::of(client.listed().len());
    let tools = client.listed().iter().zip(labels);
    let tools = tools.map(|(tool, (label, _))| {
        let definition = mcp_host::definition(tool);
        let function = budget.function(&label, &definition);
        let drift = drifts.get(&*tool.name);
        Inspected {
            tool: hidden(&tool.name),
            forms: function
                .map(|function| (hidden(&json_form(&function)), hidden(&signature(&function))))
                .map_err(|refusal| hidden(&refusal.to_string())),
            label,
            hints: hints(&definition.annotations),
            // A title and four hints always have a JSON form.
            annotations: serde_json::to_value(&tool.annotations).unwrap_or_default(),
            description: tool.description.as_deref().map(hidden),
            refused: drift.map(|drift| hidden(&drift.refusal(client.name()))),
        }
    });
    tools.collect()
}

impl Inspected {
    fn text(&self, wit: bool) -> String {
        let mut text = match &self.forms {
            Ok((form, signature)) if wit => format!("\n{form}\n    WIT: {signature}\n"),
            Ok((form, _)) => format!("\n{form}\n"),
            Err(refusal) => format!("\n{refusal}\n"),
        };
        let about: Vec<String> = self
            .hints
            .iter()
            .map(|hint| hint.trim_end_matches('.').to_lowercase())
            .collect();
        if !about.is_empty() {
            text.push_str(&format!("    {}\n", about.join(", ")));
        }
        let first = self.description.as_deref().and_then(|text| {
            let mut lines = text.lines().map(str::trim);
            lines.find(|line| !line.is_empty())
        });
        if let Some(first) = first {
            text.push_str(&format!("    {}\n", shown(first)));
        }
        if let Some(refused) = &self.refused {
            text.push_str(&format!("    ! {}\n", text::line(refused)));
        }
        text
    }

    fn value(&self) -> Value {
        json!({
            "tool": self.tool,
            "label": self.label,
            "takes": self.forms.as_ref().ok().map(|(form, _)| form),
            "signature": self.forms.as_ref().ok().map(|(_, signature)| signature),
            "untyped": self.forms.as_ref().err(),
            "annotations": self.annotations,
            "description": self.description,
            "refused": self.refused,
        })
    }
}
