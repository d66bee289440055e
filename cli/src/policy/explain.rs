//! `mcp-host policy explain`: for every tool that a skill imports, what each place of the chain says about it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use mcp_bridge::DriftKind;
use mcp_codegen::names::shown;
use mcp_host::{Decision, DriftedTool, Explained, Grants, Hints, ToolRules};
use serde_json::{Value, json};

use super::known::{Imported, Known};
use super::whose::{For, grants};
use crate::exit::{Exit, Failure};
use crate::format::Format;
use crate::inspect::inspected;
use crate::out;
use crate::progress::Progress;
use crate::settings::{self, SettingsArgs};
use crate::source::Found;

// The arguments of `mcp-host policy explain`.
#[derive(Args)]
pub(super) struct ExplainArgs {
    /// A component (.wasm), a script (.ts or .js), the directory of a skill that is built, or the name of a saved
    /// skill.
    skill: PathBuf,
    /// The `mcpServers` configuration. Otherwise mcp.json or .mcp.json beside the skill or here, then
    /// mcp-host/mcp.json in the user's configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Whose run: that of a person, or that of an agent behind `serve`.
    #[arg(long = "for", value_enum, value_name = "WHOSE", default_value_t = For::Run)]
    whose: For,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl ExplainArgs {
    pub(super) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

/// What policy says about one tool.
struct About {
    tool: Imported,
    whose: For,
    /// The rules for each reading of what is not known of the tool: one reading where its hints are known.
    readings: Vec<(Option<&'static str>, ToolRules)>,
}

pub(super) async fn run(args: &ExplainArgs, progress: &Progress) -> Result<Exit, Failure> {
    let mut skill = args.skill.clone();
    let found = Found::built(&mut skill, false, progress).await?;
    let inspection = inspected(&found).await?;
    let name = settings::skill_name(&skill);
    // The scripts of agents have no name, but for saved skills.
    let has_name = args.whose == For::Run || found.saved.is_some();
    let name = name.as_deref().filter(|_| has_name);
    let grants = grants(&args.settings, args.whose, name)?;
    let known = Known::of(args.config.as_deref(), &skill)?;
    let tools = inspection.permissions.tools.iter();
    let all: Vec<_> = tools
        .map(|tool| {
            about(
                &grants,
                args.whose,
                known.imported(&tool.server, &tool.function),
            )
        })
        .collect();
    match args.format {
        Format::Json => out::json(&all.iter().map(value).collect::<Vec<_>>()).await?,
        Format::Text => out::page(&text(&all)).await?,
    }
    Ok(Exit::Finished)
}

fn about(grants: &Grants, whose: For, tool: Imported) -> About {
    let rules = |hints| grants.rules_of(&tool.server, &tool.tool, hints);
    let readings = match tool.hints {
        Ok(hints) => vec![(None, rules(hints))],
        Err(_) => {
            let reads = Hints {
                read_only: Some(true),
                destructive: None,
            };
            let (reads, other) = (rules(reads), rules(Hints::default()));
            match reads.explained() == other.explained() {
                true => vec![(None, reads)],
                false => vec![
                    (Some("if it says readOnlyHint"), reads),
                    (Some("if it does not"), other),
                ],
            }
        }
    };
    About {
        tool,
        whose,
        readings,
    }
}

fn value(about: &About) -> Value {
    let readings = about.readings.iter().map(|(reading, rules)| {
        json!({
            "if": reading,
            "decision": decision(about, rules),
            "rule": rules.fixed().and_then(|fixed| fixed.rule()).map(|rule| &rule.rule),
            "places": rules.explained(),
        })
    });
    json!({
        "server": about.tool.server,
        "tool": about.tool.tool,
        "not_known": about.tool.hints.err(),
        "drift": about.tool.drift.map(DriftKind::word),
        "readings": readings.collect::<Vec<_>>(),
    })
}

fn text(all: &[About]) -> String {
    if all.is_empty() {
        return "it calls no tool by an import\n".to_owned();
    }
    let mut text = String::new();
    for about in all {
        let name = format!("{}/{}", shown(&about.tool.server), shown(&about.tool.tool));
        if let Err(why) = about.tool.hints {
            let _ = writeln!(text, "{name}: its annotations are not known: {why}");
        }
        for (reading, rules) in &about.readings {
            let reading = reading.map_or_else(String::new, |reading| format!(" {reading}"));
            let _ = writeln!(text, "{name}{reading}: {}", summary(about, rules));
            let places = rules.explained();
            if places.is_empty() {
                text.push_str("  no [policy] is in force: a person may run every tool\n");
            }
            for place in places {
                lines(&mut text, &place);
            }
        }
    }
    text
}

/// The decision about every call, in one word.
fn decision(about: &About, rules: &ToolRules) -> &'static str {
    match (rules.word(), about.tool.drift, about.whose) {
        ("deny", ..) | (_, Some(_), For::Run) => "deny",
        ("ask" | "allow", Some(_), For::Serve) => "ask",
        (word, ..) => word,
    }
}

/// What comes of the definition that is not the pinned one, whatever a rule allows.
fn drifted(about: &About, rules: &ToolRules) -> Option<String> {
    let is_new = about.tool.drift? == DriftKind::New;
    let why = DriftedTool::rule(is_new);
    let server = out::shown(&about.tool.server);
    let accept = format!("`mcp-host server diff {server}` shows how");
    match (about.whose, rules.fixed()) {
        (_, Some(Decision::Deny(_))) => None,
        (For::Run, _) => Some(format!(
            "denied: {why}, and a person accepts it first; {accept}"
        )),
        (For::Serve, None) => Some(format!("asks where no rule denies: {why}; {accept}")),
        (For::Serve, Some(_)) => Some(format!("asks: {why}; {accept}")),
    }
}

fn summary(about: &About, rules: &ToolRules) -> String {
    if let Some(drifted) = drifted(about, rules) {
        return drifted;
    }
    match rules.fixed() {
        Some(fixed) => {
            let rule = fixed
                .rule()
                .map(|rule| format!(": {}", out::shown(&rule.rule)));
            format!("{}{}", word(fixed.word()), rule.unwrap_or_default())
        }
        None => "depends on the call".to_owned(),
    }
}

/// What one place says: the rules that look at the call, then what decides without them.
fn lines(text: &mut String, place: &Explained) {
    let rules = place.depends.iter().map(|rule| (rule, true));
    for (rule, depends) in rules.chain([(&place.otherwise, false)]) {
        let when = match (depends, rule.decision) {
            (true, "allow") => "  where its conditions hold",
            (true, _) => "  where its conditions hold or are unknown",
            (false, _) if !place.depends.is_empty() => "  otherwise",
            (false, _) => "",
        };
        let (place, decision) = (place.place.to_string(), word(rule.decision));
        let _ = writeln!(
            text,
            "  {place:<13}{decision:<8}{}{when}",
            out::shown(&rule.rule)
        );
    }
}

fn word(decision: &str) -> &'static str {
    match decision {
        "allow" => "allowed",
        "ask" => "asks",
        _ => "denied",
    }
}
