//! The local page of `serve --http` and `ui`: who gets in, what a decision needs, and that no text of a server, a
//! script or a client becomes a part of the page.

mod browser;
mod harness;
mod hostile;
mod signed;

use serde_json::json;

use super::approvals::{echoed, host, run_of};
use super::{ended, terminate};
use harness::{Browser, Odd, Remote, Ui, asking, borrowed, link, serve};

#[test]
fn a_run_that_waits_is_approved_on_the_page_and_its_agent_goes_on() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let paused = agent.run(&asking(&json!({ "n": 1 })));
    let run = run_of(&paused);
    let here = format!(
        "mcp-host approve {run}, or on http://{}/runs/{run}\n",
        served.address()
    );
    assert!(paused.contains(&here), "{paused}");

    let browser = Browser::open(&host, served.address());
    let list = browser.get("/");
    assert!(
        list.body.contains("(1) Waiting · mcp-host"),
        "{}",
        list.body
    );
    assert!(
        list.body.contains(&format!("href=\"/runs/{run}\"")),
        "{}",
        list.body
    );
    let (page, mut fields) = browser.run(&run);
    assert!(page.contains("scripted/echo"), "{page}");
    assert!(page.contains("Line 2 asks."), "{page}");
    assert!(page.contains("<code>/n</code>"), "{page}");
    fields.push(("decision".to_owned(), "once".to_owned()));
    let decided = browser.post(
        &format!("/runs/{run}/decide"),
        &borrowed(&fields),
        &Odd::default(),
    );
    assert_eq!(decided.status, 303, "{}", decided.body);
    let (page, fields) = browser.run(&run);
    assert!(page.contains("Decided. The agent goes on with"), "{page}");
    assert!(fields.is_empty());

    let done = agent.resume(&run);
    assert!(
        done.starts_with(&format!("ok  run {run}  1 call")),
        "{done}"
    );
    assert_eq!(echoed(&host), [json!({ "n": 1 })]);
    let (page, _) = browser.run(&run);
    assert!(page.contains("badge good\">finished"), "{page}");
    assert!(page.contains("(local page)"), "{page}");
    let log = host.run(&["audit", "show", "--run", &run, "--format", "json"]);
    let log: serde_json::Value = serde_json::from_str(&log.stdout).unwrap();
    let mut entries = log.as_array().unwrap().iter();
    let decision = entries.find(|entry| entry["kind"] == "decision").unwrap();
    assert_eq!(
        (&decision["decision"], &decision["channel"]),
        (&json!("approved"), &json!("page"))
    );
}

