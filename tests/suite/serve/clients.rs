//! `serve` as the official SDKs see it: each client lists, searches, describes, runs a script across two real servers,
//! and cancels one. The programs stand in `tests/serve-clients`, and print one JSON result.

mod inspector;

use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use super::http::Served;
use crate::cli::Host;
use crate::install;
use crate::servers::pinned;

const PINNED: &str = "tests/serve-clients";

/// One slot: a script that is not cancelled keeps it. No limit of the host ends that script meanwhile.
const OPTIONS: [&str; 4] = ["--slots", "1", "--timeout", "10m"];

/// What a client searches, and how the best hit begins.
const QUERIES: [(&str, &str); 2] = [
    ("get-sum", "everything.get_sum({a: number, b: number})"),
    (
        "convert_time",
        "time.convert_time({source_timezone: string, ",
    ),
];

/// A tool of each server, called at once.
const ACROSS: &str = "\
import { getSum } from \"mcp:everything\";
import { convert_time } from \"mcp:time\";
const [sum, meeting] = await Promise.all([
  getSum({ a: 2, b: 40 }),
  convert_time({ source_timezone: \"UTC\", time: \"12:30\", target_timezone: \"Asia/Tokyo\" }),
]);
export default { sum, at: meeting.target.datetime.slice(11), difference: meeting.time_difference };";

const RESULT: &str =
    r#"{"sum":"The sum of 2 and 40 is 42.","at":"21:30:00+09:00","difference":"+9.0h"}"#;

/// A call that lasts longer than a test.
const SLOW: &str = "\
import { triggerLongRunningOperation } from \"mcp:everything\";
export default await triggerLongRunningOperation({ duration: 300, steps: 3 });";

#[test]
fn the_typescript_sdk_works_over_stdio() {
    let test = "the_typescript_sdk_works_over_stdio";
    for version in ["2026-07-28", "2025-11-25"] {
        typescript(test, "client", version, &stdio);
    }
}

#[test]
fn the_typescript_sdk_works_over_http() {
    let test = "the_typescript_sdk_works_over_http";
    for version in ["2026-07-28", "2025-11-25"] {
        typescript(test, "client", version, &http);
    }
}

#[test]
fn the_first_version_of_the_typescript_sdk_works_over_both() {
    let test = "the_first_version_of_the_typescript_sdk_works_over_both";
    typescript(test, "sdk", "2025-11-25", &stdio);
    typescript(test, "sdk", "2025-11-25", &http);
}

#[test]
fn the_python_sdk_works_over_stdio() {
    let test = "the_python_sdk_works_over_stdio";
    for version in ["2026-07-28", "2025-11-25"] {
        python(test, version, &stdio);
    }
}

#[test]
fn the_python_sdk_works_over_http() {
    let test = "the_python_sdk_works_over_http";
    for version in ["2026-07-28", "2025-11-25"] {
        python(test, version, &http);
    }
}

/// The result of one call through the TypeScript SDK, over stdio. `None`, with a message, if it cannot be installed.
pub(super) fn called(test: &str, host: &Host, options: &[&str], call: &Value) -> Option<Value> {
    let args = [&["serve"][..], options].concat();
    let target = json!({ "command": binary("mcp-host"), "args": args });
    planned(test, host, json!({ "target": target, "call": call }))
}

/// The result of a plan with one call.
pub(super) fn planned(test: &str, host: &Host, mut plan: Value) -> Option<Value> {
    let (installation, node) = npm(test)?;
    plan["sdk"] = "client".into();
    plan["version"] = "2026-07-28".into();
    let mut command = of(host, &node);
    command.arg(root().join(PINNED).join("typescript.mjs"));
    let output = command.arg(installation).arg(plan.to_string()).output();
    let output = output.unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{plan}\n{printed}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A program with a plan, on one of the SDKs.
#[derive(Clone, Copy)]
pub(super) enum Program {
    TypeScript,
    Python,
}

/// What the program about approvals prints. `None`, with a message, if its SDK cannot be installed.
pub(super) fn printed(test: &str, host: &Host, program: Program, plan: &Value) -> Option<Value> {
    let pinned = root().join(PINNED);
    let mut command = match program {
        Program::TypeScript => {
            let (installation, node) = npm(test)?;
            let mut command = of(host, &node);
            command.arg(pinned.join("approvals.mjs")).arg(installation);
            command
        }
        Program::Python => {
            let installation = install::python(test, "tests/servers", "python")?;
            let mut command = of(host, &installation.join("bin/python"));
            command.arg(pinned.join("approvals.py"));
            command
        }
    };
    let output = command.arg(plan.to_string()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{plan}\n{printed}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// How a client reaches `serve`: what it connects to, and the process that must live meanwhile.
type Reach = dyn Fn(&Host) -> (Value, Option<Served>);

fn stdio(host: &Host) -> (Value, Option<Served>) {
    let config = host.dir.path().join("mcp.json");
    let args = [
        &["serve", "--config", config.to_str().unwrap()][..],
        &OPTIONS,
    ]
    .concat();
    (json!({ "command": binary("mcp-host"), "args": args }), None)
}

fn http(host: &Host) -> (Value, Option<Served>) {
    let served = Served::start(host, &OPTIONS);
    let url = format!("http://{}/mcp", served.address());
    (json!({ "url": url }), Some(served))
}

#[track_caller]
fn typescript(test: &str, sdk: &str, version: &str, reach: &Reach) {
    let Some((installation, node)) = npm(test) else {
        return;
    };
    let Some(host) = two_servers(test) else {
        return;
    };
    let script = root().join(PINNED).join("typescript.mjs");
    let mut command = of(&host, &node);
    command.arg(script).arg(installation);
    works(
        command,
        json!({ "sdk": sdk, "version": version }),
        &host,
        reach,
    );
}

#[track_caller]
fn python(test: &str, version: &str, reach: &Reach) {
    let Some(installation) = install::python(test, "tests/servers", "python") else {
        return;
    };
    let Some(host) = two_servers(test) else {
        return;
    };
    let mut command = of(&host, &installation.join("bin/python"));
    command.arg(root().join(PINNED).join("python.py"));
    works(command, json!({ "version": version }), &host, reach);
}

/// The packages of `tests/serve-clients`, and a node that is new enough for them.
fn npm(test: &str) -> Option<(PathBuf, PathBuf)> {
    let installation = install::node(test, PINNED, "serve-clients")?;
    let node = install::recent_node(test, &installation)?;
    Some((installation, node))
}

/// A host with a server from npm and one from PyPI, both real.
fn two_servers(test: &str) -> Option<Host> {
    let (everything, time) = (pinned::everything(test)?, pinned::time(test)?);
    let host = Host::new();
    let servers = json!({ "everything": everything.entry(), "time": time.entry() });
    super::configure(&host, &servers);
    Some(host)
}

/// A program that starts `serve` with the home of this host.
fn of(host: &Host, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(host.dir.path());
    for (name, value) in host.command(&[]).get_envs() {
        command.envs(value.map(|value| (name, value)));
    }
    command
}

/// Gives the plan to the client, and compares all that the client got.
#[track_caller]
fn works(mut command: Command, mut plan: Value, host: &Host, reach: &Reach) {
    let (target, _served) = reach(host);
    let version = plan["version"].clone();
    for (name, value) in [
        ("target", target),
        ("queries", json!(QUERIES)),
        ("names", json!(["time.convert_time"])),
        ("code", json!(ACROSS)),
        ("slow", json!(SLOW)),
    ] {
        plan[name] = value;
    }
    let output = command.arg(plan.to_string()).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{plan}\n{printed}");
    let got: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(got["protocol"], version, "{got}");
    assert_eq!(got["server"], "mcp-host");
    let tools = ["search_tools", "describe_tools", "run_script"];
    assert_eq!(got["tools"], json!(tools));
    let instructions = got["instructions"].as_str().unwrap();
    assert!(
        instructions.starts_with("Connected: everything"),
        "{instructions}"
    );
    // The client has compared the hits.
    assert_eq!(got["search"].as_array().unwrap().len(), QUERIES.len());
    text(&got["search"][0]);
    let declared = text(&got["describe"]);
    let function = "export function convert_time(args: ";
    assert!(declared.contains(function), "{declared}");
    assert_eq!(ran(&got["script"]), ("2 calls", RESULT));
    assert_eq!(got["cancelled"], "cancelled");
    assert_eq!(ran(&got["after"]), ("0 calls", "\"after\""));
}

/// The text of an answer that is no error.
#[track_caller]
fn text(answer: &Value) -> &str {
    assert_eq!(answer["isError"], false, "{answer}");
    answer["text"].as_str().unwrap()
}

/// The calls and the result of a script that finished.
#[track_caller]
fn ran(answer: &Value) -> (&str, &str) {
    let text = text(answer);
    let (first, result) = text.split_once('\n').unwrap();
    let parts: Vec<_> = first.split("  ").collect();
    assert!(matches!(parts[..], ["ok", _, _, _]), "{text}");
    (parts[2], result)
}
