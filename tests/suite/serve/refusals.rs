//! What does not run, and what the agent reads instead. No call is made.

use serde_json::json;

use super::{Session, host};
use crate::cli::Host;

const ECHO: &str = "import { echo } from \"mcp:scripted\";\nexport default await echo({});";

/// A host whose scripts may only read.
fn strict() -> Host {
    let host = Host::new();
    host.scripted("ok");
    host
}

/// A run that waits for the user, because of this rule.
#[track_caller]
fn asks(session: &mut Session, rule: &str) {
    let answer = session.run(ECHO);
    assert!(answer.text.starts_with("paused  "), "{}", answer.text);
    assert!(answer.text.contains(rule), "{}", answer.text);
}

#[test]
fn a_tool_that_may_change_something_asks() {
    let host = strict();
    let mut session = Session::open(&host);
    asks(
        &mut session,
        "default for agents: the tool says that it is not read-only",
    );
}

#[test]
fn a_rule_of_the_directory_allows_an_agent_nothing() {
    let host = strict();
    host.file("mcp-host.toml", "[policy]\nallow = [\"scripted/echo\"]\n");
    let mut session = Session::open(&host);
    asks(
        &mut session,
        "default for agents: the tool says that it is not read-only",
    );
    host.file("mcp-host.toml", "[policy]\ndeny = [\"*/echo\"]\n");
    session
        .run(ECHO)
        .fails_with("import_denied", &["policy denies tool `scripted/echo`"]);
}

#[test]
fn a_rule_on_arguments_decides_about_each_call() {
    let host = strict();
    host.settings(
        "[policy]\nallow = [\"scripted/echo\"]\n\
         deny = [{ tool = \"scripted/echo\", where = { \"/n\" = { min = 5, if-absent = false } } }]\n",
    );
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
    let code = "import { echo } from \"mcp:scripted\";\n\
        const said = [];\n\
        for (const n of [4, 5, \"x\"]) {\n\
            try { await echo({ n }); said.push(\"ok\"); } catch (error) { said.push(error.code); }\n\
        }\n\
        export default said;";
    let said = session.result(code).1;
    assert_eq!(said, r#"["ok","denied","denied"]"#);
}

#[test]
fn a_rule_that_names_the_tool_allows_it() {
    let host = strict();
    host.settings("[policy]\nallow = [\"scripted/echo\"]\n");
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
}

#[test]
fn a_tool_that_may_destroy_has_to_be_named() {
    let host = strict();
    host.settings("[policy]\nallow = [\"scripted/*\"]\n");
    let mut session = Session::open(&host);
    asks(&mut session, "no entry of `allow` names the tool alone");
    drop(session);
    host.settings("[policy]\nallow = [\"scripted/*\"]\ndestructive = \"matched\"\n");
    let mut session = Session::open(&host);
    assert_eq!(session.result(ECHO).1, "\"{}\"");
}

#[test]
fn a_tool_that_only_reads_needs_no_rule() {
    let host = strict();
    let mut session = Session::open(&host);
    let script =
        "import { \"read-die-once\" as read } from \"mcp:scripted\";\nexport default typeof read;";
    assert_eq!(session.result(script).1, "\"function\"");
}

#[test]
fn deny_wins() {
    let host = strict();
    host.settings("[policy]\nallow = [\"scripted/echo\"]\ndeny = [\"*/ec*\"]\n");
    let mut session = Session::open(&host);
    session
        .run(ECHO)
        .fails_with("import_denied", &["policy denies tool `scripted/echo`"]);
}

#[test]
fn an_unknown_tool_is_refused_with_the_nearest_name() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import { ecko } from \"mcp:scripted\";\nexport default await ecko({});")
        .fails_with(
            "unknown_import",
            &[
                "0 calls made: safe to retry",
                "script.ts:1:10",
                "\"ecko\" is not in \"mcp:scripted\"",
                "did you mean echo",
            ],
        );
}

#[test]
fn an_unknown_server_and_a_module_of_node_are_refused() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import { a } from \"mcp:nowhere\";\nexport default await a({});")
        .fails_with("unknown_import", &["script.ts:1:10", "nowhere"]);
    session
        .run("import fs from \"node:fs\";\nexport default fs.readFileSync('x');")
        .fails_with("unknown_import", &["script.ts:1:", "node:fs"]);
}

#[test]
fn an_unknown_server_is_refused_with_the_servers_that_there_are() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import { echo } from \"mcp:scriptd\";\nexport default await echo({});")
        .fails_with("unknown_import", &["did you mean scripted"]);
}