#[test]
fn ui_decides_about_the_runs_of_another_process() {
    let host = host();
    let mut session = super::Session::open(&host);
    let code = "import { echo } from \"mcp:scripted\";\n\
                export default await Promise.all([1, 2].map((n) => echo({ n, same: \"x\" })));";
    let run = run_of(&session.run(code).text);
    let ui = Ui::start(&host);
    let browser = Browser::open(&host, &ui.address);
    let (page, fields) = browser.run(&run);
    assert!(page.contains("It asks about 2 calls"), "{page}");
    // What differs between the two is marked, and what is equal is not.
    assert!(
        page.contains("<tr class=\"differs\"><th scope=\"row\"><code>/n</code>"),
        "{page}"
    );
    assert!(
        page.contains("<tr><th scope=\"row\"><code>/same</code>"),
        "{page}"
    );
    let mut fields = borrowed(&fields);
    fields.extend([("decision", "deny"), ("because", "not on a Friday")]);
    let decided = browser.post(&format!("/runs/{run}/decide"), &fields, &Odd::default());
    assert_eq!(decided.status, 303, "{}", decided.body);
    let answer = session.call("run_script", &json!({ "resume": run }));
    assert!(
        answer.text.starts_with("error approval_denied"),
        "{answer:?}"
    );
    assert!(answer.text.contains("not on a Friday"), "{answer:?}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn a_decision_for_the_run_and_one_about_a_part_of_the_calls() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo } from \"mcp:scripted\";\n\
                const all = await Promise.all([1, 2].map((n) => echo({ n })));\n\
                export default [...all, await echo({ n: 3 })].length;";
    let run = run_of(&agent.run(code));
    let browser = Browser::open(&host, served.address());
    let (_, fields) = browser.run(&run);
    assert_eq!(fields.len(), 3, "{fields:?}");
    let at = format!("/runs/{run}/decide");
    let mut one = borrowed(&fields[..2]);
    one.push(("decision", "once"));
    assert_eq!(browser.post(&at, &one, &Odd::default()).status, 303);
    assert!(agent.resume(&run).starts_with("paused"));
    let (page, fields) = browser.run(&run);
    assert!(page.contains("It asks about 1 call<"), "{page}");
    let mut rest = borrowed(&fields);
    rest.extend([("decision", "run"), ("more", "1")]);
    assert_eq!(browser.post(&at, &rest, &Odd::default()).status, 303);
    let done = agent.resume(&run);
    assert!(done.starts_with("ok  ") && done.ends_with("\n3"), "{done}");
}

#[test]
fn a_question_that_is_asked_no_more_is_not_decided() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo } from \"mcp:scripted\";\n\
                await echo({ n: \"harmless\" });\n\
                export default await echo({ n: \"other\" });";
    let run = run_of(&agent.run(code));
    let browser = Browser::open(&host, served.address());
    let (_, old) = browser.run(&run);
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    assert!(agent.resume(&run).contains("\"other\""));
    let mut fields = borrowed(&old);
    fields.push(("decision", "once"));
    let at = format!("/runs/{run}/decide");
    let late = browser.post(&at, &fields, &Odd::default());
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(
        late.body.contains("does not ask what was shown any more"),
        "{}",
        late.body
    );
    assert!(late.body.contains("other"), "{}", late.body);
    assert!(agent.resume(&run).starts_with("paused"));
    assert_eq!(echoed(&host), [json!({ "n": "harmless" })]);

    // A form without a call, without a decision, and with a number that is none.
    let (_, now) = browser.run(&run);
    for wrong in [
        vec![("csrf", now[0].1.as_str()), ("decision", "once")],
        borrowed(&now),
        [borrowed(&now), vec![("decision", "run"), ("more", "-1")]].concat(),
    ] {
        let answer = browser.post(&at, &wrong, &Odd::default());
        assert_eq!(answer.status, 400, "{wrong:?}: {}", answer.body);
        assert!(
            answer.body.contains("nothing was decided"),
            "{}",
            answer.body
        );
    }
    assert!(agent.resume(&run).starts_with("paused"));
    let cancel = browser.get(&format!("/runs/{run}")).body;
    let (_, form) = cancel.split_once(&format!("/runs/{run}/cancel")).unwrap();
    let (_, token) = form.split_once("value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let cancelled = browser.post(
        &format!("/runs/{run}/cancel"),
        &[("csrf", token)],
        &Odd::default(),
    );
    assert_eq!(cancelled.status, 303, "{}", cancelled.body);
    assert!(agent.resume(&run).starts_with("error run_expired"));
}

#[test]
fn a_decision_after_the_wait_decides_nothing() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let run = run_of(&agent.run(&asking(&json!({ "n": 1 }))));
    let browser = Browser::open(&host, served.address());
    let (_, mut fields) = browser.run(&run);
    let info = super::approvals::ledger(&host, &run).with_file_name("run.json");
    let mut text: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&info).unwrap()).unwrap();
    text["expires"] = json!("2020-01-01T00:00:00.000Z");
    std::fs::write(&info, text.to_string()).unwrap();
    fields.push(("decision".to_owned(), "once".to_owned()));
    let at = format!("/runs/{run}/decide");
    let late = browser.post(&at, &borrowed(&fields), &Odd::default());
    assert!(late.body.contains("waited too long"), "{}", late.body);
    let ended = agent.resume(&run);
    assert!(ended.starts_with("error approval_expired"), "{ended}");
    assert!(echoed(&host).is_empty());
}

