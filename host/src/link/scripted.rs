//! The imports of a script: each is found among the live tools, compared with policy and pins, and gets a number. All
//! that are not satisfied are named at once, with their places. Starts nothing and calls nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcp_bridge::{Drift, DriftKind, Tool};
use mcp_script::{Code, Diagnostic, Severity, ToolUse, check};

use super::environment::Environment;
use super::error::LinkError;
use super::near::did_you_mean;
use crate::catalog::CatalogServer;
use crate::component::skill::{ScriptError, ScriptText};
use crate::contract::script::{Contents, ExportedTool, Module};
use crate::rules::policy::{Grants, Hints, PolicyRefusal, advice};
use crate::run::script_tool::ScriptTool;
use mcp_codegen::{names, near};

/// What the imports of a script became.
#[derive(Default)]
pub(super) struct Scripted {
    pub(super) tools: Vec<ScriptTool>,
    pub(super) modules: Arc<[Module]>,
    /// What may be wrong, and does not stop the script.
    pub(super) warnings: Vec<Diagnostic>,
    /// The same, of a script without a result.
    pub(super) no_result: Option<Diagnostic>,
}

/// The most imports that get a suggestion: each is compared with every tool.
const MOST_ADVICE: usize = 20;

/// The most problems that are reported.
const MOST_PROBLEMS: usize = 50;

pub(super) fn link(script: &ScriptText, environment: &Environment) -> Result<Scripted, LinkError> {
    let mut problems = Problems::default();
    let work = check::Work::default();
    let mut tools = Vec::new();
    let mut modules: BTreeMap<&str, Vec<ExportedTool>> = BTreeMap::new();
    // Also those of which the script uses no tool: the engine resolves their names.
    for specifier in &script.manifest().modules {
        modules.insert(specifier, Vec::new());
    }
    for import in &script.manifest().tools {
        let exports = modules.entry(&import.specifier).or_default();
        let Some(tool) = found(import, environment, &mut problems) else {
            continue;
        };
        for call in &import.calls {
            problems.add_all(check::arguments(call, tool.schema(), &work));
        }
        problems.add_all(unknown_reads(import, environment));
        exports.push(ExportedTool {
            name: import.name.clone(),
            number: u32::try_from(tools.len()).unwrap_or(u32::MAX),
        });
        tools.push(tool);
    }
    let mut given = Vec::new();
    for run in &script.manifest().runs {
        match environment.earlier.get(&run.id) {
            Some(value) => given.push(Module {
                specifier: format!("run:{}", run.id),
                contents: Contents::Json(Arc::clone(value)),
            }),
            None => problems.add_all(vec![Diagnostic::error(
                Code::UnknownImport,
                run.at,
                format!("no run `{}` has a result here", run.id),
            )]),
        }
    }
    let own = script.warnings().cloned();
    let warnings = own.chain(std::mem::take(&mut problems.warnings)).collect();
    problems.into_error(script)?;
    let modules = modules.into_iter().map(|(specifier, exports)| Module {
        specifier: specifier.to_owned(),
        contents: Contents::Tools(exports),
    });
    Ok(Scripted {
        tools,
        modules: modules.chain(given).collect(),
        warnings,
        no_result: script.no_result().cloned(),
    })
}

/// Rejects the imports that policy denies regardless of the live server.
pub(super) fn check_policy(script: &ScriptText, grants: &Grants) -> Result<(), LinkError> {
    let mut problems = Problems::default();
    for import in &script.manifest().tools {
        let server = names::package_name(&import.server);
        let server = server.unwrap_or_else(|_| import.server.clone());
        let label = names::label(&import.name);
        if let Some(mut refusal) = grants.predicted_refusal(&server, &label) {
            // The name as the script has it: the server's own is not known yet.
            refusal.tool = format!("{}/{}", import.server, import.name);
            problems.deny(import, refusal);
        }
    }
    problems.into_error(script)
}

/// Everything that is wrong with the imports.
#[derive(Default)]
struct Problems {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    refusals: Vec<PolicyRefusal>,
    advised: usize,
    /// The servers that are not in the run.
    missing: Vec<String>,
}

impl Problems {
    fn add(&mut self, import: &ToolUse, code: Code, message: String, hint: Option<String>) {
        let problem = Diagnostic::error(code, import.at, message);
        self.add_all(vec![match hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        }]);
    }

    fn deny(&mut self, import: &ToolUse, refusal: PolicyRefusal) {
        self.add(import, Code::ImportDenied, refusal.to_string(), None);
        self.refusals.push(refusal);
    }

    fn add_all(&mut self, found: Vec<Diagnostic>) {
        for diagnostic in found {
            let place = match diagnostic.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
            };
            if place.len() < MOST_PROBLEMS {
                place.push(diagnostic);
            }
        }
    }

    fn into_error(self, script: &ScriptText) -> Result<(), LinkError> {
        if self.errors.is_empty() {
            return Ok(());
        }
        let is_denied = |error: &Diagnostic| error.code == Code::ImportDenied;
        Err(LinkError::Script {
            is_denial: self.errors.iter().all(is_denied),
            hint: advice(self.refusals.iter()),
            missing: self.missing,
            error: Box::new(ScriptError::new(&script.name, &script.text, self.errors)),
        })
    }
}

