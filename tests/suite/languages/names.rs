//! Tools that are called like words of a language: each one is called through its binding, in every language, or the
//! build names the one that it cannot bind.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use mcp_host::Outcome;
use mcp_tests::{Fake, Setup, binary, text};
use serde_json::{Value, json};

use super::{is_here, kept};
use crate::cli::{Host, ran};
use crate::install::lock;

/// Keywords of the languages, and names that their objects, modules and libraries have already. Each is its own label.
const NAMES: [&str; 64] = [
    "default",
    "then",
    "constructor",
    "class",
    "import",
    "delete",
    "new",
    "await",
    "arguments",
    "eval",
    "none",
    "true",
    "null",
    "undefined",
    "function",
    "typeof",
    "prototype",
    "name",
    "length",
    "call",
    "apply",
    "bind",
    "this",
    "interface",
    "def",
    "lambda",
    "print",
    "self",
    "list",
    "str",
    "types",
    "json",
    "type",
    "del",
    "is",
    "not",
    "with",
    "from",
    "global",
    "nonlocal",
    "except",
    "raise",
    "yield",
    "match",
    "dataclass",
    "fn",
    "impl",
    "mod",
    "crate",
    "super",
    "gen",
    "try",
    "box",
    "dyn",
    "async",
    "union",
    "main",
    "int",
    "double",
    "malloc",
    "restrict",
    "free",
    "describe",
    "run",
];

/// Names that are spelled in another way in every language: the tool, and its label.
const SPELLED: [(&str, &str); 3] = [
    ("__proto__", "proto"),
    ("toString", "to-string"),
    ("hasOwnProperty", "has-own-property"),
];

fn catalog() -> Value {
    let names = NAMES.into_iter().chain(SPELLED.map(|(name, _)| name));
    names
        .map(|name| {
            let schema = json!({ "type": "object", "properties": { "q": { "type": "string" } }, "required": ["q"] });
            json!({ "name": name, "inputSchema": schema })
        })
        .collect()
}

/// All tools and labels.
fn labels() -> Vec<(&'static str, &'static str)> {
    NAMES
        .map(|name| (name, name))
        .into_iter()
        .chain(SPELLED)
        .collect()
}

/// A new skill in the language, in the directory of the other new ones and their tools, with these files in place of
/// its own, built.
fn built(language: &str, files: &[(&str, String)]) -> PathBuf {
    let name = format!("plain-{language}");
    let dir = kept(&name);
    let host = Host::new();
    let list = host.dir.path().join("tools.json");
    fs::write(&list, json!({ "tools": catalog() }).to_string()).unwrap();
    let output = Command::new(binary("mcp-codegen"))
        .args(["new", dir.to_str().unwrap(), "--lang", language])
        .args(["--server", "words", "--force", "--from"])
        .arg(&list)
        .output()
        .unwrap();
    assert_eq!(ran(&output).code, Some(0), "{}", ran(&output).stderr);
    for (path, text) in files {
        fs::write(dir.join(path), text).unwrap();
    }
    let built = host.run(&["build", dir.to_str().unwrap()]);
    assert_eq!(built.code, Some(0), "{}", built.stderr);
    PathBuf::from(built.stdout.trim())
}

/// Runs the skill, which calls each tool with the tool's label, in the order of the catalog.
async fn calls_each(component: &std::path::Path) {
    let server = Fake::new("words", catalog(), |name, _| {
        let answer = text(name);
        Box::pin(async move { Ok(answer) })
    });
    let calls = server.calls();
    let report = Setup::default()
        .server(server)
        .try_run(component, "{}")
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    let sent: Vec<(String, Value)> = labels()
        .into_iter()
        .map(|(name, label)| (name.to_owned(), json!({ "q": label })))
        .collect();
    assert_eq!(*calls.lock().unwrap(), sent);
}

fn camel(label: &str) -> String {
    let mut words = label.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        name + &word[..1].to_uppercase() + &word[1..]
    })
}

fn pascal(label: &str) -> String {
    let name = camel(label);
    name[..1].to_uppercase() + &name[1..]
}

