//! The official conformance suite, against a client that consists only of the bridge (`tests/conformance`), and against
//! `serve`.

mod server;

use std::collections::BTreeMap;
use std::process::Command;

use mcp_tests::{binary, root};

use crate::install;

const PINNED: &str = "tests/conformance";

#[test]
fn stateless_revision_conforms() {
    let test = "stateless_revision_conforms";
    passes(
        test,
        "2026-07-28",
        &[
            "http-custom-headers",
            "http-invalid-tool-headers",
            "http-standard-headers",
            "json-schema-2020-12-preservation",
            "json-schema-ref-no-deref",
            "request-metadata",
            "sep-2322-client-request-state",
            "tools_call",
        ],
    );
}

#[test]
fn revision_with_a_handshake_conforms() {
    let test = "revision_with_a_handshake_conforms";
    passes(
        test,
        "2025-11-25",
        &[
            "elicitation-sep1034-client-defaults",
            "initialize",
            "json-schema-2020-12-preservation",
            "sse-retry",
            "tools_call",
        ],
    );
}

/// Extensions of OAuth, which the suite runs and does not score: `expected-failures.yml` has the same.
const NOT_SCORED: [&str; 4] = [
    "auth/dpop",
    "auth/dpop-nonce",
    "auth/enterprise-managed-authorization",
    "auth/wif-jwt-bearer",
];

/// Runs what a revision requires, and names what of it is not about OAuth. Everything that is scored must pass.
#[track_caller]
fn passes(test: &str, revision: &str, scenarios: &[&str]) {
    let Some(installation) = install::node(test, PINNED, "conformance") else {
        return;
    };
    let Some(node) = install::recent_node(test, &installation) else {
        return;
    };
    let output = Command::new(node)
        .arg(installation.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
        .arg("client")
        .arg("--command")
        .arg(binary("examples/conformance-client"))
        .args(["--requirements", revision])
        .arg("--expected-failures")
        .arg(root().join(PINNED).join("expected-failures.yml"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let text = text.concat();
    // A tick or a cross, and the scenario, up to a colon.
    let passed: BTreeMap<&str, bool> = text
        .lines()
        .skip_while(|line| !line.contains("SUITE SUMMARY"))
        .filter_map(|line| {
            let (mark, rest) = line.split_once(' ')?;
            let has_passed = match mark {
                "✓" => true,
                "✗" => false,
                // What the client said.
                _ => return None,
            };
            Some((rest.split_once(": ")?.0, has_passed))
        })
        .collect();
    let about_oauth = |scenario: &str| scenario.starts_with("auth/");
    let others: Vec<&str> = passed
        .iter()
        .filter_map(|(scenario, passed)| (*passed && !about_oauth(scenario)).then_some(*scenario))
        .collect();
    assert_eq!(others, scenarios, "{text}");
    let failed: Vec<&str> = passed
        .iter()
        .filter_map(|(scenario, passed)| (!*passed).then_some(*scenario))
        .collect();
    assert_eq!(failed, NOT_SCORED, "{text}");
    let logins = passed.keys().filter(|scenario| about_oauth(scenario));
    assert!(logins.count() >= 20, "{text}");
    assert!(output.status.success(), "{text}");
}
