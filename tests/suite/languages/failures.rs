//! A skill that fails says why and where, in the skill's own source; a skill that runs out of memory hits a limit.

use std::fs;
use std::process::Command;

use mcp_tests::binary;

use super::{is_here, kept};
use crate::cli::{Host, ran};
use crate::install::lock;

/// A plain skill of the language, which does this instead.
fn skill(host: &Host, language: &str, file: &str, text: &str) -> String {
    let dir = kept(&format!("plain-{language}"));
    let path = dir.to_str().unwrap().to_owned();
    let output = Command::new(binary("mcp-codegen"))
        .args(["new", &path, "--lang", language, "--force"])
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    assert_eq!(ran(&output).code, Some(0), "{}", ran(&output).stderr);
    fs::write(dir.join(file), text).unwrap();
    path
}

const WORK_JS: &str = r#"export const input = { type: "object" };
console.log("while it is made");

export function work(state, { what }) {
  if (what === "throw") throw new RangeError("too far");
  if (what === "promise") return Promise.resolve(1);
  if (what === "undefined") return undefined;
  if (what === "field") state.set("key", new Uint8Array(1), null, 1), state.get({ key: "a" });
  if (what === "function") return state.getKeys();
  if (what === "memory") for (const all = []; ; ) all.push(new Uint8Array(1_000_000));
  console.warn("at %s", "work", { n: [1] });
  return what;
}
"#;

#[test]
fn a_failure_in_javascript_says_why_and_where() {
    if !is_here("a_failure_in_javascript_says_why_and_where", "js") {
        return;
    }
    let _lock = lock("plain-js");
    let host = Host::new();
    let path = skill(&host, "js", "src/work.js", WORK_JS);
    for (what, code, said) in [
        (
            "throw",
            1,
            "the skill failed: RangeError: too far (src/work.js:5:",
        ),
        (
            "promise",
            1,
            "the skill returned a promise: tools answer at once here, so leave out `async` and `await`",
        ),
        (
            "undefined",
            1,
            "the skill returned undefined: return a JSON value",
        ),
        (
            "field",
            1,
            "TypeError: `key` of what `get` takes is an object, and not a string (src/work.js:8:",
        ),
        (
            "function",
            1,
            "`mcp:tools/state@0.1.0` has no function `getKeys`: there are `get`",
        ),
        ("memory", 3, "memory"),
    ] {
        let input = serde_json::json!({ "what": what }).to_string();
        host.run(&["run", &path, "--input", &input])
            .fails_with(code, &[said]);
    }
    let fine = host.run(&["run", &path, "--input", r#"{"what": "ok"}"#]);
    assert_eq!(fine.stdout, "ok\n", "{}", fine.stderr);
    for line in [
        "INFO skill: while it is made",
        "WARN skill: at work {\"n\":[1]}",
    ] {
        assert!(fine.stderr.contains(line), "{}", fine.stderr);
    }
    let described = host.run(&["describe", &path]);
    assert_eq!(described.code, Some(0), "{}", described.stderr);
}

const WORK_TS: &str = r#"export const input = { type: "object" };

type Values = Record<string, unknown>;

export function work(_: unknown, values: Values): string {
  console.log("typed");
  const given: unknown = values["what"];
  if (typeof given !== "string") {
    throw new Error("no what");
  }
  return given;
}
"#;

#[test]
fn a_failure_in_typescript_names_the_line_of_the_source() {
    if !is_here("a_failure_in_typescript_names_the_line_of_the_source", "ts") {
        return;
    }
    let _lock = lock("plain-ts");
    let host = Host::new();
    let path = skill(&host, "ts", "src/work.ts", WORK_TS);
    host.run(&["run", &path, "--input", "{}"])
        .fails_with(1, &["the skill failed: no what (src/work.ts:9)\n"]);
}

const SKILL_PY: &str = r#"from mcp import skill
from wit_world import WitWorld as World
from wit_world.imports import types


def deeper(values):
    return values["what"][0]


@skill
def work(values):
    if values.get("memory"):
        return len([bytes(1_000_000) for _ in range(1_000_000)])
    return deeper(values)


class WitWorld(World):
    def describe(self):
        return types.Description("fails", "", "{}", "{}")

    def run(self, input):
        return work(input)
"#;

#[test]
fn a_failure_in_python_names_the_line_and_no_memory_is_a_limit() {
    if !is_here(
        "a_failure_in_python_names_the_line_and_no_memory_is_a_limit",
        "python",
    ) {
        return;
    }
    let _lock = lock("plain-python");
    let host = Host::new();
    let path = skill(&host, "python", "src/skill.py", SKILL_PY);
    host.run(&["run", &path, "--input", "{}"])
        .fails_with(1, &["the skill failed: KeyError: 'what' (skill.py:7)\n"]);
    host.run(&["run", &path, "--input", r#"{"memory": true}"#])
        .fails_with(3, &["memory"]);
}