#[test]
fn a_mistake_in_the_text_has_its_place_and_its_line() {
    let host = host();
    let mut session = Session::open(&host);
    session.run("const a = 1;\nconst = 2;\n").fails_with(
        "syntax",
        &["  no call was made\n", "script.ts:2:7", "const = 2;", "^"],
    );
}

#[test]
fn what_is_not_static_is_refused() {
    let host = host();
    let mut session = Session::open(&host);
    let script = "import * as s from \"mcp:scripted\";\nconst name = 'echo';\nexport default await s[name]({});";
    session
        .run(script)
        .fails_with("not_static", &["  no call was made\n", "script.ts:3:"]);
}

#[test]
fn arguments_that_break_the_schema_are_refused() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .run("import { echo } from \"mcp:scripted\";\nexport default await echo(\"hi\");")
        .fails_with(
            "bad_arguments",
            &["  no call was made\n", "script.ts:2:", "object"],
        );
}

#[test]
fn a_run_without_code_is_refused() {
    let host = host();
    let mut session = Session::open(&host);
    session
        .call("run_script", &json!({}))
        .fails_with("bad_arguments", &["`code` is missing"]);
    session
        .call("run_script", &json!({ "code": "return 1", "skill": "a" }))
        .fails_with("bad_arguments", &["exclude each other"]);
    let refused = session.call("search_tools", &json!({ "limit": "8" }));
    assert_eq!(
        refused.text,
        "error bad_arguments  no call was made\nargument `limit`: invalid type: string \"8\", expected a whole number; \
         `search_tools` takes query, server, limit and offset, and got limit"
    );
}

#[test]
fn a_tool_that_the_policy_denies_is_marked_as_denied() {
    let host = strict();
    host.settings("[policy]\ndeny = [\"scripted/echo\"]\n");
    let mut session = Session::open(&host);
    let found = session.call("search_tools", &json!({ "query": "scripted.echo" }));
    assert!(found.text.contains(" [denied]"), "{found:?}");
    assert!(!found.text.contains("[asks user]"), "{found:?}");
}

#[test]
fn a_server_where_a_tool_is_meant_and_an_unknown_server_are_said_to_be_so() {
    let host = host();
    let mut session = Session::open(&host);
    let described = session.call("describe_tools", &json!({ "names": ["scripted"] }));
    assert!(described.is_error);
    assert!(
        described.text.starts_with(
            "// `scripted` is a server, and no tool: search_tools {\"server\":\"scripted\"} lists its tools"
        ),
        "{described:?}"
    );
    let found = session.call("search_tools", &json!({ "server": "scriptd" }));
    assert!(found.is_error, "{found:?}");
    assert!(found.text.contains("did you mean scripted?"), "{found:?}");
}

#[test]
fn a_wrong_argument_is_named() {
    let host = host();
    let mut session = Session::open(&host);
    let cases = [
        ("run_script", json!({ "code": 5 }), "argument `code`: "),
        (
            "run_script",
            json!({ "code": "1", "max_tokens": -1 }),
            "argument `max_tokens`: ",
        ),
        (
            "describe_tools",
            json!({ "names": 5 }),
            "argument `names`: expected a list of texts, or one text;",
        ),
        ("run_script", json!({ "cod": "1" }), "unknown field `cod`"),
        (
            "run_script",
            json!({ "resume": "r_00000000", "input": {} }),
            "`input` goes with `code`",
        ),
    ];
    for (tool, arguments, why) in cases {
        let refused = session.call(tool, &arguments);
        assert!(refused.is_error, "{refused:?}");
        let (first, rest) = refused.text.split_once('\n').unwrap();
        assert!(first.starts_with("error bad_arguments  "), "{refused:?}");
        assert!(first.ends_with("  no call was made"), "{refused:?}");
        assert!(rest.starts_with(why), "{refused:?}");
    }
}

#[test]
fn the_state_of_the_session_survives_refusals() {
    let host = host();
    let mut session = Session::open(&host);
    let (id, _) = session.result("export default 7;");
    session.run("const = 1;").fails_with("syntax", &[]);
    let script = format!("import r from \"run:{id}\";\nexport default r;");
    assert_eq!(session.result(&script).1, "7");
}

#[test]
fn a_name_that_is_endless_is_that_of_no_tool_and_is_not_repeated() {
    let host = host();
    let mut session = Session::open(&host);
    let names = json!({ "names": [".".repeat(300_000)] });
    let answer = session.call("describe_tools", &names);
    assert!(
        answer.is_error && answer.text.len() < 1_000,
        "{}",
        answer.text.len()
    );
    let unknown = json!({ "code": "return 1", "x".repeat(1_000_000): 1 });
    let answer = session.call("run_script", &unknown);
    assert!(
        answer.is_error && answer.text.len() < 3_000,
        "{}",
        answer.text.len()
    );
}