fn javascript(typed: &str) -> String {
    let calls: String = labels()
        .iter()
        .map(|(_, label)| format!("  call(tools.{}, {{ q: \"{label}\" }});\n", camel(label)))
        .collect();
    format!(
        "import tools from \"mcp-server:words/tools\";\nimport {{ call, skill }} from \"./mcp.js\";\n\
         export function describe() {{\n  return {{ name: \"names\", description: \"\", inputSchema: \"{{}}\", outputSchema: \"{{}}\" }};\n}}\n\
         export const run = skill((){typed} => {{\n{calls}  return null;\n}});\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn javascript_calls_a_tool_that_is_called_like_a_word_of_a_language() {
    let test = "javascript_calls_a_tool_that_is_called_like_a_word_of_a_language";
    if !is_here(test, "js") {
        return;
    }
    let _lock = lock("plain-js");
    calls_each(&built("js", &[("src/skill.js", javascript(""))])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_calls_a_tool_that_is_called_like_a_word_of_a_language() {
    let test = "typescript_calls_a_tool_that_is_called_like_a_word_of_a_language";
    if !is_here(test, "ts") {
        return;
    }
    let _lock = lock("plain-ts");
    calls_each(&built("ts", &[("src/skill.ts", javascript(": null"))])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_calls_a_tool_that_is_called_like_a_word_of_a_language() {
    let test = "python_calls_a_tool_that_is_called_like_a_word_of_a_language";
    if !is_here(test, "python") {
        return;
    }
    let keywords = [
        "await", "class", "import", "def", "lambda", "del", "is", "not", "with", "from", "global",
        "nonlocal", "except", "raise", "yield", "try", "async",
    ];
    let calls = labels()
        .iter()
        .fold(String::new(), |mut calls, (_, label)| {
            let underscore = if keywords.contains(label) { "_" } else { "" };
            let name = label.replace('-', "_");
            let _ = writeln!(
                calls,
                "    call(tools.{name}{underscore}, tools.{}Params(\"{label}\"))",
                pascal(label)
            );
            calls
        });
    let skill = format!(
        "from mcp import call, skill\nfrom wit_world import WitWorld as World\n\
         from wit_world.imports import mcp_server_words_tools as tools\nfrom wit_world.imports import types\n\n\n\
         @skill\ndef work(values):\n{calls}    return None\n\n\n\
         class WitWorld(World):\n    def describe(self):\n        return types.Description(\"names\", \"\", \"{{}}\", \"{{}}\")\n\n    \
         def run(self, input):\n        return work(input)\n"
    );
    let _lock = lock("plain-python");
    calls_each(&built("python", &[("src/skill.py", skill)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_calls_a_tool_that_is_called_like_a_word_of_a_language() {
    let keywords = [
        "await", "type", "yield", "match", "fn", "impl", "mod", "crate", "super", "self", "gen",
        "try", "box", "dyn", "async", "true", "typeof",
    ];
    let calls = labels()
        .iter()
        .fold(String::new(), |mut calls, (_, label)| {
            let underscore = if keywords.contains(label) { "_" } else { "" };
            let name = label.replace('-', "_");
            let _ = writeln!(
                calls,
                "        words::{name}{underscore}(&words::{}Params::new(\"{label}\"))?;",
                pascal(label)
            );
            calls
        });
    let lib = format!(
        "use mcp_guest_sdk::{{Error, Skill}};\n\nmcp_guest_sdk::import_server!(\"wit/deps/mcp-server-words\");\n\n\
         struct Names;\n\nimpl Skill for Names {{\n    const DESCRIPTION: &str = \"\";\n    type Input = ();\n    type Output = ();\n\n    \
         fn run(_: ()) -> Result<(), Error> {{\n{calls}        Ok(())\n    }}\n}}\n\nmcp_guest_sdk::export_skill!(Names);\n"
    );
    let lib = lib
        .replace("type Input = ();", "type Input = Nothing;")
        .replace("fn run(_: ())", "fn run(_: Nothing)")
        .replace(
            "struct Names;",
            "#[derive(serde::Deserialize, mcp_guest_sdk::schemars::JsonSchema)]\n\
             #[schemars(crate = \"mcp_guest_sdk::schemars\")]\nstruct Nothing {}\n\nstruct Names;",
        );
    let _lock = lock("plain-rust");
    calls_each(&built("rust", &[("src/lib.rs", lib)])).await;
}

#[test]
fn c_has_a_function_for_a_tool_that_is_called_like_a_word_of_a_language() {
    let test = "c_has_a_function_for_a_tool_that_is_called_like_a_word_of_a_language";
    if !is_here(test, "c") {
        return;
    }
    let _lock = lock("plain-c");
    // The bindings of all tools are compiled with the skill.
    built("c", &[]);
    let header = kept("plain-c").join("build/bindings/skill.h");
    let header = fs::read_to_string(header).unwrap();
    for (_, label) in labels() {
        let function = format!("mcp_server_words_tools_{}(", label.replace('-', "_"));
        assert!(header.contains(&function), "{function}");
    }
}

#[test]
fn c_names_a_field_that_it_cannot_bind_before_anything_is_installed() {
    let host = Host::new();
    let list = host.dir.path().join("tools.json");
    let schema = json!({ "type": "object", "properties": { "restrict": { "type": "string" } }, "required": ["restrict"] });
    fs::write(
        &list,
        json!({ "tools": [{ "name": "echo", "inputSchema": schema }] }).to_string(),
    )
    .unwrap();
    let output = Command::new(binary("mcp-codegen"))
        .args([
            "new",
            "one",
            "--lang",
            "c",
            "--server",
            "words",
            "--from",
            "tools.json",
        ])
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    assert_eq!(ran(&output).code, Some(0), "{}", ran(&output).stderr);
    host.run(&["build", "one"]).fails_with(
        2,
        &[
            "field `restrict` of type `echo-params` of server `words` has a name in C that is a keyword",
            "hint:  leave the tool out",
        ],
    );
    assert!(!host.dir.path().join("one/.venv").exists());
}
