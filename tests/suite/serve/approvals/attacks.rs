//! Attacks on decisions: forged ones, ones that are used twice, ones that race, and runs that hide what they ask.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::super::Session;
use super::asked::{modern, say};
use super::{ECHO, echoed, host, ledger, resume, run, run_of};
use crate::cli::Host;

/// A run that waits.
fn paused(host: &Host) -> (Session, String) {
    let mut session = Session::open(host);
    let id = run_of(&run(&mut session, ECHO).text);
    (session, id)
}

#[test]
fn a_decision_that_was_written_into_the_ledger_by_hand_is_named() {
    let host = host();
    let (mut session, id) = paused(&host);
    let path = ledger(&host, &id);
    let written = std::fs::read_to_string(&path).unwrap();
    let decision = json!({ "n": 1, "decision": { "allow": true, "scope": "once", "by": "x", "at": "2026-01-01T00:00:00Z" } });
    let decision = decision.to_string();
    let last = written.lines().last().unwrap();
    let chain = &last[last.rfind(",\"chain\"").unwrap()..];
    // Without a hash, with that of another line, and one that another run made.
    let open = &decision[..decision.len() - 1];
    let (mut other_session, other) = paused(&host);
    assert_eq!(host.run(&["approve", &other, "--once"]).code, Some(0));
    let copied = std::fs::read_to_string(ledger(&host, &other)).unwrap();
    let copied = copied.lines().last().unwrap().to_owned();
    for forged in [decision.clone(), format!("{open}{chain}"), copied] {
        std::fs::write(&path, format!("{written}{forged}\n")).unwrap();
        let line = written.lines().count() + 1;
        let shown = host.run(&["runs", "show", &id]);
        let named = format!("line {line} of the ledger was changed");
        assert!(shown.stderr.contains(&named), "{}", shown.stderr);
        let answer = resume(&mut session, &id);
        assert!(answer.is_error, "{answer:?}");
        assert!(echoed(&host).is_empty(), "{forged}");
    }
    // As it was, it goes on.
    std::fs::write(&path, &written).unwrap();
    assert!(resume(&mut session, &id).text.starts_with("paused  "));
    assert!(resume(&mut other_session, &other).text.starts_with("ok  "));
}

#[test]
fn no_argument_of_the_model_decides() {
    let host = host();
    let (mut session, id) = paused(&host);
    let decision = json!({ "action": "accept", "content": { "decision": "allow once" } });
    for more in [
        json!({ "approve": true }),
        json!({ "decision": "allow once" }),
        json!({ "inputResponses": { "decision": decision } }),
        json!({ "requestState": "x" }),
        json!({ "_meta": { "decision": "allow once" } }),
    ] {
        let mut arguments = more;
        arguments["resume"] = json!(id);
        let answer = session.call("run_script", &arguments);
        assert!(answer.text.starts_with("error bad_arguments"), "{answer:?}");
    }
    // Beside the arguments, only a sealed state counts.
    let params = json!({
        "name": "run_script",
        "arguments": { "resume": id },
        "inputResponses": { "decision": decision },
    });
    let answer = session.request("tools/call", &params);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("paused  "), "{answer}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_decision_about_one_question_does_not_decide_the_next_one() {
    let host = host();
    let mut session = Session::modern(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                await echo({ n: 1 });\nexport default await echo({ n: 2 });";
    let code = json!({ "code": code });
    let allow =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    let first = modern(&mut session, &code, &json!({}));
    let state = &first["result"]["requestState"];
    let more = json!({ "requestState": state, "inputResponses": allow });
    let second = modern(&mut session, &code, &more);
    assert_eq!(second["result"]["resultType"], "input_required", "{second}");
    assert_eq!(echoed(&host), [json!({ "n": 1 })]);
    // The state of the first question once more.
    let again = modern(&mut session, &code, &more);
    assert_eq!(echoed(&host).len(), 1, "{again}");
    let more = json!({ "requestState": second["result"]["requestState"], "inputResponses": allow });
    let done = modern(&mut session, &code, &more);
    let text = done["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("ok  "), "{done}");
    assert_eq!(echoed(&host).len(), 2);
}

#[test]
fn of_two_decisions_at_once_one_counts() {
    let host = host();
    for _ in 0..5 {
        let before = echoed(&host).len();
        let (mut session, id) = paused(&host);
        let both = ["--once", "--deny"].map(|how| {
            let mut command = host.command(&["approve", &id, how]);
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        });
        let codes = both.map(|mut child| child.wait().unwrap().code());
        let counted = codes.iter().filter(|code| **code == Some(0)).count();
        assert_eq!(counted, 1, "{codes:?}");
        let answer = resume(&mut session, &id);
        let allowed = codes[0] == Some(0);
        assert_eq!(answer.text.starts_with("ok  "), allowed, "{answer:?}");
        assert_eq!(echoed(&host).len() - before, usize::from(allowed));
    }
}

#[test]
fn of_two_resumes_at_once_one_makes_the_call() {
    let host = host();
    let (mut first, id) = paused(&host);
    let mut second = Session::open(&host);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let arguments = json!({ "resume": id });
    let one = first.send_call("run_script", &arguments);
    let other = second.send_call("run_script", &arguments);
    let answers = [first.answer(one), second.answer(other)];
    let began = |answer: &&super::super::Answer| answer.text.starts_with("ok  ");
    assert!(answers.iter().any(|answer| began(&answer)), "{answers:?}");
    assert_eq!(echoed(&host).len(), 1, "{answers:?}");
}

#[test]
fn a_run_that_is_under_way_hears_no_decision() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                await echo({ n: 1 });\nawait sleep({ ms: 3000 });\nexport default 1;";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let call = session.send_call("run_script", &json!({ "resume": id }));
    while echoed(&host).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for command in [
        ["approve", &id, "--deny"].as_slice(),
        &["runs", "cancel", &id],
    ] {
        let refused = host.run(command);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("in use by another process"),
            "{}",
            refused.stderr
        );
    }
    assert!(session.answer(call).text.starts_with("ok  "));
}

