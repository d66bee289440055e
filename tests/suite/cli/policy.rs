//! `mcp-host policy`: which rule decides, and cases against the rules. No server is started.

use serde_json::{Value, json};

use super::Host;

const SCRIPT: &str = "import { echo, fail, sleep } from \"mcp:scripted\";\n\
    export default [await echo({}), await fail({}), await sleep({})];";

/// A script whose server cannot be started, and whose tools are pinned with these annotations.
fn pinned(tools: &[(&str, Value)]) -> Host {
    let host = Host::new();
    host.scripted("ok");
    host.file("report.ts", SCRIPT);
    let run = host.run(&["server", "pin", "scripted"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let lock = host.dir.path().join("mcp.lock");
    let mut pins: Value = serde_json::from_slice(&std::fs::read(&lock).unwrap()).unwrap();
    for (tool, annotations) in tools {
        annotate(&mut pins, tool, annotations);
    }
    std::fs::write(&lock, pins.to_string()).unwrap();
    host.config(&json!({ "command": "/bin/false" }));
    host
}

/// Sets the annotations in the definition of a tool, wherever the lock has it.
fn annotate(lock: &mut Value, tool: &str, annotations: &Value) {
    match lock {
        Value::Object(object) => {
            if object.get("name").is_some_and(|name| name == tool) {
                object.insert("annotations".to_owned(), annotations.clone());
            }
            object
                .values_mut()
                .for_each(|value| annotate(value, tool, annotations));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| annotate(value, tool, annotations)),
        _ => {}
    }
}

#[test]
fn explain_names_the_rule_of_every_place_for_each_tool() {
    let reads = json!({ "readOnlyHint": true });
    let host = pinned(&[("echo", reads)]);
    host.settings("[policy]\nallow = [{ tool = \"scripted/fail\", where = { \"/path\" = { under = \"/srv\" } } }]\n");
    host.file(
        "mcp-host.toml",
        "[policy]\nask = [\"scripted/ech*\"]\n[skills.report.policy]\ndeny = [\"*/sleep\"]\n",
    );
    let user = host.dir.path().join("config/mcp-host/mcp-host.toml");
    let user = user.display();
    let ran = host.run(&["policy", "explain", "report.ts", "--for", "serve"]);
    let text = format!(
        "scripted/echo: asks: ask = \"scripted/ech*\" of mcp-host.toml\n\
         \x20 user         allowed default for agents: the tool says readOnlyHint\n\
         \x20 project      asks    ask = \"scripted/ech*\" of mcp-host.toml\n\
         scripted/fail: depends on the call\n\
         \x20 user         allowed allow = {{ tool = \"scripted/fail\", where = {{ \"/path\" = {{ under = \"/srv\" }} }} }} of {user}  where its conditions hold\n\
         \x20 user         asks    allow of {user}: no entry for the tool holds for these arguments  otherwise\n\
         \x20 project      allowed no rule of mcp-host.toml\n\
         scripted/sleep: asks: default for agents: the tool says that it is not read-only\n\
         \x20 user         asks    default for agents: the tool says that it is not read-only\n\
         \x20 project      allowed no rule of mcp-host.toml\n"
    );
    ran.is(0, &text, "");
    // A person runs it under the name of the file, for which there is a rule.
    let ran = host.run(&["policy", "explain", "report.ts", "--format", "json"]);
    let all: Value = serde_json::from_str(&ran.stdout).unwrap();
    let sleep = &all[2]["readings"][0];
    assert_eq!(sleep["decision"], "deny");
    assert_eq!(sleep["places"][2]["place"], "skill");
    let rule = "deny = \"*/sleep\" of `[skills.report.policy]` in mcp-host.toml";
    assert_eq!(sleep["places"][2]["otherwise"]["rule"], rule);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn explain_says_what_is_not_known_of_a_server_that_was_never_listed() {
    let host = Host::new();
    host.config(&json!({ "command": "/bin/false" }));
    host.file(
        "report.ts",
        "import { echo } from \"mcp:scripted\";\nexport default await echo({});",
    );
    host.settings("[policy]\nread-only = true\n");
    let ran = host.run(&["policy", "explain", "report.ts"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<_> = ran
        .stdout
        .lines()
        .filter(|line| !line.starts_with(' '))
        .collect();
    assert_eq!(
        lines[..2],
        [
            "scripted/echo: its annotations are not known: the server was not listed yet",
            "scripted/echo if it says readOnlyHint: allowed",
        ]
    );
    assert!(
        lines[2].starts_with("scripted/echo if it does not: denied: read-only = true of "),
        "{lines:?}"
    );
}

#[test]
fn the_cases_of_a_file_are_decided_and_those_that_differ_are_named() {
    let host = Host::new();
    host.settings(
        "[policy]\nallow = [{ tool = \"fs/write\", where = { \"/path\" = { under = \"/srv\" } }, per-day = 1 }]\n\
         deny = [\"fs/drop*\"]\n",
    );
    let good = "[[case]]\ntool = \"fs/write\"\narguments = { path = \"/srv/a\" }\nfor = \"serve\"\nexpect = \"allow\"\n\
        [[case]]\ntool = \"fs/write\"\narguments = { path = \"/srv/../a\" }\nfor = \"serve\"\nexpect = \"ask\"\nrule = \"no entry\"\n\
        [[case]]\ntool = \"fs/read\"\nhints = { read-only = true }\nfor = \"serve\"\nexpect = \"allow\"\n\
        [[case]]\ntool = \"fs/write\"\narguments = { path = \"a\" }\nexpect = \"deny\"\n";
    host.file("cases.toml", good);
    host.run(&["policy", "test", "cases.toml"])
        .is(0, "4 of 4 cases as expected\n", "");
    let cases = json!({ "case": [
        { "tool": "fs/dropAll", "expect": "ask", "for": "serve" },
        { "tool": "fs/drop", "expect": "deny", "rule": "dropp" },
        { "tool": "fs/drop", "expect": "deny", "rule": "fs/drop*" },
    ] });
    host.file("cases.json", cases.to_string());
    let user = host.dir.path().join("config/mcp-host/mcp-host.toml");
    let rule = format!("deny = \"fs/drop*\" of {}", user.display());
    let text = format!(
        "case 1, fs/dropAll: expected ask, decided deny: {rule}\n\
         case 2, fs/drop: expected deny by a rule with `dropp`, decided deny: {rule}\n\
         1 of 3 cases as expected\n"
    );
    host.run(&["policy", "test", "cases.json"]).is(1, &text, "");
    let ran = host.run(&["policy", "test", "cases.json", "--format", "json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&answer["cases"], &answer["failures"][0]["rule"]),
        (&json!(3), &json!(rule))
    );
}

#[test]
fn a_file_of_cases_that_cannot_be_read_says_where_and_why() {
    let host = Host::new();
    for (name, text, parts) in [
        (
            "a.toml",
            "[[case]]\ntool = \"fs/a\"\nexpect = \"maybe\"\n",
            ["line 3", "maybe"],
        ),
        (
            "b.toml",
            "[[case]]\ntool = \"fs/a\"\nexpct = \"deny\"\n",
            ["line 3", "expct"],
        ),
        (
            "c.toml",
            "[[case]]\ntool = \"fs\"\nexpect = \"deny\"\n",
            ["case 1 of `c.toml`", "SERVER/TOOL"],
        ),
        ("d.json", "{\"case\": []}", ["d.json", "no case"]),
    ] {
        host.file(name, text);
        host.run(&["policy", "test", name]).fails_with(2, &parts);
    }
}
