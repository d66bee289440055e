//! The page in a real browser, Debian's Chromium, driven by Playwright: `tests/page/page.mjs` signs in, approves a run,
//! and goes on with it as its agent. `SHOTS=DIR` keeps pictures of the pages.

use std::path::PathBuf;
use std::process::Command;

use mcp_tests::{binary, root};
use serde_json::{Value, json};

use super::harness::{link, serve};
use crate::cli::Host;
use crate::install;
use crate::serve::configure;

/// A host whose server has tools with names of the field, and one whose name is an attack.
fn host() -> Host {
    let host = Host::new();
    let text = json!({ "type": "string" });
    let tools = json!({ "tools": [
        { "name": "list_issues", "inputSchema": { "type": "object" }, "annotations": { "readOnlyHint": true } },
        { "name": "add_comment", "inputSchema": { "type": "object", "properties": { "body": text } } },
        { "name": "\"><script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
          "inputSchema": { "type": "object" } },
    ] });
    let tools = host.file("tools.json", tools.to_string());
    configure(
        &host,
        &json!({ "github": {
            "command": binary("examples/scripted-server"),
            "args": ["listed"],
            "env": { "SCRIPTED_TOOLS": tools },
        } }),
    );
    host
}

#[test]
fn a_person_signs_in_sees_a_run_and_approves_it_in_a_browser() {
    let test = "a_person_signs_in_sees_a_run_and_approves_it_in_a_browser";
    let Some(installation) = install::node(test, "tests/page", "page") else {
        return;
    };
    let Some(chromium) = install::chromium(test) else {
        return;
    };
    let host = host();
    let served = serve(&host);
    let plan = json!({
        "chromium": chromium,
        "link": link(&host),
        "mcp": format!("http://{}/mcp", served.address()),
        "shots": std::env::var_os("SHOTS").map(PathBuf::from),
    });
    std::fs::copy(
        root().join("tests/page/page.mjs"),
        installation.join("page.mjs"),
    )
    .unwrap();
    let output = Command::new("node")
        .arg(installation.join("page.mjs"))
        .arg(plan.to_string())
        .current_dir(host.dir.path())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    let got: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = |name: &str| got[name].as_str().unwrap_or_default().to_owned();
    assert!(first("paused").starts_with("paused  run "), "{got}");
    // The list showed the run without being loaded again.
    assert_eq!(got["appeared"], true, "{got}");
    assert!(first("approved").starts_with("ok  run "), "{got}");
    // The same by keyboard alone, and without JavaScript.
    assert_eq!(got["skipped"], "main", "{got}");
    assert!(first("withoutScript").starts_with("ok  run "), "{got}");
    assert_eq!(got["linkAgain"], 403, "{got}");
    assert_eq!(got["hacked"], false, "{got}");
    assert_eq!(got["errors"], json!([]), "{got}");
    // Nothing is wider than a narrow window.
    assert_eq!(got["overflow"], json!([]), "{got}");
}
