//! Secrets in every spelling, cut anywhere.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use mcp_tests::Measured;
use serde_json::{Value, json};

use super::attack;
use crate::cli::Host;

const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "tkn-9xQ_v7/Lk2+Zr8'\"Wm4pT6sB1yN3";
const PEM: &str = "-----BEGIN EC KEY-----\nMHQCAQEEIBkg9LwYb0ZbN2fQ\nV7oUQDQgAE4xR8sKp1Tz\nqW==\n-----END EC KEY-----";

fn config(host: &Host, servers: &Value) {
    host.file("mcp.json", json!({ "mcpServers": servers }).to_string());
}

/// Runs the command at the highest log level, with both secrets in its environment.
fn run(host: &Host, args: &[&str]) -> Measured {
    let mut command = host.command(args);
    command.arg("-vv").env("TKN", TOKEN).env("PEM", PEM);
    let ran = mcp_tests::measured(&mut command, PATIENCE);
    assert!(!ran.killed, "{ran:?}");
    ran
}

/// The host's output contains no eight consecutive bytes of either secret.
#[track_caller]
fn shows_nothing(ran: &Measured) {
    let said = format!("{}\n{}", ran.stdout, ran.stderr);
    let lines = PEM.lines().chain([TOKEN]).flat_map(|text| {
        let runs = text.as_bytes().windows(8);
        runs.map(|run| String::from_utf8_lossy(run).into_owned())
    });
    for run in lines {
        assert!(!said.contains(&run), "`{run}` is in: {said}");
    }
}

/// A server that says this on stderr and dies.
fn dies(script: &str, env: &Value) -> Value {
    json!({ "command": "sh", "args": ["-c", format!("{script}; exit 3")], "env": env })
}

/// A server that runs `call` for each call, with `$id` as the id of the request.
fn answers(call: &str, env: &Value) -> Value {
    let script = format!(
        r#"while read -r line; do
        id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
        case $line in
        *'"server/discover"'*) echo '{{"jsonrpc":"2.0","id":'$id',"error":{{"code":-32601,"message":"no"}}}}';;
        *'"initialize"'*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{{}},"logging":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}';;
        *'"tools/list"'*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"tools":[{{"name":"t","inputSchema":{{"type":"object"}}}}]}}}}';;
        *'"tools/call"'*) {call};;
        esac
        done"#
    );
    json!({ "command": "sh", "args": ["-c", script], "env": env })
}

#[test]
fn secret_that_reaches_over_the_end_of_what_is_kept_of_a_line_is_hidden() {
    let host = Host::new();
    let mut servers = serde_json::Map::new();
    for before in [460, 480, 492, 499] {
        let script = format!("printf '%{before}s%s and more\\n' x \"$TOKEN\" >&2");
        servers.insert(
            format!("s{before}"),
            dies(&script, &json!({ "TOKEN": "${TKN}" })),
        );
    }
    // Nor at the start of the only piece of it that the server writes.
    servers.insert(
        "tail".into(),
        dies(
            "printf %s \"${TOKEN#????}\" >&2",
            &json!({ "TOKEN": TOKEN }),
        ),
    );
    config(&host, &json!(servers));
    let ran = run(&host, &["server", "check"]);
    shows_nothing(&ran);
    assert!(ran.stdout.contains("${TOKEN}"), "{ran:?}");
}

