//! What people write by hand: arguments, addresses, commands and files. Each mistake is named with what to write.

use serde_json::json;

use super::Host;

fn host() -> Host {
    let host = Host::new();
    let issue = json!({
        "type": "object",
        "properties": { "text": { "type": "string" }, "n": { "type": "integer" } },
        "required": ["text"],
    });
    let tools = json!({ "tools": [
        { "name": "open", "inputSchema": { "type": "object" } },
        { "name": "issue", "inputSchema": issue },
    ] });
    let tools = host.file("tools.json", tools.to_string());
    host.config(&json!({
        "command": mcp_tests::binary("examples/scripted-server"),
        "args": ["listed"],
        "env": { "SCRIPTED_TOOLS": tools },
    }));
    host
}

#[test]
fn call_tells_all_faults_of_the_arguments_and_takes_what_the_schema_leaves_open() {
    let host = host();
    let called = host.run(&["call", "scripted", "issue", r#"{"txet": "x", "n": "3"}"#]);
    called.fails_with(
        2,
        &[
            "argument `/txet`: is not known to the tool; did you mean `text`?",
            "argument `/n`: is a string, and the tool takes a whole number",
            "argument `/text`: is missing",
        ],
    );
    let called = host.run(&["call", "scripted", "open", r#"{"h": 1}"#]);
    assert_eq!(
        (called.code, &*called.stdout),
        (Some(0), "{\"h\":1}\n"),
        "{}",
        called.stderr
    );
    host.file(
        "s.ts",
        "import { open } from \"mcp:scripted\";\nexport default await open({ h: 1 });",
    );
    assert_eq!(host.run(&["run", "s.ts"]).stdout, "{\"h\":1}\n");
}

#[test]
fn name_that_stands_twice_in_an_input_is_refused() {
    let host = host();
    let called = host.run(&["call", "scripted", "open", r#"{"a": {"b": 1, "b": 2}}"#]);
    called.fails_with(2, &["the input from the command line has `a.b` twice"]);
    host.file("s.ts", "export default 1;");
    let ran = host.run(&["run", "s.ts", "--input", r#"{"a": 1, "a": 1}"#]);
    ran.fails_with(2, &["has `a` twice"]);
}

#[test]
fn arguments_as_other_programs_have_them_are_shown_as_json() {
    let called = host().run(&["call", "scripted", "open", "text=x y"]);
    called.fails_with(
        2,
        &[
            "is not JSON",
            r#"write the arguments as JSON: '{"text":"x y"}'"#,
        ],
    );
}

#[test]
fn server_that_cannot_work_is_not_added() {
    let host = Host::new();
    let add = |more: &[&str]| host.run(&[&["server", "add", "s"], more].concat());
    add(&["--url", "localhost:1/mcp?key=hunter2"]).fails_with(
        2,
        &[
            "the address has no scheme",
            "write `--url http://localhost...`",
        ],
    );
    add(&["--url", "example.org/mcp"]).fails_with(2, &["write `--url https://example.org...`"]);
    add(&["--url", "ws://example.org"]).fails_with(2, &["`ws` is no scheme of an MCP server"]);
    add(&["--", "python3 s.py hunter2"])
        .fails_with(2, &["in one word", "mcp-host server add s -- python3 ..."]);
    assert!(!host.dir.path().join("mcp.json").exists());
    let added = add(&["--url", "${ADDRESS}"]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
}

#[test]
fn file_of_another_kind_is_named() {
    let host = host();
    let wit = mcp_tests::binary("mcp-codegen");
    let ran = std::process::Command::new(wit)
        .args(["wit", "scripted", "--from", "mcp.json"])
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    super::ran(&ran).fails_with(
        6,
        &["it is a configuration of servers, not a list of tools: name it with `--config`"],
    );
    for (name, contents, says) in [
        ("empty.wasm", "", "not WebAssembly: it is empty"),
        ("a.json", "{\"a\": 1}", "it looks like JSON"),
        ("b.wasm", "text", "it starts with \"text\""),
    ] {
        host.file(name, contents);
        host.run(&["run", name]).fails_with(5, &[says]);
    }
    host.file("mcp.lock", "");
    let called = host.run(&["call", "scripted", "open"]);
    assert!(called.stderr.contains("it is empty"), "{}", called.stderr);
}

#[test]
fn option_and_its_value_in_one_string_is_warned_about_where_the_server_is_used() {
    let host = Host::new();
    let server = |args: &[&str]| json!({ "command": "true", "args": args });
    let config =
        json!({ "mcpServers": { "a": server(&["-y @scope/server"]), "b": server(&["--port 1"]) } });
    host.file("mcp.json", config.to_string());
    let called = host.run(&["call", "a", "x"]);
    let says = "an option and its value stand in one string";
    assert_eq!(called.stderr.matches(says).count(), 1, "{}", called.stderr);
    assert!(called.stderr.contains("args[0]"), "{}", called.stderr);
}

#[test]
fn path_that_no_shell_expanded_is_named() {
    Host::new()
        .run(&["server", "list", "--config", "~/mcp.json"])
        .fails_with(2, &["`~/mcp.json` does not exist: a shell reads `~` only"]);
}

#[test]
fn pins_that_fit_are_said_and_a_misspelt_name_has_a_near_one() {
    let host = host();
    assert_eq!(host.run(&["server", "pin", "scripted"]).code, Some(0));
    let same = host.run(&["server", "diff", "scripted"]);
    assert!(same.stderr.contains("no difference"), "{}", same.stderr);
    host.run(&["server", "unpin", "scriptd"])
        .fails_with(2, &["is not pinned", "did you mean `scripted`?"]);
}
