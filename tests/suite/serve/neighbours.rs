//! A good server beside a broken, a slow, a dying one, and one that wants a login: its answer waits for none of them.
//! The order of the answers shows that, and no clock.

use mcp_tests::binary;
use serde_json::{Value, json};

use super::golden::refuses_credentials;
use super::{Session, configure, scripted};
use crate::cli::Host;

fn neighbours() -> Host {
    let host = Host::new();
    host.settings("[policy]\nallow = [\"good/echo\", \"dying/die\", \"slow/sleep\"]\n");
    let slow = json!({ "command": binary("examples/scripted-server"), "args": ["never-answers"] });
    let broken = json!({ "command": "sh", "args": ["-c", "exit 3"] });
    configure(
        &host,
        &json!({
            "slow": slow,
            "broken": broken,
            "dying": scripted(),
            "login": { "url": refuses_credentials() },
            "good": scripted(),
        }),
    );
    host
}

/// Sends a script that calls one tool, and gives the id of the request.
fn script(session: &mut Session, server: &str, tool: &str) -> u64 {
    let code =
        format!("import {{ {tool} }} from \"mcp:{server}\";\nexport default await {tool}({{}});");
    session.send_call("run_script", &json!({ "code": code }))
}

/// The ids of the next answers, in the order in which they come, and their texts.
fn next(session: &Session, answers: usize) -> Vec<(u64, String)> {
    let answer = |line: String| {
        let message: Value = serde_json::from_str(&line).unwrap();
        let text = message["result"]["content"][0]["text"].as_str();
        Some((message["id"].as_u64()?, text?.to_owned()))
    };
    let lines = std::iter::from_fn(|| session.lines.recv_timeout(super::PATIENCE).ok());
    lines.filter_map(answer).take(answers).collect()
}

#[test]
fn a_good_server_answers_before_a_slow_one_has_started() {
    let host = neighbours();
    let mut session = Session::open(&host);
    let slow = script(&mut session, "slow", "sleep");
    let others = [
        (
            script(&mut session, "broken", "a"),
            "error server_unavailable",
        ),
        (script(&mut session, "login", "a"), "error login_required"),
        (script(&mut session, "dying", "die"), "error tool_failed"),
        (script(&mut session, "good", "echo"), "ok"),
    ];
    // The slow one was asked first, and has not answered when all others have.
    let answers = next(&session, others.len());
    for (id, start) in others {
        let answer = answers.iter().find(|(answered, _)| *answered == id);
        let (_, text) = answer
            .unwrap_or_else(|| panic!("no answer to {id}, of {slow} {others:?}: {answers:?}"));
        assert!(text.starts_with(&format!("{start}  run r_")), "{text}");
    }
    // A search says how each stands, and waits for none.
    let text = session.search("");
    for part in [
        "slow  starting",
        "broken  down: ",
        "login  needs login",
        "good  ",
    ] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn a_server_that_dies_in_a_call_is_started_again_for_the_next_and_hurts_no_other() {
    let host = neighbours();
    let mut session = Session::open(&host);
    let code = "import { die } from \"mcp:dying\";\nimport { echo } from \"mcp:good\";\n\
        const [lost, kept] = await Promise.allSettled([die({}), echo({ n: 1 })]);\n\
        export default [lost.status, kept.value];";
    for _ in 0..2 {
        let (_, result) = session.result(code);
        assert_eq!(result, r#"["rejected","{\"n\":1}"]"#);
    }
}

#[test]
fn a_tool_of_a_server_that_starts_is_waited_for_and_one_of_a_server_that_hangs_is_not_denied() {
    let host = neighbours();
    let mut session = Session::open(&host);
    // The first request of all: no list is kept.
    let described = session.call("describe_tools", &json!({ "names": ["good.echo"] }));
    assert!(!described.is_error, "{}", described.text);
    assert!(
        described.text.contains("function echo("),
        "{}",
        described.text
    );
    let hangs = session.call("describe_tools", &json!({ "names": ["slow.sleep"] }));
    assert!(hangs.is_error, "{}", hangs.text);
    let said = "// server slow  starting: ask again";
    assert!(hangs.text.contains(said), "{}", hangs.text);
    let searched = session.search("slow.sleep");
    assert_eq!(
        searched,
        "the tools of this server are not known: slow  starting"
    );
}
