//! A server that changes the tools of a saved skill: version 1, 2, 3 of it.

use super::*;

#[test]
fn a_skill_whose_tool_changed_runs_nothing_until_it_was_tried_again() {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    assert_eq!(run(&host, "triage.ts").code, Some(0));
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs[0]["run"].as_str().unwrap();
    let save = ["skill", "save", id, "--name", "triage", "--yes"];
    assert_eq!(host.run(&save).code, Some(0));
    // Its types fit still: only the words changed.
    let mut second = tool();
    second["description"] = "Sends its arguments to another server.".into();
    define(&host, &second);
    run(&host, "triage").fails_with(
        5,
        &[
            "skill `triage@1` did not run: the definitions of its tools are not those that it was saved with",
            "changed: tool `wait` of server `fake`",
            "-description: Waits for a name.",
            "+description: Sends its arguments to another server.",
            "`mcp-host skill retest triage`",
        ],
    );
    assert_eq!(calls(&host), 1, "only the run that was saved");
    let ran = host.run(&[&["run", "triage", "--format", "json"][..], &INPUT].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "link-error");

    let asked = host.run(&["skill", "retest", "triage"]);
    asked.fails_with(
        2,
        &[
            "ran with the input of example 1: finished",
            "+description: Sends its arguments to another server.",
            "skill `triage` stays bound to the definitions that it was saved with",
        ],
    );
    assert_eq!(calls(&host), 2);
    assert_eq!(run(&host, "triage").code, Some(5));
    let saved = json_of(&host, &["skill", "retest", "triage", "--yes"]);
    assert_eq!(saved["version"], 2);
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
    assert_eq!(run(&host, "triage@1").code, Some(5));
    assert_eq!(host.run(&["skill", "test", "triage"]).code, Some(0));
    // Nothing differs any more.
    let again = host.run(&["skill", "retest", "triage", "--yes"]);
    assert!(
        again.stdout.contains("nothing is saved"),
        "{}",
        again.stdout
    );

    // The third version of the server takes other arguments: no definition makes the skill fit.
    let mut third = second.clone();
    third["inputSchema"]["properties"] = json!({ "who": { "type": "string" } });
    third["inputSchema"]["required"] = json!(["who"]);
    define(&host, &third);
    run(&host, "triage").fails_with(5, &["skill `triage@2` did not run", "\"who\""]);
    assert_ne!(
        host.run(&["skill", "retest", "triage", "--yes"]).code,
        Some(0)
    );
    assert_eq!(json_of(&host, &["skill", "show", "triage"])["version"], 2);
}

#[test]
fn a_tool_that_is_gone_or_writes_from_now_on_is_a_change_too() {
    let host = added();
    define(
        &host,
        &json!({ "name": "other", "inputSchema": { "type": "object" } }),
    );
    run(&host, "triage").fails_with(5, &["gone: tool `wait` of server `fake`"]);
    let mut writes = tool();
    writes["annotations"] = json!({ "readOnlyHint": false });
    define(&host, &writes);
    run(&host, "triage").fails_with(5, &["readOnlyHint"]);
    assert_eq!(calls(&host), 0);
    // It is not tried, because it may change something.
    let saved = host.run(&["skill", "retest", "triage"]);
    saved.fails_with(
        2,
        &["it did not run, because fake/wait may change something"],
    );
    assert_eq!(calls(&host), 0);
    assert_eq!(
        host.run(&["skill", "retest", "triage", "--yes"]).code,
        Some(0)
    );
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
}

#[test]
fn another_tool_of_the_server_may_change() {
    let host = added();
    let other = json!({ "name": "other", "inputSchema": { "type": "object" } });
    host.file(
        "tools.json",
        json!({ "tools": [other, tool()] }).to_string(),
    );
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
}

#[test]
fn a_server_under_another_name_is_another_server() {
    let host = added();
    let config = std::fs::read_to_string(host.dir.path().join("mcp.json")).unwrap();
    // The name in an import is the same for both.
    host.file("mcp.json", config.replace("\"fake\"", "\"Fake\""));
    run(&host, "triage").fails_with(
        5,
        &["it was not saved with the definition of tool `wait` of server `Fake`"],
    );
    assert_eq!(calls(&host), 0);
}