#[test]
fn a_rule_that_was_added_after_an_approval_denies() {
    let host = host();
    let (mut session, id) = paused(&host);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    host.settings("[policy]\ndeny = [\"scripted/echo\"]\n");
    let answer = resume(&mut session, &id);
    assert!(answer.text.starts_with("error import_denied"), "{answer:?}");
    // A rule about these arguments, too.
    host.settings(
        "[policy]\ndeny = [{ tool = \"scripted/echo\", where = { \"/n\" = { equals = 1 } } }]\n",
    );
    let answer = resume(&mut session, &id);
    assert!(
        answer.is_error && answer.text.contains("policy denies this call"),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_resumed_run_has_the_calls_of_a_rule_that_are_left() {
    let host = host();
    host.settings("[policy]\nallow = [{ tool = \"scripted/echo\", per-run = 2 }]\n");
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                for (let n = 0; n < 4; n++) await echo({ n });\nexport default \"all\";";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(echoed(&host).len(), 2);
    for made in [3, 4] {
        assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
        resume(&mut session, &id);
        assert_eq!(echoed(&host).len(), made);
    }
    assert!(resume(&mut session, &id).text.contains("\"all\""));
}

#[test]
fn a_resumed_run_has_the_calls_of_its_budget_that_are_left() {
    let host = host();
    host.settings(
        "[policy]\nallow = [\"scripted/echo\"]\n\
         ask = [{ tool = \"scripted/echo\", where = { \"/asks\" = { equals = true, if-absent = false } } }]\n",
    );
    let mut session = Session::with(&host, &["--max-calls", "3"]);
    let code = "import { echo } from \"mcp:scripted\";\n\
                for (let n = 0; n < 5; n++) await echo(n === 2 ? { n, asks: true } : { n });";
    let id = run_of(&run(&mut session, code).text);
    assert_eq!(echoed(&host).len(), 2);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    let answer = resume(&mut session, &id);
    assert!(answer.text.starts_with("error limit_calls"), "{answer:?}");
    assert_eq!(echoed(&host).len(), 3);
}

#[test]
fn what_is_not_shown_is_not_decided() {
    let host = host();
    let mut session = Session::of(&host, &[], "2025-11-25", &json!({ "elicitation": {} }));
    let code = "import { echo } from \"mcp:scripted\";\n\
                const text = \"x\".repeat(900);\n\
                const all = Array.from({ length: 30 }, (_, n) => echo({ n, text }));\n\
                export default (await Promise.all(all)).length;";
    let call = session.send_call("run_script", &json!({ "code": code }));
    let mut shown = 0;
    for _ in 0..3 {
        let question = session.wait_for("elicitation/create");
        let message = question["params"]["message"].as_str().unwrap();
        assert!(message.len() < 16_000, "{}", message.len());
        assert_eq!(
            echoed(&host).len(),
            0,
            "all calls of one moment wait for each other"
        );
        shown += message.matches("scripted.echo ").count();
        let accept = json!({ "action": "accept", "content": { "decision": "allow once" } });
        say(&mut session, &question, &accept);
    }
    let answer = session.answer(call);
    assert!(answer.text.ends_with("\n30"), "{answer:?}");
    assert_eq!((shown, echoed(&host).len()), (30, 30));
}

#[test]
fn an_agent_is_shown_a_bounded_part_of_many_questions() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                const text = \"x\".repeat(5000);\n\
                await Promise.all(Array.from({ length: 200 }, (_, n) => echo({ text, n })));";
    let paused = run(&mut session, code);
    assert!(paused.text.len() < 16_000, "{}", paused.text.len());
    let more = paused
        .text
        .lines()
        .find(|line| line.starts_with("and "))
        .unwrap();
    assert!(
        more.contains(" more calls, which `mcp-host runs show "),
        "{more}"
    );
    // Calls that differ behind what is shown are told apart.
    let shown: Vec<_> = paused
        .text
        .lines()
        .filter(|line| line.starts_with("scripted.echo "))
        .collect();
    let different: std::collections::BTreeSet<_> = shown.iter().collect();
    assert_eq!(shown.len(), different.len());
}

#[test]
fn where_other_users_can_write_no_run_waits() {
    let host = host();
    let (session, id) = paused(&host);
    session.kill();
    let runs = ledger(&host, &id);
    let runs = runs.parent().unwrap().parent().unwrap();
    std::fs::set_permissions(runs, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = host.run(&["approve", &id, "--once"]);
    assert_ne!(refused.code, Some(0));
    assert!(
        refused.stderr.contains("is not private"),
        "{}",
        refused.stderr
    );
    let mut session = Session::open(&host);
    let answer = run(&mut session, ECHO);
    assert!(
        answer.is_error && answer.text.contains("this run cannot wait"),
        "{answer:?}"
    );
    assert!(echoed(&host).is_empty());
}

#[test]
fn an_answer_that_comes_too_late_decides_nothing() {
    let host = host();
    let mut session = Session::start(&host, &["--wait", "1s"]);
    let code = json!({ "code": ECHO });
    let asked = modern(&mut session, &code, &json!({}));
    let state: &Value = &asked["result"]["requestState"];
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let allow =
        json!({ "decision": { "action": "accept", "content": { "decision": "allow once" } } });
    let more = json!({ "requestState": state, "inputResponses": allow });
    let late = modern(&mut session, &code, &more);
    let text = late["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("error approval_expired"), "{late}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_decision_by_digest_is_about_that_question_alone() {
    let host = host();
    let mut session = Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                export default await Promise.all([1, 2].map((n) => echo({ n })));";
    let id = run_of(&run(&mut session, code).text);
    let shown = host.run(&["runs", "show", &id, "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let digest = |at: usize| {
        shown["questions"][at]["digest"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (first, second) = (digest(0), digest(1));
    assert_ne!(first, second);
    // One that is no question of the run, and that of a call with other arguments in another run.
    let other = run_of(&run(&mut session, ECHO.replace("n: 1", "n: 3").as_str()).text);
    let shown = host.run(&["runs", "show", &other, "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let foreign = shown["questions"][0]["digest"].as_str().unwrap();
    for wrong in ["0000000000000000", "", foreign] {
        let refused = host.run(&["approve", &id, "--once", "--digest", wrong]);
        assert_eq!(refused.code, Some(2), "{wrong}: {}", refused.stderr);
    }
    let allowed = host.run(&["approve", &id, "--once", "--digest", &second]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.stderr);
    let paused = resume(&mut session, &id);
    assert!(paused.text.starts_with("paused  "), "{paused:?}");
    assert!(echoed(&host).is_empty());
    let again = host.run(&["approve", &id, "--deny", "--digest", &second]);
    assert_eq!(again.code, Some(2), "{}", again.stderr);
    assert_eq!(
        host.run(&["approve", &id, "--deny", "--digest", &first])
            .code,
        Some(0)
    );
    let ended = resume(&mut session, &id);
    assert!(ended.text.starts_with("error approval_denied"), "{ended:?}");
    let sent = echoed(&host);
    assert!(
        sent.iter().all(|call| *call == json!({ "n": 2 })),
        "{sent:?}"
    );
}

#[test]
fn a_script_that_calls_otherwise_when_it_goes_on_calls_nothing() {
    let host = host();
    let mut session = Session::open(&host);
    let first = run_of(&run(&mut session, "export default 1;").text);
    let code = format!(
        "import r from \"run:{first}\";\nimport {{ echo }} from \"mcp:scripted\";\n\
         export default await echo({{ n: r }});"
    );
    let id = run_of(&run(&mut session, &code).text);
    assert_eq!(host.run(&["approve", &id, "--once"]).code, Some(0));
    // The result that it imports is another one now.
    let info = ledger(&host, &id).with_file_name("run.json");
    let mut text: Value = serde_json::from_slice(&std::fs::read(&info).unwrap()).unwrap();
    assert_eq!(text["earlier"][&first], json!("1"));
    text["earlier"][&first] = json!("2");
    std::fs::write(&info, text.to_string()).unwrap();
    let diverged = resume(&mut session, &id);
    assert!(
        diverged.text.starts_with("error replay_diverged"),
        "{diverged:?}"
    );
    assert!(diverged.text.contains("call 1"), "{diverged:?}");
    assert!(echoed(&host).is_empty());
}
