//! The conformance suite against `serve`: all that a revision scores, against a server of the same transport and
//! handler that has the fixtures of the suite too; and what needs no fixture, against the program itself. Nothing is
//! expected to fail.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use mcp_tests::binary;

use super::PINNED;
use crate::cli::Host;
use crate::install;
use crate::serve::Served;

/// What both revisions score.
const BOTH: [&str; 18] = [
    "completion-complete",
    "dns-rebinding-protection",
    "prompts-get-embedded-resource",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-with-image",
    "prompts-list",
    "resources-list",
    "resources-read-binary",
    "resources-read-text",
    "resources-templates-read",
    "server-sse-multiple-streams",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-error",
    "tools-call-image",
    "tools-call-mixed-content",
    "tools-call-simple-text",
];

#[test]
fn serve_conforms_to_the_stateless_revision_with_fixtures() {
    let scored = [
        "caching",
        "input-required-result-basic-elicitation",
        "input-required-result-basic-list-roots",
        "input-required-result-basic-sampling",
        "input-required-result-capability-check",
        "input-required-result-ignore-extra-params",
        "input-required-result-missing-input-response",
        "input-required-result-multi-round",
        "input-required-result-multiple-input-requests",
        "input-required-result-non-tool-request",
        "input-required-result-request-state",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "input-required-result-unsupported-methods",
        "input-required-result-validate-input",
        "sep-2164-resource-not-found",
        "server-stateless",
        "tools-call-with-progress",
        "tools-list",
        // Not scored, but about transport and handler.
        "http-custom-header-server-validation",
        "http-header-validation",
        "json-schema-2020-12",
    ];
    let test = "serve_conforms_to_the_stateless_revision_with_fixtures";
    with_fixtures(test, "2026-07-28", &scored);
}

#[test]
fn serve_conforms_to_the_revision_with_a_handshake_with_fixtures() {
    let scored = [
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "logging-set-level",
        "ping",
        "resources-subscribe",
        "resources-unsubscribe",
        "server-initialize",
        "tools-call-elicitation",
        "tools-call-sampling",
        "tools-call-with-logging",
        "tools-call-with-progress",
        "tools-list",
        // Not scored, but about transport and handler.
        "json-schema-2020-12",
        "server-session-lifecycle",
        "server-sse-polling",
    ];
    let test = "serve_conforms_to_the_revision_with_a_handshake_with_fixtures";
    with_fixtures(test, "2025-11-25", &scored);
}

#[test]
fn the_program_conforms_where_no_fixture_is_needed() {
    let test = "the_program_conforms_where_no_fixture_is_needed";
    let Some(mut suite) = suite(test) else {
        return;
    };
    let host = Host::new();
    host.scripted("ok");
    host.file("one.ts", "// Gives one.\nexport default 1;\n");
    assert_eq!(host.run(&["skill", "add", "one.ts"]).code, Some(0));
    let served = Served::start(&host, &[]);
    let url = format!("http://{}/mcp", served.address());
    // What is of an extension is of no revision, and skipped without this.
    suite.args(["--force", "--url", &url]);
    for (revision, scenarios) in [
        (
            "2026-07-28",
            &[
                "dns-rebinding-protection",
                "http-header-validation",
                "input-required-result-unsupported-methods",
                "sep-2164-resource-not-found",
                "sep-2640-skills-enumeration",
                "sep-2640-skills-manifest",
                "server-sse-multiple-streams",
                "tools-list",
            ][..],
        ),
        (
            "2025-11-25",
            &[
                "dns-rebinding-protection",
                "ping",
                "sep-2640-skills-enumeration",
                "sep-2640-skills-manifest",
                "server-initialize",
                "server-session-lifecycle",
                "server-sse-multiple-streams",
                "server-sse-polling",
                "tools-list",
            ][..],
        ),
    ] {
        for scenario in scenarios {
            let mut suite = again(&suite);
            suite.args(["--spec-version", revision, "--scenario", scenario]);
            let output = suite.output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{revision} {scenario}\n{text}");
        }
    }
}

/// Runs what a revision requires against the fixtures. Every scenario of these has to pass, and none may be missing.
#[track_caller]
fn with_fixtures(test: &str, revision: &str, more: &[&str]) {
    let Some(mut suite) = suite(test) else {
        return;
    };
    let fixtures = Fixtures::start();
    suite.args(["--url", &fixtures.url, "--requirements", revision]);
    let output = suite.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // A tick or a cross, the scenario up to a colon, and its checks.
    let ran: BTreeMap<&str, bool> = text
        .lines()
        .skip_while(|line| !line.contains("SUMMARY"))
        .filter_map(|line| {
            let (mark, rest) = line.split_once(' ')?;
            let (scenario, checks) = rest.split_once(": ")?;
            let passed = mark == "✓" && checks.ends_with(" 0 failed");
            ["✓", "✗"].contains(&mark).then_some((scenario, passed))
        })
        .collect();
    for scenario in BOTH.iter().chain(more) {
        assert_eq!(ran.get(scenario), Some(&true), "{scenario}\n{text}");
    }
    // What the suite scores beyond these fails the run.
    assert!(output.status.success(), "{text}");
}

/// The suite, up to what it runs.
fn suite(test: &str) -> Option<Command> {
    let installation = install::node(test, PINNED, "conformance")?;
    let node = install::recent_node(test, &installation)?;
    let mut suite = Command::new(node);
    suite
        .arg(installation.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
        .arg("server");
    Some(suite)
}

/// The same command once more.
fn again(command: &Command) -> Command {
    let mut again = Command::new(command.get_program());
    again.args(command.get_args());
    again
}

/// The server with fixtures, which ends with the test.
struct Fixtures {
    child: Child,
    url: String,
}

impl Fixtures {
    fn start() -> Self {
        let mut child = Command::new(binary("examples/conformance-server"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut url = String::new();
        stdout.read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, url }
    }
}

impl Drop for Fixtures {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
