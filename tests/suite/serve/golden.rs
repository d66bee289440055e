//! The whole text of each error that an agent can get, compared with the files in `golden/`. `BLESS=1` writes them.

mod crowded;
mod decided;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;

use mcp_tests::root;
use serde_json::{Value, json};

use super::{Session, configure, scripted};
use crate::cli::Host;

/// What an agent sends, and the code of the error that it gets.
struct Case {
    code: &'static str,
    /// Options of `serve`.
    options: &'static [&'static str],
    arguments: Value,
}

fn with(code: &'static str, options: &'static [&'static str], text: &str) -> Case {
    Case {
        code,
        options,
        arguments: json!({ "code": text }),
    }
}

fn script(code: &'static str, text: &str) -> Case {
    with(code, &[], text)
}

// Long: one case for each code.
fn cases() -> Vec<Case> {
    vec![
        script("syntax", "const a = 1;\nconst = 2;"),
        script(
            "unknown_import",
            "import { ecko } from \"mcp:scripted\";\nexport default await ecko({});",
        ),
        script(
            "not_static",
            "import * as s from \"mcp:scripted\";\nconst name = \"echo\";\nexport default await s[name]({});",
        ),
        script(
            "import_denied",
            "import { pid } from \"mcp:scripted\";\nexport default await pid({});",
        ),
        script(
            "bad_arguments",
            "import { echo } from \"mcp:scripted\";\nexport default await echo(\"hi\");",
        ),
        script(
            "exception",
            "const page: any = {};\nexport default page.items.length;",
        ),
        script(
            "tool_failed",
            "import { echo, fail } from \"mcp:scripted\";\nawait echo({});\nexport default await fail({});",
        ),
        script(
            "server_unavailable",
            "import { a } from \"mcp:broken\";\nexport default await a({});",
        ),
        script(
            "login_required",
            "import { a } from \"mcp:login\";\nexport default await a({});",
        ),
        with("limit_fuel", &["--fuel", "200000000"], "while (true) {}"),
        with(
            "limit_memory",
            &["--memory", "32MiB"],
            "const all = [];\nfor (;;) all.push(new Uint8Array(1 << 20));",
        ),
        with(
            "limit_calls",
            &["--max-calls", "3"],
            "import { echo } from \"mcp:scripted\";\nwhile (true) { await echo({}); }",
        ),
        with(
            "limit_time",
            &["--timeout", "2s"],
            "import { sleep } from \"mcp:scripted\";\nexport default await sleep({ ms: 600000 });",
        ),
        with(
            "result_too_large",
            &["--max-output", "1KiB"],
            "export default \"x\".repeat(2000);",
        ),
        script(
            "run_not_found",
            "import r from \"run:r_00000000\";\nexport default r;",
        ),
        Case {
            code: "skill_not_found",
            options: &[],
            arguments: json!({ "skill": "triage" }),
        },
    ]
}

#[test]
fn each_error_has_its_text() {
    let login = refuses_credentials();
    for case in cases() {
        let host = host(&login);
        let mut session = Session::with(&host, case.options);
        let answer = session.call("run_script", &case.arguments);
        assert!(answer.is_error, "{}: {}", case.code, answer.text);
        is_golden(case.code, &plain(&answer.text, &host, &login));
    }
}

#[test]
fn each_code_of_the_documentation_has_a_text() {
    let page = std::fs::read_to_string(root().join("docs/serve.md")).unwrap();
    let table = page.split_once("| Code | Meaning |").unwrap().1;
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows
        .flat_map(|row| {
            let names = row.split('|').nth(1).unwrap().split('`');
            let names = names.skip(1).step_by(2);
            names.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let shown = cases().into_iter().map(|case| case.code);
    let more = crowded::CODES.into_iter().chain(decided::CODES);
    // `serve::skills` shows it: it needs a saved skill whose tools changed.
    let shown = shown.chain(more).chain(["skill_drifted"]);
    let shown: BTreeSet<String> = shown.map(str::to_owned).collect();
    assert_eq!(documented, shown);
}

/// The official SDK gets the same texts.
#[test]
fn the_typescript_sdk_gets_the_text_of_each_error() {
    let test = "the_typescript_sdk_gets_the_text_of_each_error";
    let login = refuses_credentials();
    for case in cases() {
        let host = host(&login);
        let call = json!({ "name": "run_script", "arguments": case.arguments });
        let Some(answer) = super::clients::called(test, &host, case.options, &call) else {
            return;
        };
        assert_eq!(answer["isError"], true, "{answer}");
        let text = answer["content"][0]["text"].as_str().unwrap();
        is_golden(case.code, &plain(text, &host, &login));
    }
}

fn host(login: &str) -> Host {
    let host = Host::new();
    host.settings(
        "[policy]\nallow = [\"scripted/echo\", \"scripted/sleep\", \"scripted/fail\"]\ndeny = [\"scripted/pid\"]\n",
    );
    configure(
        &host,
        &json!({
            "scripted": scripted(),
            "broken": { "command": "sh", "args": ["-c", "echo 'no API key' >&2; exit 3"] },
            "login": { "url": login },
        }),
    );
    host
}

/// The text without what differs from run to run: ids, times, directories, ports.
fn plain(text: &str, host: &Host, login: &str) -> String {
    let id = super::run_id(text);
    let dir = host.dir.path().canonicalize().unwrap();
    let text = text.replace(&id, "r_xxxxxxxx");
    let text = text.replace(dir.to_str().unwrap(), "DIR");
    text.replace(host.dir.path().to_str().unwrap(), "DIR")
        .replace(login, "URL")
}

#[track_caller]
fn is_golden(code: &str, text: &str) {
    assert!(text.starts_with(&format!("error {code}  run ")), "{text}");
    let file: PathBuf = root()
        .join("tests/suite/serve/golden")
        .join(format!("{code}.txt"));
    let text = format!("{text}\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, golden, "{}: `BLESS=1` rewrites it", file.display());
}

/// The address of a server that wants other credentials than it gets. It ends with the test process.
pub(super) fn refuses_credentials() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines
                    .next()
                    .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                {}
                let _ = stream.write_all(
                    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\
                      Content-Length: 0\r\nConnection: close\r\n\r\n",
                );
            });
        }
    });
    format!("http://{address}/mcp")
}
