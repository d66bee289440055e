//! What servers, scripts and clients write stands on the page as text, bounded, and without secrets.

use mcp_tests::binary;
use serde_json::{Value, json};

use super::harness::{Browser, Odd, Remote, Ui, asking, borrowed, serve};
use crate::cli::Host;
use crate::serve::approvals::run_of;
use crate::serve::configure;

/// A script, in a place where text stands and in one where an attribute does.
const ATTACK: &str = "\"><script>parent.hacked=1</script><img src=x onerror=hacked=1>";

/// A host whose server has a tool of this name, and a secret.
fn host() -> Host {
    let host = Host::new();
    let tools = json!({ "tools": [
        { "name": ATTACK, "description": ATTACK, "inputSchema": { "type": "object" } },
        { "name": "plain", "inputSchema": { "type": "object" } },
    ] });
    let tools = host.file("tools.json", tools.to_string());
    configure(
        &host,
        &json!({ "scripted": {
            "command": binary("examples/scripted-server"),
            "args": ["listed"],
            "env": { "SCRIPTED_TOOLS": tools, "API_TOKEN": "hunter2-hunter2-hunter2" },
        } }),
    );
    host.settings("[policy]\nallow = [\"scripted/compose\"]\n");
    host
}

/// The page has one script, which is a file, and no image.
#[track_caller]
fn is_text(page: &str) {
    for part in ["<script>", "<img", "<b>"] {
        assert!(!page.contains(part), "`{part}` in {page}");
    }
}

#[test]
fn no_text_of_others_becomes_a_part_of_the_page() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let name = serde_json::to_string(ATTACK).unwrap();
    let code = format!(
        "// {ATTACK}\nimport {{ {name} as odd, plain }} from \"mcp:scripted\";\n\
         await plain({{ {name}: {name} }}).catch((error) => console.log(error));\n\
         export default await odd({{ {name}: {name} }});\n"
    );
    let paused = agent.run(&code);
    let run = run_of(&paused);
    let browser = Browser::open(&host, served.address());
    let at = format!("/runs/{run}/decide");
    for _ in 0..2 {
        let (page, fields) = browser.run(&run);
        assert!(page.contains("&lt;script&gt;"), "{page}");
        is_text(&page);
        let fields = [borrowed(&fields), vec![("decision", "once")]].concat();
        assert_eq!(browser.post(&at, &fields, &Odd::default()).status, 303);
        agent.resume(&run);
    }
    let (page, _) = browser.run(&run);
    // The result of the tool is its arguments.
    assert!(page.contains("badge good\">finished"), "{page}");
    assert!(page.matches("&lt;script&gt;").count() >= 4, "{page}");
    is_text(&page);
    let denied = run_of(&agent.run(&code));
    let (_, fields) = browser.run(&denied);
    let reason = [
        borrowed(&fields),
        vec![("decision", "deny"), ("because", ATTACK)],
    ]
    .concat();
    let answer = browser.post(&format!("/runs/{denied}/decide"), &reason, &Odd::default());
    assert_eq!(answer.status, 303);
    for path in [
        format!("/runs/{denied}"),
        "/servers".to_owned(),
        "/runs".to_owned(),
        "/audit".to_owned(),
    ] {
        is_text(&browser.get(&path).body);
    }
    let filter = "/audit?run=%22%3E%3Cscript%3E&tool=%3Cimg%3E&since=%3Cscript%3E";
    is_text(&browser.get(filter).body);
}

#[test]
fn large_arguments_and_many_calls_are_cut_and_the_page_says_so() {
    let host = Host::new();
    host.scripted("ok");
    host.settings("[policy]\nask = [\"scripted/echo\"]\nallow = [\"scripted/sleep\"]\n");
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code = "import { echo, sleep } from \"mcp:scripted\";\n\
                for (let n = 0; n < 600; n++) await sleep({ ms: 0 });\n\
                export default await echo({ text: \"<b>\".repeat(350000) });";
    let run = run_of(&agent.run(code));
    let browser = Browser::open(&host, served.address());
    let (page, fields) = browser.run(&run);
    assert_eq!(fields.len(), 2);
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
    assert!(page.contains("bytes are cut here"), "{page}");
    assert!(page.contains("101 more calls are not shown."), "{page}");
}

#[test]
fn a_secret_of_a_server_is_on_no_page_also_where_the_server_was_not_started() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let code =
        asking(&Value::Null).replace("echo(null)", "plain({ sent: 'hunter2-hunter2-hunter2' })");
    let code = code.replace("{ echo }", "{ plain }");
    let run = run_of(&agent.run(&code));
    let browser = Browser::open(&host, served.address());
    let (page, _) = browser.run(&run);
    assert!(page.contains("plain"), "{page}");
    assert!(!page.contains("hunter2"), "{page}");
    drop(served);
    std::fs::remove_file(host.dir.path().join("link")).unwrap();
    let ui = Ui::start(&host);
    let (page, _) = Browser::open(&host, &ui.address).run(&run);
    assert!(
        page.contains("plain") && !page.contains("hunter2"),
        "{page}"
    );
}

#[test]
fn servers_and_the_audit_log_are_shown_and_a_changed_byte_of_it_is_named() {
    let host = host();
    let served = serve(&host);
    let agent = Remote::open(&served);
    let done = agent.run(
        "import { compose } from \"mcp:scripted\";\n\
         export default await Promise.all([1, 2].map(() => compose({ head: \"a\", unit: \"\", count: 0, tail: \"b\" })));",
    );
    assert!(
        done.starts_with("ok  ") || done.starts_with("error "),
        "{done}"
    );
    let run = run_of(&done);
    let browser = Browser::open(&host, served.address());
    let servers = browser.get("/servers").body;
    assert!(servers.contains("badge good\">up"), "{servers}");
    // It asked nothing, so that only the audit log has it. The log is written by a thread of its own.
    let deadline = std::time::Instant::now() + crate::serve::PATIENCE;
    let page = loop {
        let page = browser.get(&format!("/runs/{run}"));
        if page.status == 200 && page.body.contains("2 calls in ") {
            break page.body;
        }
        assert!(std::time::Instant::now() < deadline, "{}", page.body);
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(page.matches("<rect ").count(), 2, "{page}");
    let filtered = browser
        .get(&format!("/audit?run={run}&tool=scripted%2Fcompose"))
        .body;
    assert!(filtered.contains("scripted/compose"), "{filtered}");
    assert!(
        browser
            .get("/audit?since=soon")
            .body
            .contains("write a duration such as")
    );
    let whole = browser.get("/audit?verify=1").body;
    assert!(whole.contains("files is whole"), "{whole}");
    let log = host.dir.path().join("state/mcp-host/audit/audit.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(
        &log,
        text.replacen("\"kind\":\"run\"", "\"kind\":\"ran\"", 1),
    )
    .unwrap();
    let broken = browser.get("/audit?verify=1").body;
    assert!(
        broken.contains("the audit log is broken: `audit.jsonl` line 2"),
        "{broken}"
    );
}
