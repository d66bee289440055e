//! `mcp-host policy test`: decides the cases of a file, and compares each decision with the expected one.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use mcp_bridge::named_file;
use mcp_host::{Decider, Decision, Hints, ToolPattern};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::whose::{For, grants};
use crate::exit::{Exit, Failure};
use crate::format::Format;
use crate::out;
use crate::settings::SettingsArgs;

/// The largest file of cases that is read, in bytes.
const MOST: u64 = 4 << 20;

// The arguments of `mcp-host policy test`.
#[derive(Args)]
pub(super) struct TestArgs {
    /// The cases: `[[case]]` tables of TOML, or `{"case": [...]}` of JSON, with `tool`, `arguments`, `hints`, `for`,
    /// `skill`, `expect` and `rule`.
    file: PathBuf,
    #[command(flatten)]
    settings: SettingsArgs,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl TestArgs {
    pub(super) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

/// One call, and the decision that it should get.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    /// `SERVER/TOOL`
    tool: String,
    #[serde(default)]
    arguments: Map<String, Value>,
    #[serde(default)]
    hints: CaseHints,
    #[serde(default, rename = "for")]
    whose: For,
    /// The name of a skill in the settings.
    skill: Option<String>,
    expect: Expected,
    /// A part of the rule that decides.
    rule: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CaseHints {
    read_only: Option<bool>,
    destructive: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Allow,
    Ask,
    Deny,
}

/// A case with another decision than the expected one, or another rule.
struct Wrong<'c> {
    /// From 1.
    number: usize,
    case: &'c Case,
    decision: Decision,
}

pub(super) async fn run(args: &TestArgs) -> Result<Exit, Failure> {
    let place = || format!("failed to read the cases in `{}`", args.file.display());
    let cases = read(&args.file)
        .with_context(place)
        .map_err(Failure::usage)?;
    let mut wrong = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let decision = decided(args, case).map_err(|failure| {
            failure.context(format!("case {} of `{}`", at + 1, args.file.display()))
        })?;
        if !is_expected(case, &decision) {
            wrong.push(Wrong {
                number: at + 1,
                case,
                decision,
            });
        }
    }
    match args.format {
        Format::Json => {
            let failures: Vec<_> = wrong.iter().map(Wrong::value).collect();
            out::json(&json!({ "cases": cases.len(), "failures": failures })).await?;
        }
        Format::Text => {
            let lines = wrong.iter().map(Wrong::text);
            let sum = format!(
                "{} of {} cases as expected\n",
                cases.len() - wrong.len(),
                cases.len()
            );
            out::page(&lines.chain([sum]).collect::<String>()).await?;
        }
    }
    Ok(if wrong.is_empty() {
        Exit::Finished
    } else {
        Exit::CaseDiffers
    })
}

/// By the name of the file: `.json` is JSON, everything else TOML.
fn read(file: &Path) -> anyhow::Result<Vec<Case>> {
    let text = named_file::read_text(file, MOST)?;
    let is_json = file
        .extension()
        .is_some_and(|extension| extension == "json");
    let cases: Cases = match is_json {
        true => serde_json::from_str(&text)?,
        false => toml::from_str(&text)?,
    };
    anyhow::ensure!(!cases.case.is_empty(), "there is no case in it");
    Ok(cases.case)
}

/// The decision about the first call of a run.
fn decided(args: &TestArgs, case: &Case) -> Result<Decision, Failure> {
    let pattern = case
        .tool
        .parse::<ToolPattern>()
        .map_err(|error| Failure::usage(anyhow::Error::new(error)))?;
    let grants = grants(&args.settings, case.whose, case.skill.as_deref())?;
    let hints = Hints {
        read_only: case.hints.read_only,
        destructive: case.hints.destructive,
    };
    let (server, tool) = pattern.parts();
    let rules = grants.rules_of(server, tool, hints);
    Ok(Decider::untouched(&grants).decide(&rules, &case.arguments))
}

fn is_expected(case: &Case, decision: &Decision) -> bool {
    let is_same = matches!(
        (case.expect, decision),
        (Expected::Allow, Decision::Allow)
            | (Expected::Ask, Decision::Ask(_))
            | (Expected::Deny, Decision::Deny(_))
    );
    let rule = decision.rule().map_or("", |rule| &rule.rule);
    is_same
        && case
            .rule
            .as_ref()
            .is_none_or(|part| rule.contains(part.as_str()))
}

impl Expected {
    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

impl Wrong<'_> {
    fn text(&self) -> String {
        let (case, number) = (self.case, self.number);
        let tool = out::shown(&case.tool);
        let rule = case
            .rule
            .as_ref()
            .map(|part| format!(" by a rule with `{}`", out::shown(part)));
        let (expected, rule) = (case.expect.word(), rule.unwrap_or_default());
        let by = self
            .decision
            .rule()
            .map(|rule| format!(": {}", out::shown(&rule.rule)));
        let (word, by) = (self.decision.word(), by.unwrap_or_default());
        format!("case {number}, {tool}: expected {expected}{rule}, decided {word}{by}\n")
    }

    fn value(&self) -> Value {
        json!({
            "case": self.number,
            "tool": self.case.tool,
            "expected": self.case.expect.word(),
            "expected_rule": self.case.rule,
            "decision": self.decision.word(),
            "rule": self.decision.rule().map(|rule| &rule.rule),
        })
    }
}
