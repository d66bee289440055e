//! Saved skills through the program: saved, found, run by name, refused where a byte or a tool changed.

mod damaged;
mod directories;
mod documents;
mod drift;
mod named;
mod promoted;
mod versions;

use std::path::PathBuf;

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use crate::cli::{Host, guest};

/// A script with one tool.
pub(super) const SCRIPT: &str = "\
// Gives a name back that a server has seen.
import { wait } from \"mcp:fake\";
import { input } from \"mcp-host\";
const answer = await wait({ name: input.name });
export default `seen: ${answer.name}`;
";

/// The definition of its tool, which only reads.
pub(super) fn tool() -> Value {
    json!({
        "name": "wait",
        "description": "Waits for a name.",
        "inputSchema": {
            "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"],
        },
        "outputSchema": {
            "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"],
        },
        "annotations": { "readOnlyHint": true },
    })
}

/// A host whose server `fake` gives the arguments of each call back, and has this tool.
pub(super) fn host_with(tool: &Value) -> Host {
    let host = Host::new();
    define(&host, tool);
    let entry = json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": {
            "SCRIPTED_TOOLS": host.dir.path().join("tools.json"),
            "SCRIPTED_LOG": host.dir.path().join("seen.jsonl"),
        },
    });
    host.file(
        "mcp.json",
        json!({ "mcpServers": { "fake": entry } }).to_string(),
    );
    host.file("triage.ts", SCRIPT);
    host
}

pub(super) fn host() -> Host {
    host_with(&tool())
}

/// The server has this tool from now on.
pub(super) fn define(host: &Host, tool: &Value) {
    host.file("tools.json", json!({ "tools": [tool] }).to_string());
}

/// The tools for which the guests are built.
fn fake_tools() -> String {
    std::fs::read_to_string(root().join("tests/guests/fake.tools.json")).unwrap()
}

/// The tool of the component says something else from now on.
pub(super) fn redefine(host: &Host, words: &str) {
    let tools = fake_tools();
    let before = "Answers with the name, once the server lets it.";
    assert!(tools.contains(before));
    host.file("tools.json", tools.replace(before, words));
}

/// How many calls reached the server.
pub(super) fn calls(host: &Host) -> usize {
    let seen = std::fs::read_to_string(host.dir.path().join("seen.jsonl")).unwrap_or_default();
    seen.lines()
        .filter(|line| {
            let message: Value = serde_json::from_str(line).unwrap();
            message["method"] == "tools/call"
        })
        .count()
}