/// The tool of an import.
fn found(
    import: &ToolUse,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ScriptTool> {
    let Some(entry) = server(import, environment) else {
        let message = match &import.undeclared {
            Some(undeclared) => format!(
                "nothing declares `{0}`, and no server of this run is `{0}`",
                names::shown(&undeclared.name)
            ),
            None => format!("no server `{}` in this run", import.server),
        };
        // The servers are the same for each of its tools.
        let is_first = !problems.missing.contains(&import.server);
        let hint = is_first.then(|| servers(import, environment));
        problems.add(import, Code::UnknownImport, message, hint);
        let is_meant = import
            .undeclared
            .as_ref()
            .is_none_or(|name| name.near.is_empty());
        if is_first && is_meant {
            problems.missing.push(import.server.clone());
        }
        return None;
    };
    match tool(entry, &import.name) {
        Some(Ok(tool)) => {
            let (server, name) = (entry.server(), &tool.name);
            let hints = Hints::of(tool);
            if let Some(refusal) = environment.grants.refusal(server.name(), name, hints) {
                problems.deny(import, refusal);
                return None;
            }
            Some(ScriptTool::new(server, tool, &environment.grants))
        }
        Some(Err(drift)) => drifted(import, entry, drift, environment, problems),
        None if let Some(drift) = new_tool(entry, &import.name, environment) => {
            drifted(import, entry, drift, environment, problems)
        }
        None => {
            problems.advised += 1;
            let near = (problems.advised <= MOST_ADVICE)
                .then(|| near(entry, &import.name))
                .flatten();
            let message = format!("\"{}\" is not in \"{}\"", import.name, import.specifier);
            problems.add(import, Code::UnknownImport, message, near);
            None
        }
    }
}

/// A tool that is not as it was pinned. An agent asks its user about each call; a person accepts the change first.
fn drifted(
    import: &ToolUse,
    entry: &CatalogServer,
    drift: &Drift,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ScriptTool> {
    let (server, grants) = (entry.server(), &environment.grants);
    let asking = drift.live().filter(|_| asks_of_drifts(environment));
    let Some(live) = asking else {
        let message = format!("{}\n{}", drift.refusal(server.name()), drift.diff());
        problems.add(import, Code::UnknownImport, message, None);
        return None;
    };
    if let Some(refusal) = grants.refusal(server.name(), &live.name, Hints::of(live)) {
        problems.deny(import, refusal);
        return None;
    }
    ScriptTool::drifted(server, drift, grants)
}

fn asks_of_drifts(environment: &Environment) -> bool {
    let policy = environment.grants.policy.as_ref();
    policy.is_some_and(|policy| policy.is_for_agents())
}

/// A tool that is new since its server was pinned, by its name or by another spelling that means no other one.
fn new_tool<'a>(
    entry: &'a CatalogServer,
    name: &str,
    environment: &Environment,
) -> Option<&'a Drift> {
    if !asks_of_drifts(environment) {
        return None;
    }
    let server = entry.server();
    let label = names::label(name);
    let new = |drift: &&Drift| drift.kind == DriftKind::New;
    let mut drifts = server.drifts().iter().filter(new);
    let same = |drift: &&Drift| names::label(&drift.tool) == label;
    if let Some(exact) = drifts.clone().find(|drift| drift.tool == name) {
        return Some(exact);
    }
    let found = drifts.find(same)?;
    drifts.find(same).is_none().then_some(found)
}

/// What the script reads of the answers of a tool, and its output schema lacks.
fn unknown_reads(import: &ToolUse, environment: &Environment) -> Vec<Diagnostic> {
    let found = server(import, environment).and_then(|entry| tool(entry, &import.name));
    match found.and_then(Result::ok).map(|tool| &tool.output_schema) {
        Some(Some(schema)) if !import.reads.is_empty() => {
            let schema = serde_json::Value::Object((**schema).clone());
            check::answers(&import.reads, &import.name, &schema)
        }
        _ => Vec::new(),
    }
}

/// The servers that there are, the nearest first.
fn servers(import: &ToolUse, environment: &Environment) -> String {
    const MOST: usize = 20;
    let names = environment.servers.iter().map(String::as_str);
    if let Some(undeclared) = &import.undeclared
        && !undeclared.near.is_empty()
    {
        let servers = names.filter(|name| near::nearest(&undeclared.name, [*name]).is_some());
        let meant = undeclared.near.iter().map(String::as_str).chain(servers);
        let meant: Vec<_> = meant.map(names::shown).collect();
        return format!("did you mean {}", meant.join(", "));
    }
    if let Some(near) = did_you_mean(&import.server, names.clone()) {
        return near;
    }
    let known: Vec<_> = names.take(MOST).map(names::shown).collect();
    match known.is_empty() {
        true => "no server is configured".to_owned(),
        false => format!("configured: {}", known.join(", ")),
    }
}

fn server<'a>(import: &ToolUse, environment: &'a Environment) -> Option<&'a CatalogServer> {
    let label = names::package_name(&import.server).ok()?;
    environment.catalog.by_label(&label)
}

/// The tool with this name, or with the name in another spelling: `getIssue` is `get_issue`.
fn tool<'a>(entry: &'a CatalogServer, name: &str) -> Option<Result<&'a Tool, &'a Drift>> {
    let server = entry.server();
    if let Some(tool) = server.known().iter().find(|tool| tool.name == name) {
        return Some(match server.drift(&tool.name) {
            Some(drift) => Err(drift),
            None => Ok(tool),
        });
    }
    entry.tool(&names::label(name))
}

/// `did you mean get_issue, list_issues`
fn near(entry: &CatalogServer, name: &str) -> Option<String> {
    let names = entry.server().known().iter().map(|tool| &*tool.name);
    did_you_mean(name, names)
}
