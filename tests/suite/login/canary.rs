//! What a login gets and sends is in nothing that the programs write: no output, recording, ledger or log.

use std::path::Path;

use serde_json::json;

use super::{Guarded, text};
use crate::cli::Ran;

const SCRIPT: &str = "import { read, write } from \"mcp:guarded\";\n\
                      export default async () => [\n\
                        await read({}),\n\
                        await write({}).catch((error: Error) => error.message),\n\
                      ];";

/// The files below a directory that hold one of these.
fn holding(dir: &Path, secrets: &[String], files: &mut usize, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, secrets, files, found);
            continue;
        }
        *files += 1;
        let bytes = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let holds = secrets.iter().filter(|secret| bytes.contains(&secret[..]));
        found.extend(holds.map(|secret| format!("{secret} in {}", path.display())));
    }
}

#[test]
fn tokens_and_codes_are_in_no_output_recording_ledger_or_log() {
    let test = "tokens_and_codes_are_in_no_output_recording_ledger_or_log";
    let Some(guarded) = Guarded::start(test) else {
        return;
    };
    let host = &guarded.host;
    host.settings("[policy]\nask = [\"guarded/write\"]\n[audit]\narguments = true\n");
    let script = host.file("s.ts", SCRIPT);
    let script = script.to_str().unwrap();
    let mut said: Vec<Ran> = Vec::new();
    guarded.control("ttl=1");
    said.push(guarded.log_in(&["-vv"]));
    text(&said[0]);
    guarded.control("ttl=3600");
    // The token has ended: this run renews it.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let paused = host.run(&["run", script, "-vv"]);
    assert_eq!(paused.code, Some(7), "{}", paused.stderr);
    let id = paused.stderr.split_once("mcp-host approve ").unwrap().1[..10].to_owned();
    said.push(paused);
    said.push(host.run(&["approve", &id, "--once"]));
    said.push(host.run(&["run", script, "--resume", &id, "-vv"]));
    assert!(
        text(&said[3]).contains("the scope `write`"),
        "{}",
        said[3].stdout
    );
    host.settings("[audit]\narguments = true\n");
    said.push(host.run(&["run", script, "--record", "recording", "-vv"]));
    assert!(text(&said[4]).contains("read as ann"), "{}", said[4].stdout);
    said.push(host.run(&["replay", "recording", script]));
    said.push(host.run(&["server", "list", "--format", "json"]));
    said.push(host.run(&["audit", "show", "--format", "json"]));
    // A client with a secret of the configuration is another user, with tokens of its own.
    guarded.entry(&json!({
        "grant": "client_credentials",
        "clientId": "robot",
        "clientSecret": "${ROBOT}",
        "scopes": ["write"],
    }));
    let mut call = host.command(&["call", "guarded", "read", "-vv"]);
    let secret = "robot-secret-4711-robot-secret";
    said.push(crate::cli::ran(
        &call.env("ROBOT", secret).output().unwrap(),
    ));

    let seen = guarded.control("x=1")["seen"].clone();
    let mut seen: Vec<String> = serde_json::from_value(seen).unwrap();
    assert!(
        seen.len() >= 7,
        "code, verifier, and three pairs of tokens: {seen:?}"
    );
    seen.push(secret.to_owned());
    let (mut files, mut found) = (0, Vec::new());
    holding(host.dir.path(), &seen, &mut files, &mut found);
    for ran in &said {
        let words = format!("{}{}", ran.stdout, ran.stderr);
        let holds = seen.iter().filter(|secret| words.contains(&secret[..]));
        found.extend(holds.map(|secret| format!("{secret} in {words}")));
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(
        files > 8,
        "recording, ledger, audit log and login among {files}"
    );
}