#[test]
fn always_is_shown_first_and_written_when_what_was_shown_is_confirmed() {
    let host = host();
    let settings = host.settings("[cache] # mine\n");
    let text = || std::fs::read_to_string(&settings).unwrap();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = asking(&json!({ "n": 1 }));
    let run = run_of(&agent.run(&code));
    let browser = Browser::open(&host, served.address());
    let (_, fields) = browser.run(&run);
    let mut asked = borrowed(&fields);
    asked.push(("decision", "always"));
    let post = |action: &str, fields: &[(&str, &str)]| {
        browser.post(&format!("/runs/{run}/{action}"), fields, &Odd::default())
    };
    let shown = post("decide", &asked);
    assert_eq!(shown.status, 200, "{}", shown.body);
    for line in ["[policy.agents]", "allow = [&quot;scripted/echo&quot;]"] {
        assert!(shown.body.contains(&format!("+ {line}")), "{}", shown.body);
    }
    assert_eq!(text(), "[cache] # mine\n");
    let confirm = harness::decisions(&shown.body);
    let (_, change) = shown.body.split_once("name=\"change\" value=\"").unwrap();
    let change = change.split('"').next().unwrap();
    let with = |change| [borrowed(&confirm), vec![("change", change)]].concat();
    // The token of the form that decides is not that of this one, and the other way round.
    let foreign = [borrowed(&fields), vec![("change", change)]].concat();
    assert_eq!(post("always", &foreign).status, 403);
    let mut other = with(change);
    other.push(("decision", "once"));
    assert_eq!(post("decide", &other).status, 403);
    assert_eq!(post("always", &borrowed(&confirm)).status, 400);
    assert_eq!(post("always", &with("0123456789abcdef")).status, 409);
    // The file is another one by now.
    host.settings("# yours\n");
    let late = post("always", &with(change));
    assert_eq!(late.status, 409, "{}", late.body);
    assert!(late.body.contains("not as it was shown"), "{}", late.body);
    host.settings("[cache] # mine\n");
    assert!(agent.resume(&run).starts_with("paused"));
    assert_eq!(post("always", &with(change)).status, 303);
    assert_eq!(
        text(),
        "[cache] # mine\n\n[policy.agents]\nallow = [\"scripted/echo\"]\n"
    );
    assert!(agent.resume(&run).starts_with("ok  "));
    assert!(agent.run(&code).starts_with("ok  "));
    assert_eq!(echoed(&host).len(), 2);
    // A rule that asks is stronger: it is named, and nothing is offered to be written.
    host.settings("[policy]\nask = [\"scripted/e*\"]\n");
    let run = run_of(&agent.run(&code));
    let (_, fields) = browser.run(&run);
    let mut asked = borrowed(&fields);
    asked.push(("decision", "always"));
    let refused = browser.post(&format!("/runs/{run}/decide"), &asked, &Odd::default());
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        refused.body.contains("would still need a decision"),
        "{}",
        refused.body
    );
}

#[test]
fn a_run_of_a_component_shows_its_imports() {
    let host = crate::cli::paused::host();
    let paused = host.run(&["run", &crate::cli::guest("two-calls")]);
    assert_eq!(paused.code, Some(7), "{}", paused.stderr);
    let (_, rest) = paused.stderr.split_once("mcp-host approve ").unwrap();
    let run = &rest[..10];
    let ui = Ui::start(&host);
    let browser = Browser::open(&host, &ui.address);
    let (page, _) = browser.run(run);
    let import = "<th scope=\"row\"><code>fake/wait</code></th>";
    assert!(page.contains(import), "{page}");
    assert!(page.contains("it may change something"), "{page}");
}

#[test]
fn a_run_that_goes_on_shows_how_far_it_came() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                await echo({ n: 1 });\n\
                export default await sleep({ ms: 4000 });";
    let run = run_of(&agent.run(code));
    assert_eq!(host.run(&["approve", &run, "--once"]).code, Some(0));
    let browser = Browser::open(&host, served.address());
    std::thread::scope(|scope| {
        let resumed = scope.spawn(|| agent.resume(&run));
        let deadline = std::time::Instant::now() + super::PATIENCE;
        let far = "2 tool calls so far, 1 without an answer";
        loop {
            let (page, _) = browser.run(&run);
            let shown = host.run(&["runs", "show", &run]).stdout;
            if page.contains(far) {
                assert!(page.contains("It goes on just now"), "{page}");
                assert!(page.contains(", the last event at "), "{page}");
                assert!(shown.contains("  running  began "), "{shown}");
                let line = format!("\ngoes on now: {far}, the last event at ");
                assert!(shown.contains(&line), "{shown}");
                break;
            }
            assert!(std::time::Instant::now() < deadline, "{page}");
        }
        assert!(resumed.join().unwrap().starts_with("ok  "));
    });
}

#[test]
fn the_page_ends_with_its_process_and_binds_to_no_other_machine() {
    let host = host();
    let output = host.run(&["ui", "--http", "0.0.0.0:0", "--sign-in-file", "link"]);
    output.fails_with(2, &["the page is served to this one alone"]);
    // A pipe may end in a log that a model reads.
    host.run(&["ui"])
        .fails_with(2, &["stderr is no terminal", "--sign-in-file"]);
    let mut ui = Ui::start(&host);
    assert!(!link(&host).is_empty());
    terminate(&ui.child);
    assert_eq!(ended(&mut ui.child), Some(0));
}
