//! Each option of `mcp-host run` works as documented.

use serde_json::Value;

use super::{Host, guest};

#[test]
fn stdout_is_the_result_and_stderr_a_summary() {
    let ran = Host::new().run(&["run", &guest("echo"), "--input", r#"{"a":[1]}"#]);
    assert_eq!(ran.stdout, "{\"a\":[1]}\n");
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    for part in [
        "finished in ",
        ": fuel ",
        ", peak memory ",
        "0 tool calls",
        "the skill 9 bytes",
    ] {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
}

#[test]
fn a_result_that_is_a_string_is_printed_as_text() {
    let ran = Host::new().run(&[
        "run",
        &guest("echo"),
        "--input",
        r##""# Title\nand \"more\"""##,
    ]);
    assert_eq!(ran.stdout, "# Title\nand \"more\"\n");
}

#[test]
fn the_log_is_a_json_object_a_line_with_the_spans_of_run_and_call_and_no_content() {
    let host = Host::new();
    host.scripted("ok");
    let call = r#"{"server":"scripted","tool":"echo","arguments":{"text":"canary-5f21"}}"#;
    let args = [
        "run",
        &guest("one-call"),
        "--input",
        call,
        "--allow",
        "scripted/*",
    ];
    let ran = host.run(&[&args[..], &["--log-format", "json", "-v"]].concat());
    assert!(ran.stdout.contains("canary-5f21"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let lines: Vec<Value> = ran
        .stderr
        .lines()
        .filter(|line| !line.starts_with("finished in "))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = lines
        .iter()
        .find(|line| line["fields"]["message"] == "tool call")
        .unwrap();
    assert_eq!(line["span"]["gen_ai.tool.name"], "echo");
    assert_eq!(line["span"]["gen_ai.operation.name"], "execute_tool");
    assert_eq!(line["span"]["mcp.method.name"], "tools/call");
    let outer = line["spans"].as_array().unwrap().iter();
    let names: Vec<_> = outer.map(|span| &span["name"]).collect();
    assert_eq!(names, ["mcp-host run", "run", "tools/call"]);
}

#[test]
fn input_comes_from_a_file_or_from_stdin() {
    let host = Host::new();
    host.file("in.json", "[1]");
    let ran = host.run(&["run", &guest("echo"), "--input", "@in.json"]);
    assert_eq!(ran.stdout, "[1]\n");

    let stdin = std::fs::File::open(host.dir.path().join("in.json")).unwrap();
    let output = host
        .command(&["run", &guest("echo"), "--input", "-"])
        .stdin(stdin)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "[1]\n");
}

#[test]
fn limits_are_set_and_have_their_own_exit_code() {
    let host = Host::new();
    let ran = host.run(&["run", &guest("spin"), "--fuel", "1_000_000"]);
    ran.fails_with(3, &["used up its 1000000 units of fuel", "`--fuel N`"]);
    let ran = host.run(&[
        "run",
        &guest("spin"),
        "--timeout",
        "100ms",
        "--fuel",
        "99999999999999",
    ]);
    ran.fails_with(3, &["was not done after 100 ms", "`--timeout DURATION`"]);
    let ran = host.run(&[
        "run",
        &guest("big-output"),
        "--input",
        "9000000",
        "--memory",
        "4MiB",
    ]);
    ran.fails_with(3, &["needed more memory than its 4MiB", "`--memory SIZE`"]);
    host.scripted("ok");
    let call = r#"{"server":"scripted","tool":"echo","surface":true}"#;
    let ran = host.run(&[
        "run",
        &guest("one-call"),
        "--input",
        call,
        "--allow",
        "scripted/echo",
        "--max-calls",
        "0",
    ]);
    ran.fails_with(
        3,
        &["used up its budget of 0 tool calls", "`--max-calls N`"],
    );
}

#[test]
fn the_whole_report_comes_as_json() {
    let ran = Host::new().run(&["run", &guest("echo"), "--input", "[1]", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "finished");
    assert_eq!(report["result"], serde_json::json!([1]));
    assert!(report["fuel"].as_u64().unwrap() > 0);
    assert!(report["peak_memory"].as_u64().unwrap() > 0);
    assert_eq!(report["digest"].as_str().unwrap().len(), 64);
    let time = |name: &str| report["time"][name].as_f64().unwrap();
    assert!(time("run_ms") > 0.0);
    assert!((time("guest_ms") + time("calls_ms") - time("run_ms")).abs() < 0.01);

    let ran = Host::new().run(&["run", &guest("spin"), "--fuel", "1000", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "out-of-fuel");
    assert_eq!(report["result"], Value::Null);
    assert_eq!(ran.code, Some(3));
}

#[test]
fn a_run_that_never_started_is_reported_as_json_too() {
    let ran = Host::new().run(&["run", &guest("typed-sync"), "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "link-error");
    assert_eq!(report["digest"].as_str().unwrap().len(), 64);
    assert!(report["time"]["load_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(report["tools"], serde_json::json!({}));
    let hint = report["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("add `fake` to `mcpServers` in one of `mcp.json`, `.mcp.json`, ")
            && hint.ends_with(", none of which exists"),
        "{hint}"
    );
    assert!(
        report["message"]
            .as_str()
            .unwrap()
            .contains("no server `fake`")
    );
    assert_eq!(ran.code, Some(5));
}

#[test]
fn the_log_goes_to_stderr_and_verbose_shows_more() {
    let host = Host::new();
    let quiet = host.run(&["run", &guest("panics")]);
    assert!(quiet.stderr.contains("asked to panic"), "{}", quiet.stderr);
    assert!(!quiet.stderr.contains('\u{1b}'), "no escapes in a pipe");
    host.scripted("ok");
    let call = [
        "run",
        &guest("one-call"),
        "--allow",
        "scripted/*",
        "--input",
        r#"{"server":"scripted","tool":"echo"}"#,
    ];
    let quiet = host.run(&call);
    let loud = host.run(&[call.as_slice(), &["-v"]].concat());
    assert!(loud.stderr.len() > quiet.stderr.len(), "{}", loud.stderr);
    assert_eq!(loud.stdout, quiet.stdout);
}

#[test]
fn an_event_stays_one_line_whatever_the_skill_writes_into_it() {
    let hostile = "\u{1b}[31mred\u{202e}\r\nerror: the disk is full\u{2028}x";
    let ran = Host::new().run(&[
        "run",
        &guest("log-loop"),
        "--input",
        &serde_json::json!(hostile).to_string(),
        "--fuel",
        "20_000_000",
        "--max-log-lines",
        "3",
    ]);
    let events: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.contains("the disk is full"))
        .collect();
    assert_eq!(events.len(), 3, "{}", ran.stderr);
    for event in &events {
        assert!(event.contains(" INFO skill: "), "{event}");
        assert!(
            event.contains("\\u{1b}[31mred\\u{202e}\\u{d}\\u{a}error:"),
            "{event}"
        );
    }
    // The run adds two lines: its end, with a hint, and the summary.
    assert_eq!(ran.stderr.lines().count(), 3 + 3, "{}", ran.stderr);
    assert!(ran.stderr.contains(" log lines dropped"), "{}", ran.stderr);
    for control in ['\u{1b}', '\u{202e}', '\u{2028}', '\r'] {
        assert!(!ran.stderr.contains(control), "{:?}", ran.stderr);
    }
}

#[test]
fn state_belongs_to_the_skill_where_it_is() {
    let host = Host::new();
    let count = r#"[{"count":{"key":"n"}}]"#;
    let skill = host.file("mine.wasm", std::fs::read(guest("state")).unwrap());
    let skill = skill.to_str().unwrap();
    for expected in ["[1]\n", "[2]\n"] {
        assert_eq!(host.run(&["run", skill, "--input", count]).stdout, expected);
    }
    // The same bytes elsewhere are another skill.
    let other = host.file("other.wasm", std::fs::read(guest("state")).unwrap());
    let ran = host.run(&["run", other.to_str().unwrap(), "--input", count]);
    assert_eq!(ran.stdout, "[1]\n");
}

#[test]
fn a_granted_directory_is_seen() {
    let host = Host::new();
    host.file("a.txt", "hello");
    let grant = format!("{}::/data", host.dir.path().display());
    let input = r#"[{"read":{"path":"/data/a.txt"}}]"#;
    let ran = host.run(&["run", &guest("files"), "--input", input, "--dir", &grant]);
    assert_eq!(ran.stdout, "[{\"text\":\"hello\"}]\n");
}

#[test]
fn a_skill_is_described_without_any_server() {
    let ran = Host::new().run(&["describe", &guest("one-call")]);
    let description: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(description["name"], "one-call");
    assert_eq!(description["inputSchema"]["type"], "object");
    assert_eq!(ran.code, Some(0));
}

#[test]
fn two_hosts_share_a_skills_state_without_losing_a_count() {
    let host = Host::new();
    let skill = guest("state");
    let args = [
        "run",
        &skill,
        "--input",
        r#"[{"count":{"key":"n"}},{"count":{"key":"n"}}]"#,
    ];
    let running: Vec<_> = (0..4)
        .map(|_| {
            host.command(&args)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let ran = host.run(&["run", &skill, "--input", r#"[{"get":{"key":"n"}}]"#]);
    assert_eq!(ran.stdout, "[\"8\"]\n");
}

#[test]
fn an_option_without_its_dashes_is_named() {
    let host = Host::new();
    let ran = host.run(&["run", "skill.wasm", "memory=64"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("hint:  an option has two dashes: `--memory=64`"),
        "{}",
        ran.stderr
    );
    let ran = host.run(&["run", "skill.wasm", "colour=red"]);
    assert_eq!(ran.code, Some(2));
    assert!(!ran.stderr.contains("two dashes"), "{}", ran.stderr);
}