#[test]
fn key_of_several_lines_is_hidden_in_lines_and_as_json() {
    let host = Host::new();
    let env = json!({ "PEM_KEY": "${PEM}", "TOKEN": TOKEN });
    let json_key = json!({ "k": PEM }).to_string();
    let again = json!(json_key).to_string();
    host.file("escaped", format!("{json_key}\n{again}\n"));
    let error = json!({"code": -32000, "message": format!("bad pem: {PEM} {json_key}")});
    host.file("error", format!(r#","error":{error}}}"#));
    config(
        &host,
        &json!({
            "lines": dies("echo \"key: $PEM_KEY\" >&2; cat escaped >&2", &env),
            "error": answers(r#"printf '{"jsonrpc":"2.0","id":'$id >&1; cat error; echo"#, &env),
        }),
    );
    let ran = run(&host, &["server", "check", "lines"]);
    shows_nothing(&ran);
    assert!(ran.stdout.contains("key: ${PEM_KEY}\n"), "{ran:?}");
    let ran = run(&host, &["call", "error", "t", "{}"]);
    shows_nothing(&ran);
    assert!(ran.stderr.contains("bad pem: ${PEM_KEY}"), "{ran:?}");
}

#[test]
fn encoded_secrets_are_hidden_in_stderr_log_notifications_and_progress() {
    let host = Host::new();
    let percent: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let unicode: String = TOKEN.bytes().map(|byte| format!("\\u{byte:04X}")).collect();
    let base64 = |user: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{user}:{TOKEN}"))
    };
    let spelled = [percent, unicode, base64("a"), base64("ab"), base64("abc")];
    let notice = |data: &str| {
        json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "error", "data": data}})
            .to_string()
    };
    let notices: Vec<String> = spelled.iter().map(|text| notice(text)).collect();
    host.file("spelled", spelled.join("\n"));
    host.file(
        "notices",
        format!("{}\n{}\n", notice(TOKEN), notices.join("\n")),
    );
    let server = answers(
        "cat spelled >&2; cat notices; sleep 0.3; exit 3",
        &json!({ "TOKEN": TOKEN }),
    );
    config(&host, &json!({ "s": server }));
    let ran = run(&host, &["call", "s", "t", "{}"]);
    shows_nothing(&ran);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    // Each is a line of the last output, and an event of stderr or a notification.
    for text in &spelled {
        for run in text.as_bytes().windows(16).skip(8) {
            let run = std::str::from_utf8(run).unwrap();
            assert!(!said.contains(run), "`{run}` is in: {said}");
        }
    }
    assert!(said.matches("${TOKEN}").count() >= 15, "{said}");
}

#[test]
fn variables_in_command_arguments_directory_and_files_are_shown_as_they_are_written() {
    let host = Host::new();
    host.file("token", TOKEN);
    host.file(
        "words.env",
        format!("IN_FILE='{}'\n", TOKEN.replace('\'', "")),
    );
    let repeats = "echo start $0 >&2; exit 3";
    config(
        &host,
        &json!({
            "args": { "command": "sh", "args": ["-c", repeats, "${TKN}"] },
            "args-file": { "command": "sh", "args": ["-c", repeats, "${file:token}"] },
            "literal": { "command": "sh", "args": ["-c", repeats, format!("--api-key={TOKEN}")] },
            "command": { "command": "${TKN}" },
            "command-path": { "command": "/x/${TKN}/y" },
            "cwd": { "command": "sh", "cwd": "/x/${TKN}" },
            "env-file": { "command": "sh", "envFile": "${TKN}.env" },
            "in-env-file": { "command": "sh", "args": ["-c", "echo $IN_FILE >&2; exit 3"], "envFile": "words.env" },
            "ca-file": { "url": "https://127.0.0.1:9/mcp", "caFile": "${TKN}.pem" },
            "url": { "url": "http://ada:${TKN}@127.0.0.1:9/${TKN}/mcp?k=${TKN}#${TKN}" },
            "scheme": { "url": "${TKN}:x" },
            "header": { "url": "http://127.0.0.1:9/mcp", "headers": { "X": "${TKN}\n" } },
            "unclosed": { "command": "sh", "env": { "PASSWORD": format!("${{{TOKEN}") } },
        }),
    );
    let ran = run(&host, &["server", "check"]);
    shows_nothing(&ran);
    for shown in [
        "start ${TKN}",
        "start ${file:token}",
        "start --api-key=[args]",
        "command `${TKN}` was not found on PATH",
        "command `/x/${TKN}/y` does not exist",
        "its `cwd` `/x/${TKN}` is not a directory",
        "${TKN}.env`",
        "${IN_FILE}",
        "${TKN}.pem`",
    ] {
        assert!(ran.stdout.contains(shown), "no `{shown}`: {}", ran.stdout);
    }
    shows_nothing(&run(&host, &["server", "list"]));
    shows_nothing(&run(&host, &["server", "check", "--format", "json"]));
}