/// Runs a command that succeeds, and gives its JSON.
#[track_caller]
pub(super) fn json_of(host: &Host, args: &[&str]) -> Value {
    let ran = host.run(&[args, &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The script is the saved skill `triage`.
pub(super) fn added() -> Host {
    let host = host();
    let ran = host.run(&["skill", "add", "triage.ts"]);
    assert_eq!(
        ran.stdout, "saved triage@1\nrun it with: mcp-host run triage\n",
        "{}",
        ran.stderr
    );
    std::fs::remove_file(host.dir.path().join("triage.ts")).unwrap();
    host
}

const INPUT: [&str; 2] = ["--input", "{\"name\": \"a\"}"];

/// Runs the saved skill `triage`, or what is named.
fn run(host: &Host, skill: &str) -> crate::cli::Ran {
    host.run(&[&["run", skill][..], &INPUT].concat())
}

/// A file of version 1 of `triage`.
pub(super) fn stored(host: &Host, file: &str) -> PathBuf {
    host.dir
        .path()
        .join("data/mcp-host/skills/triage")
        .join(file)
}

#[test]
fn a_script_is_added_listed_and_run_by_its_name() {
    let host = added();
    let listed = json_of(&host, &["skill", "list"]);
    let listed = &listed[0];
    assert_eq!(
        (&listed["name"], &listed["version"], &listed["kind"]),
        (&json!("triage"), &json!(1), &json!("script"))
    );
    // The words of the comment that it begins with.
    assert_eq!(
        listed["description"],
        "Gives a name back that a server has seen."
    );
    assert_eq!(listed["imports"], json!(["fake/wait"]));
    let ran = run(&host, "triage");
    assert_eq!(ran.stdout, "seen: a\n", "{}", ran.stderr);
    assert_eq!(run(&host, "triage@1").stdout, "seen: a\n");
    assert_eq!(calls(&host), 2);
    let text = host.run(&["skill", "list"]).stdout;
    assert_eq!(
        text,
        "triage@1  script  1 tool  Gives a name back that a server has seen.\n"
    );
    let shown = host.run(&["skill", "show", "triage"]).stdout;
    assert!(
        shown.contains("it may call\n  fake/wait  reads\n"),
        "{shown}"
    );
    let source = host.run(&["skill", "show", "triage", "--source"]).stdout;
    assert_eq!(source.trim_end(), SCRIPT.trim_end());
    let inspected = json_of(&host, &["inspect", "triage"]);
    assert_eq!(
        inspected["permissions"]["tools"],
        json!([{ "server": "fake", "function": "wait" }])
    );
}

/// A host on which the component `two-calls` is the saved skill `two`.
pub(super) fn with_component() -> Host {
    let host = host();
    host.file("tools.json", fake_tools());
    let add = ["skill", "add", &guest("two-calls"), "--name", "two"];
    let ran = host.run(&[&add[..], &["--description", "Calls twice."]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    host
}

#[test]
fn a_component_is_added_and_run_by_its_name() {
    let host = with_component();
    let ran = host.run(&["run", "two"]);
    assert_eq!(
        ran.stdout.trim_end(),
        "{\"names\":[\"a\",\"b\"]}",
        "{}",
        ran.stderr
    );
    let shown = json_of(&host, &["skill", "show", "two"]);
    assert_eq!(shown["kind"], "component");
    assert!(shown["files"].to_string().contains("scripts/two.wasm"));
    // What it declares of its result is declared, and not learned.
    let directory = host.dir.path().join("data/mcp-host/skills/two/1/two");
    let schema = std::fs::read_to_string(directory.join("assets/output.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["required"], json!(["names"]));
    let document = std::fs::read_to_string(directory.join("SKILL.md")).unwrap();
    let (_, output) = document.split_once("\n## Output\n").unwrap();
    assert!(output.contains("| `names` |"), "{document}");
    assert!(!output.contains("earned from"), "{document}");
    let inspected = host.run(&["inspect", "two"]);
    assert!(
        inspected
            .stdout
            .contains("call tool `wait` of server `fake`")
    );
}

#[test]
fn a_bare_name_is_the_saved_skill_and_never_a_directory() {
    let host = added();
    // A project of that name, which a run would build, outside of the sandbox.
    std::fs::create_dir(host.dir.path().join("triage")).unwrap();
    host.file(
        "triage/package.json",
        "{\"scripts\": {\"build\": \"touch ../built\"}}",
    );
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
    assert!(!host.dir.path().join("built").exists());
    // A path has a separator or an extension.
    std::fs::remove_file(host.dir.path().join("triage/package.json")).unwrap();
    run(&host, "./triage").fails_with(2, &["./triage"]);
    host.file("triage.ts", "export default 'the file'");
    assert_eq!(host.run(&["run", "triage.ts"]).stdout, "the file\n");
    // Without a saved skill, a bare name is a path as before.
    host.run(&["run", "other"]).fails_with(
        2,
        &[
            "failed to read skill `other`",
            "no saved skill has this name",
        ],
    );
    host.run(&["run", "other@2"])
        .fails_with(2, &["no skill `other` is saved"]);
    run(&host, "triage@2").fails_with(2, &["skill `triage` has no version 2: the latest is 1"]);
}

#[test]
fn the_state_of_a_skill_is_the_same_for_all_its_versions() {
    let host = Host::new();
    let script = |text: &str| {
        format!(
            "// Counts its runs.\nimport {{ state }} from \"mcp-host\";\n\
             const n = ((await state.get(\"n\")) ?? 0) + 1;\nawait state.set(\"n\", n);\nexport default `{text}${{n}}`;\n"
        )
    };
    for (text, result) in [("a", "a1\n"), ("b", "b2\n")] {
        host.file("count.ts", script(text));
        let ran = host.run(&["skill", "add", "count.ts"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let ran = host.run(&["run", "count"]);
        assert_eq!(ran.stdout, result, "{}", ran.stderr);
    }
}

#[test]
fn what_has_no_name_or_no_description_is_not_saved() {
    let host = host();
    let add = |args: &[&str]| host.run(&[&["skill", "add"], args].concat());
    let path = add(&["triage.ts", "--name", "../etc"]);
    path.fails_with(2, &["the name of a skill has the character '.'"]);
    host.file("Two Words.ts", SCRIPT);
    add(&["Two Words.ts"]).fails_with(2, &["`Two Words` is no name of a skill", "--name"]);
    host.file("plain.ts", "export default 1");
    add(&["plain.ts"]).fails_with(2, &["skill `plain` has no description", "--description"]);
    host.file(
        "wrong.ts",
        "// A script.\nimport { nothing } from \"mcp:fake\";\nexport default nothing;",
    );
    add(&["wrong.ts"]).fails_with(5, &["nothing"]);
    host.file("main.py", "1");
    add(&["main.py"]).fails_with(2, &["source code that mcp-host does not run as it is"]);
    assert_eq!(json_of(&host, &["skill", "list"]), json!([]));
}
