//! `mcp-codegen new`: what it writes, and what it leaves alone. That it builds and runs is tested in
//! `tests/suite/languages`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first tool needs a record, the second two texts, the third nothing, and says less than the fourth.
const TOOLS: &str = r#"{"tools": [
    {"name": "createThing", "inputSchema": {"type": "object", "required": ["thing"],
        "properties": {"thing": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}}},
    {"name": "getThing", "inputSchema": {"type": "object", "required": ["ownerName", "id"],
        "properties": {"ownerName": {"type": "string"}, "id": {"type": "string"}, "deep": {"type": "boolean"}}}},
    {"name": "ping", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object", "required": ["ok"],
        "properties": {"ok": {"type": "boolean"}}}},
    {"name": "listThings", "inputSchema": {"type": "object", "properties": {"limit": {"type": "integer"}}},
        "outputSchema": {"type": "object", "required": ["things"],
            "properties": {"things": {"type": "array", "items": {"type": "string"}}}}}
]}"#;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A directory of its own for one test, with `tools.json` in it.
fn scratch(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("new-{test}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("tools.json"), TOOLS).unwrap();
    dir
}

fn new(dir: &Path, args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"))
        .arg("new")
        .args(args)
        .current_dir(dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const THINGS: [&str; 4] = ["--server", "things", "--from", "tools.json"];

#[test]
fn a_file_that_is_there_is_not_overwritten_without_force() {
    let dir = scratch("force");
    fs::create_dir_all(dir.join("mine/src")).unwrap();
    fs::write(dir.join("mine/src/skill.js"), "my own").unwrap();
    let refused = new(&dir, &["mine", "--lang", "js"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(
        refused.stderr,
        "error: `mine` has these files already: src/skill.js; nothing was written (`--force` overwrites them)\n"
    );
    assert!(!dir.join("mine/package.json").exists());
    assert_eq!(
        fs::read_to_string(dir.join("mine/src/skill.js")).unwrap(),
        "my own"
    );

    let forced = new(&dir, &["mine", "--lang", "js", "--force"]);
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    assert_ne!(
        fs::read_to_string(dir.join("mine/src/skill.js")).unwrap(),
        "my own"
    );
}

#[test]
fn a_dry_run_lists_the_files_and_writes_none() {
    let dir = scratch("dry");
    let ran = new(
        &dir,
        &[&["some", "--lang", "python", "--dry-run"], &THINGS[..]].concat(),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let listed: Vec<&str> = ran
        .stdout
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(
        listed,
        [
            "some/pyproject.toml",
            "some/src/skill.py",
            "some/src/mcp.py",
            "some/test/test_skill.py",
            "some/wit/world.wit",
            "some/README.md",
            "some/.gitignore",
            "some/wit/deps/mcp-server-things/tools.wit",
            "some/wit/deps/mcp-tools/files.wit",
            "some/wit/deps/mcp-tools/log.wit",
            "some/wit/deps/mcp-tools/skill.wit",
            "some/wit/deps/mcp-tools/state.wit",
            "some/wit/deps/mcp-tools/tools.wit",
            "some/wit/deps/mcp-tools/types.wit",
        ]
    );
    assert!(!dir.join("some").exists());
}

#[test]
fn the_first_skill_calls_the_tool_that_needs_least() {
    let dir = scratch("least");
    let ran = new(&dir, &[&["some", "--lang", "js"], &THINGS[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let work = fs::read_to_string(dir.join("some/src/work.js")).unwrap();
    assert!(
        work.contains("call(tools.listThings, {\n    limit: null,\n  })"),
        "{work}"
    );
    assert!(work.contains("`${answer.things.length} things`"), "{work}");
}

#[test]
fn what_the_tool_needs_is_the_input_of_the_skill() {
    let dir = scratch("needs");
    let only = [
        "some", "--lang", "js", "--server", "things", "--tools", "getThing",
    ];
    let ran = new(&dir, &[&only[..], &THINGS[2..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = |file: &str| fs::read_to_string(dir.join("some").join(file)).unwrap();
    let work = text("src/work.js");
    assert!(work.contains("required: [\"ownerName\", \"id\"]"), "{work}");
    assert!(
        work.contains("    ownerName: values.ownerName,\n    id: values.id,\n    deep: null,\n"),
        "{work}"
    );
    assert!(text("README.md").contains(r#"--input '{"ownerName": "...", "id": "..."}'"#));
    // What it may call is what was asked for.
    assert!(!text("wit/deps/mcp-server-things/tools.wit").contains("list-things"));
}

#[test]
fn a_tool_that_needs_more_is_left_to_the_author() {
    let dir = scratch("more");
    let only = [
        "some",
        "--lang",
        "js",
        "--server",
        "things",
        "--tools",
        "createThing",
    ];
    let ran = new(&dir, &[&only[..], &THINGS[2..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with(
            "every tool needs more than texts, numbers and flags: the skill that is made calls none of them yet\n"
        ),
        "{}",
        ran.stderr
    );
    let world = fs::read_to_string(dir.join("some/wit/world.wit")).unwrap();
    assert!(world.contains("import mcp-server:things/tools;"), "{world}");
}

#[test]
fn tools_belong_to_the_server_before_them() {
    let dir = scratch("before");
    let first = [
        "some",
        "--lang",
        "js",
        "--tools",
        "ping",
        "--server",
        "things",
        "--from",
        "tools.json",
    ];
    let ran = new(&dir, &first);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("`--tools` needs a `--server` before it"),
        "{}",
        ran.stderr
    );
    let unknown = [
        "some",
        "--lang",
        "js",
        "--server",
        "things",
        "--tools",
        "pong",
        "--from",
        "tools.json",
    ];
    let ran = new(&dir, &unknown);
    assert!(
        ran.stderr
            .contains("server `things` has no tool `pong`; it has"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_name_that_no_language_could_take_is_refused() {
    let dir = scratch("names");
    for (name, why) in [
        ("Open", "lowercase letters"),
        ("2nd", "lowercase letters"),
        ("a--b", "lowercase letters"),
        ("record", "no keyword of WIT"),
        ("skill", "a file or a module of the skill is called so"),
    ] {
        let ran = new(&dir, &[name, "--lang", "c"]);
        assert_eq!(ran.code, Some(2), "{name}");
        assert!(ran.stderr.contains(why), "{name}: {}", ran.stderr);
        assert!(!dir.join(name).exists());
    }
}

#[test]
fn an_sdk_that_is_not_there_is_named() {
    let dir = scratch("sdk");
    let ran = new(&dir, &["some", "--lang", "rust", "--sdk", "nowhere"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.starts_with("error: there is no `mcp-guest-sdk` in `nowhere`; name the directory `guest-sdk` of a clone"),
        "{}",
        ran.stderr
    );
}

/// Three tools of which the types of the first cannot be called after it: the others are called so.
const CLAIMED: &str = r#"{"tools": [
    {"name": "get", "inputSchema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
        "outputSchema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}},
    {"name": "get_params", "inputSchema": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array"}}}},
    {"name": "get_result", "inputSchema": {"type": "object", "required": ["b"], "properties": {"b": {"type": "array"}}}}
]}"#;

#[test]
fn the_types_of_the_call_have_the_names_of_the_package() {
    let dir = scratch("claimed");
    fs::write(dir.join("tools.json"), CLAIMED).unwrap();
    for (language, file, expected) in [
        ("rust", "src/lib.rs", "&things::GetGetParams::new(input.a)"),
        (
            "python",
            "src/skill.py",
            "tools.GetGetParams(values[\"a\"])",
        ),
        (
            "c",
            "src/skill.c",
            "mcp_server_things_tools_get_get_params_t params;",
        ),
        (
            "c",
            "src/skill.c",
            "mcp_server_things_tools_get_get_result_t answer;",
        ),
    ] {
        let args = ["some", "--lang", language, "--force"];
        let ran = new(&dir, &[&args[..], &THINGS[..]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let text = fs::read_to_string(dir.join("some").join(file)).unwrap();
        assert!(text.contains(expected), "{language}: {text}");
    }
}

#[test]
fn a_server_may_be_called_like_a_word_of_a_language() {
    let dir = scratch("words");
    for server in [
        "stream",
        "list",
        "map",
        "type",
        "from",
        "interface",
        "resource",
        "self",
        "log",
        "serde",
    ] {
        let rust = ["some", "--lang", "rust", "--force", "--server", server];
        let ran = new(&dir, &[&rust[..], &THINGS[2..]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let lib = fs::read_to_string(dir.join("some/src/lib.rs")).unwrap();
        let (module, import) = match server {
            "stream" | "list" | "map" | "interface" | "resource" => {
                (server.to_owned(), String::new())
            }
            _ => (format!("{server}_"), format!(" as {server}_")),
        };
        let import = format!("import_server!(\"wit/deps/mcp-server-{server}\"{import});");
        assert!(lib.contains(&import), "{lib}");
        assert!(
            lib.contains(&format!(
                "= {module}::list_things({module}::ListThingsParams::default())"
            )),
            "{lib}"
        );
        assert!(
            lib.contains(&format!("use super::{module}::doubles;")),
            "{lib}"
        );

        let c = ["other", "--lang", "c", "--force", "--server", server];
        let ran = new(&dir, &[&c[..], &THINGS[2..]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        wit_parser::Resolve::default()
            .push_dir(dir.join("other/wit"))
            .unwrap();
    }
}

#[test]
fn two_servers_of_one_label_are_refused() {
    let dir = scratch("same");
    let config =
        r#"{"mcpServers": {"My_Server": {"command": "x"}, "my-server": {"command": "x"}}}"#;
    fs::write(dir.join("mcp.json"), config).unwrap();
    let same = [
        "some",
        "--lang",
        "js",
        "--server",
        "My_Server",
        "--server",
        "my-server",
    ];
    let ran = new(&dir, &same);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "error: servers `My_Server` and `my-server` would both be the package `mcp-server:my-server`; \
         rename one of them in the configuration, or import only one\n"
    );
    let twice = [
        "some",
        "--lang",
        "js",
        "--server",
        "my-server",
        "--server",
        "my-server",
    ];
    let ran = new(&dir, &twice);
    assert_eq!(
        ran.stderr,
        "error: server `my-server` is given twice; give all its tools to one `--tools`\n"
    );
}

#[path = "new/descriptions.rs"]
mod descriptions;

#[path = "new/script.rs"]
mod script;