#[test]
fn value_of_the_wrong_type_is_not_shown() {
    let host = Host::new();
    config(
        &host,
        &json!({ "s": { "command": "sh", "env": format!("TOKEN={TOKEN}") } }),
    );
    let ran = run(&host, &["server", "check"]);
    shows_nothing(&ran);
    assert!(
        ran.stdout.contains("found a string, expected an object"),
        "{ran:?}"
    );
}

#[test]
fn secret_that_reaches_over_the_end_of_what_is_shown_of_a_body_is_hidden() {
    let host = Host::new();
    let address = serve_http();
    let headers = json!({ "Authorization": "Bearer ${TKN}" });
    let servers = ["250", "280", "293", "299"].map(|before| {
        let entry = json!({ "url": format!("{address}/{before}"), "headers": headers });
        (before.to_owned(), entry)
    });
    config(&host, &json!(serde_json::Map::from_iter(servers)));
    let ran = run(&host, &["server", "check"]);
    shows_nothing(&ran);
    assert!(
        ran.stdout
            .contains("HTTP 500 Internal Server Error (`text/plain`): xxx"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("x[Authorization]"), "{ran:?}");
}

/// Refuses every request with a body that repeats the `Authorization` behind as many bytes as the path says.
fn serve_http() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut before, mut length, mut secret) = (0, 0, String::new());
            for line in reader.by_ref().lines().map_while(Result::ok) {
                let Some((name, value)) = line.split_once(": ") else {
                    match line.split(['/', ' ']).nth(2) {
                        Some(path) => before = path.parse().unwrap(),
                        None => break,
                    }
                    continue;
                };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.parse().unwrap(),
                    "authorization" => secret = value.trim_start_matches("Bearer ").to_owned(),
                    _ => {}
                }
            }
            let _ = reader.take(length).read_to_end(&mut Vec::new());
            let body = format!("{}{secret} is bad", "x".repeat(before));
            let _ = write!(
                stream,
                "HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[test]
fn secret_in_what_a_server_lists_is_not_shown_by_the_commands_about_servers() {
    let host = Host::new();
    let tools = json!([{ "name": "t", "description": format!("has {TOKEN}"), "inputSchema": {"type": "object"} }]);
    host.file("tools.json", tools.to_string());
    let server = mcp_tests::binary("examples/file-server");
    let entry =
        json!({ "command": server, "args": ["tools.json", "log"], "env": { "TOKEN": TOKEN } });
    config(&host, &json!({ "s": entry }));
    // The first search keeps the list on disk, and the second reads it.
    for args in [
        &["server", "inspect", "s", "--format", "text"][..],
        &["server", "inspect", "s", "--format", "json"],
        &["search", "t", "--format", "json"],
        &["search", "t"],
        &["types", "s"],
    ] {
        let ran = run(&host, args);
        shows_nothing(&ran);
        assert!(ran.stdout.contains("has ${TOKEN}"), "{ran:?}");
    }
    run(&host, &["server", "pin", "s"]);
    let pins = std::fs::read_to_string(host.dir.path().join("mcp.lock")).unwrap();
    assert!(
        pins.contains("has ${TOKEN}") && !pins.contains(TOKEN),
        "{pins}"
    );
}

#[test]
fn public_text_is_left_alone() {
    let host = Host::new();
    let env = json!({ "ROOT": "/srv/projects/data", "NODE_ENV": "production", "TOKEN": TOKEN });
    let said = "cannot open /srv/projects/other: see the introduction at https://example.org";
    config(
        &host,
        &json!({ "s": dies(&format!("echo '{said}' >&2"), &env) }),
    );
    let ran = attack(&host, &["server", "check"], PATIENCE);
    assert!(ran.stdout.contains(said), "{ran:?}");
}
