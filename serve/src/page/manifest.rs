//! What a script may call: its imports, and what the policy says about each now. Asks no server: annotations are those
//! that were listed last.

use maud::{Markup, html};
use mcp_bridge::DriftKind;
use mcp_codegen::names::{self, label};
use mcp_host::{DriftedTool, Grants, Hints, Ledger, RunInfo, ScriptText, ToolRules};

use super::shell::{badge, scrolled};
use super::text;
use crate::door::Door;
use crate::indexed::Snapshot;

/// Tools that are listed.
const MOST: usize = 200;

pub(super) fn section(
    door: &Door,
    known: Option<&Snapshot>,
    (info, ledger): (&RunInfo, &Ledger),
    script: Option<&ScriptText>,
) -> Markup {
    let is_of_agent = info.by == "serve";
    html! {
        section aria-labelledby="manifest" {
            h2 #manifest { "What it may call" }
            @match script {
                Some(script) => { (of_script(door, known, script, is_of_agent)) }
                None => { (of_component(info, ledger)) }
            }
        }
    }
}

/// The typed imports, as the servers declared them when the run began.
fn of_component(info: &RunInfo, ledger: &Ledger) -> Markup {
    let imports = ledger.imports();
    let left = imports.len().saturating_sub(MOST);
    let table = html! {
        table {
            thead { tr { th scope="col" { "Tool" } th scope="col" { "Its server says" } } }
            tbody {
                @for (server, tool, hints) in imports.take(MOST) {
                    tr {
                        th scope="row" { code { (text::name(server)) "/" (text::name(tool)) } }
                        td { @if hints.read_only() { "it only reads" } @else { span.soft { "it may change something" } } }
                    }
                }
            }
        }
    };
    html! {
        @if ledger.imports().len() == 0 { p { "No tool by a typed import." } } @else { (scrolled("Imports", &table)) }
        @if left > 0 { p.soft { (left) " more tools are not shown." } }
        p.soft {
            "Calls by name need " code { "--allow" } ". "
            code { "mcp-host inspect" } " prints all that the component may do"
            @if let Some(component) = &info.component { ": " code { (text::line(&component.display().to_string(), 400)) } }
            "."
        }
    }
}

fn of_script(
    door: &Door,
    known: Option<&Snapshot>,
    script: &ScriptText,
    is_of_agent: bool,
) -> Markup {
    let manifest = script.manifest();
    let grants = is_of_agent.then(|| door.rules().grants);
    let table = html! {
        table {
            thead { tr { th scope="col" { "Tool" } th scope="col" { "Decision" } th scope="col" { "Rule" } } }
            tbody {
                @for tool in manifest.tools.iter().take(MOST) {
                    tr {
                        th scope="row" { code { (text::name(&tool.server)) "/" (text::name(&tool.name)) } }
                        @match &grants {
                            Some(grants) => { (decisions(grants, known, &tool.server, &tool.name)) }
                            None => { td {} td.soft { code { "mcp-host policy explain" } " says which rule decides." } }
                        }
                    }
                }
                @for name in &manifest.host {
                    tr {
                        th scope="row" { code { "mcp-host: " (name.name()) } }
                        td { (badge("allowed")) }
                        td.soft { "part of every script" }
                    }
                }
            }
        }
    };
    html! {
        @if manifest.tools.is_empty() && manifest.host.is_empty() {
            p { "Nothing: it imports no tool." }
        } @else {
            (scrolled("Imports", &table))
        }
        @if manifest.tools.len() > MOST { p.soft { (manifest.tools.len() - MOST) " more tools are not shown." } }
        p.soft { "Each call gets its own decision, by the policy as it is now." }
    }
}

/// The decision and the rule of one import.
fn decisions(grants: &Grants, known: Option<&Snapshot>, server: &str, tool: &str) -> Markup {
    let (server, tool, hints) = found(known, server, tool);
    let drift = drift(known, &server, &tool);
    let rules = |hints| grants.rules_of(&server, &tool, hints);
    let readings = match hints {
        Some(hints) => vec![("", rules(hints))],
        None => {
            let reads = Hints {
                read_only: Some(true),
                destructive: None,
            };
            vec![
                ("if it says readOnlyHint: ", rules(reads)),
                ("if it does not: ", rules(Hints::default())),
            ]
        }
    };
    html! {
        td.nowrap {
            @for (when, rules) in &readings {
                @let word = match (word(rules), drift) {
                    ("allowed", Some(_)) => "asks",
                    (word, _) => word,
                };
                div { span.soft { (when) } (badge(word)) }
            }
        }
        td {
            @if let Some(kind) = drift { div { (DriftedTool::rule(kind == DriftKind::New)) } }
            @for (_, rules) in &readings { (because(rules)) }
        }
    }
}

/// What happened to the tool since its server was pinned.
fn drift(known: Option<&Snapshot>, server: &str, tool: &str) -> Option<DriftKind> {
    let mut servers = known?.servers.iter();
    let server = servers.find(|known| known.listed.name == server)?;
    server.unaccepted.kind(tool)
}

fn word(rules: &ToolRules) -> &'static str {
    match rules.word() {
        "allow" => "allowed",
        "ask" => "asks",
        "deny" => "denied",
        _ => "depends on the call",
    }
}

fn because(rules: &ToolRules) -> Markup {
    match rules.fixed() {
        Some(fixed) => html! {
            @if let Some(rule) = fixed.rule() { div { (text::line(&rule.rule, 400)) } }
        },
        None => html! {
            @for place in rules.explained() {
                @for rule in place.depends.iter().chain([&place.otherwise]) {
                    div { span.soft { (place.place.to_string()) ": " } (rule.decision) ", " (text::line(&rule.rule, 400)) }
                }
            }
        },
    }
}

/// The names in the configuration, and the annotations where they are known.
fn found(known: Option<&Snapshot>, server: &str, tool: &str) -> (String, String, Option<Hints>) {
    let same = |a: &str, b: &str| a == b || label(a) == label(b);
    let servers = known.into_iter().flat_map(|known| &known.servers);
    let mut servers = servers.filter(|known| same(&known.listed.name, server));
    let Some(server_found) = servers.next() else {
        return (server.to_owned(), tool.to_owned(), None);
    };
    let tools = &server_found.tools;
    let exact = tools.iter().find(|known| known.name == tool);
    let found = exact.or_else(|| {
        let labels = names::tool_labels(tools.iter().map(|tool| &*tool.name)).into_iter();
        let mut labels = labels.filter(|(known, _)| label(known) == label(tool));
        let name = labels.next()?.1;
        tools.iter().find(|tool| tool.name == name)
    });
    let name = found.map_or_else(|| tool.to_owned(), |tool| tool.name.to_string());
    (server_found.listed.name.clone(), name, found.map(Hints::of))
}
