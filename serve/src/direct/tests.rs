//! Tests of the list of direct mode.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_bridge::JsonObject;

use super::*;

fn list(tools: &[(&str, &str)]) -> List {
    let passed = tools.iter().map(|(server, tool)| {
        let definition = Tool::new(tool.to_string(), "does it", Arc::new(JsonObject::new()));
        Passed {
            server: (*server).to_owned(),
            tool: (*tool).to_owned(),
            listed: renamed(server, definition),
            has_drifted: false,
        }
    });
    List {
        passed: passed.collect(),
        denied: ["x", "y"]
            .map(|tool| Denied {
                server: "a".to_owned(),
                tool: tool.to_owned(),
                name: passed_name("a", tool),
            })
            .into(),
        servers: 1,
        unknown: 0,
    }
}

#[test]
fn more_than_40_tools_are_refused_unless_they_are_forced() {
    let names: Vec<_> = (0..=MOST_TOOLS).map(|at| format!("tool{at}")).collect();
    let many: Vec<_> = names.iter().map(|name| ("s", &**name)).collect();
    assert!(list(&many[1..]).checked(false).is_ok());
    let refused = list(&many).checked(false).err().unwrap().to_string();
    assert!(
        refused.starts_with("41 tools are more than the 40"),
        "{refused}"
    );
    assert!(list(&many).checked(true).is_ok());
}

#[test]
fn two_tools_of_one_name_are_refused_with_both_named() {
    let refused = list(&[("a", "b_c"), ("a_b", "c")])
        .checked(true)
        .err()
        .unwrap();
    assert_eq!(
        refused.to_string(),
        "tools `b_c` of server `a` and `c` of server `a_b` would both be `a_b_c`"
    );
}

#[test]
fn the_summary_says_what_the_list_costs_and_what_is_not_in_it() {
    let summary = list(&[("a", "b")]).summary();
    assert!(
        summary.starts_with("1 tool of 1 server, about "),
        "{summary}"
    );
    assert!(
        summary.ends_with(" tokens (estimated); policy leaves out 2"),
        "{summary}"
    );
}

#[test]
fn tools_that_drifted_are_counted_and_not_listed() {
    let mut list = list(&[("a", "b"), ("a", "c")]);
    list.passed[0].has_drifted = true;
    let names: Vec<_> = list.listed().map(|passed| &*passed.listed.name).collect();
    assert_eq!(names, ["a_c"]);
    let summary = list.summary();
    assert!(
        summary.starts_with("1 tool of 1 server, about ")
            && summary.ends_with("; 1 changed since their server was pinned"),
        "{summary}"
    );
}
