//! Limits and policy from `mcp-host.toml`, and the effect of options on them.

use serde_json::Value;

use super::{Host, guest};

fn line<'a>(text: &'a str, limit: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.starts_with(limit)).unwrap();
    line.splitn(3, "  ").map(str::trim).collect()
}

#[test]
fn limits_are_shown_with_the_place_that_each_comes_from() {
    let host = Host::new();
    let ran = host.run(&["limits"]);
    assert_eq!(ran.stdout.lines().count(), 14, "{}", ran.stdout);
    assert!(ran.stdout.contains("memory "), "{}", ran.stdout);
    assert_eq!(ran.code, Some(0));

    host.file(
        "mcp-host.toml",
        "[limits]\ncalls = 7\n\n[skills.triage.limits]\nprofile = \"strict\"\nmemory = \"64MiB\"\n",
    );
    let ran = host.run(&["limits", "--format", "json"]);
    let limits: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(limits["calls"]["value"], 7);
    assert_eq!(limits["calls"]["from"], "`[limits]` in `mcp-host.toml`");
    assert_eq!(limits["memory"]["value"], 256 << 20);
    assert_eq!(limits["memory"]["from"], "profile `moderate`, the default");

    let ran = host.run(&[
        "limits",
        "skills/triage.wasm",
        "--timeout",
        "5s",
        "--format",
        "json",
    ]);
    let limits: Value = serde_json::from_str(&ran.stdout).unwrap();
    let from = |limit: &str| limits[limit]["from"].as_str().unwrap().to_owned();
    assert_eq!(
        from("calls"),
        "profile `strict` of `[skills.triage.limits]` in `mcp-host.toml`"
    );
    assert_eq!(
        from("memory"),
        "`[skills.triage.limits]` in `mcp-host.toml`"
    );
    assert_eq!(from("timeout"), "`--timeout`");
    assert_eq!(limits["timeout"]["value"], 5000);
    assert_eq!(limits["memory"]["shown"], "64MiB");

    // A profile on the command line is that profile, whatever the file says.
    let ran = host.run(&["limits", "triage", "--profile", "permissive"]);
    assert_eq!(
        line(&ran.stdout, "memory "),
        ["memory", "", "512MiB  profile `permissive` of `--profile`"],
        "{}",
        ran.stdout
    );
}

#[test]
fn the_limits_of_the_file_hold_in_a_run() {
    let host = Host::new();
    host.file("mcp-host.toml", "[skills.spin.limits]\nfuel = 1_000_000\n");
    let ran = host.run(&["run", &guest("spin")]);
    ran.fails_with(3, &["used up its 1000000 units of fuel"]);
    let ran = host.run(&["run", &guest("spin"), "--fuel", "2000"]);
    ran.fails_with(3, &["used up its 2000 units of fuel"]);
}

#[test]
fn the_file_is_looked_for_in_the_directory_and_then_with_the_users_own() {
    let host = Host::new();
    let user = host.dir.path().join("config/mcp-host");
    std::fs::create_dir_all(&user).unwrap();
    std::fs::write(user.join("mcp-host.toml"), "[limits]\nfuel = 3000\n").unwrap();
    let spin = guest("spin");
    host.run(&["run", &spin])
        .fails_with(3, &["its 3000 units of fuel"]);
    host.file("mcp-host.toml", "[limits]\nfuel = 2000\n");
    host.run(&["run", &spin])
        .fails_with(3, &["its 2000 units of fuel"]);
    host.file("other.toml", "[limits]\nfuel = 1000\n");
    host.run(&["run", &spin, "--settings", "other.toml"])
        .fails_with(3, &["its 1000 units of fuel"]);
    host.run(&["run", &spin, "--settings", "nope.toml"])
        .fails_with(2, &["settings file `nope.toml` does not exist"]);
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest_known_one() {
    let host = Host::new();
    host.file("mcp-host.toml", "[limits]\nmemry = \"64MiB\"\n");
    host.run(&["run", &guest("echo")]).is(
        2,
        "",
        "error: `mcp-host.toml` line 2 column 1: `[limits]` has no key `memry`; did you mean `memory`?\n",
    );
}

#[test]
fn what_policy_refuses_has_its_own_exit_code_and_the_line_to_add() {
    let host = Host::new();
    host.scripted("ok");
    host.file("mcp-host.toml", "[policy]\ndeny = [\"scripted/*\"]\n");
    let ran = host.run(&[
        "run",
        &guest("one-call"),
        "--input",
        r#"{"server":"scripted","tool":"echo","surface":true}"#,
        "--allow",
        "scripted/echo",
    ]);
    ran.fails_with(
        4,
        &[
            "policy denies tool `scripted/echo`: rule `scripted/*`",
            "in `[policy]` of `mcp-host.toml`, take `scripted/*` out of `deny`",
        ],
    );
}

#[test]
fn a_server_whose_tools_policy_refuses_is_not_started() {
    let host = Host::new();
    let started = host.dir.path().join("started");
    let server = serde_json::json!({ "command": "touch", "args": [started] });
    host.file(
        "mcp.json",
        serde_json::json!({ "mcpServers": { "fake": server } }).to_string(),
    );
    let typed = guest("typed-sync");
    let by_name = guest("one-call");
    let input = r#"{"server":"fake","tool":"echo","surface":true}"#;
    let typed = ["run", &typed];
    let by_name = ["run", &by_name, "--input", input, "--allow", "fake/echo"];
    for (policy, command, says) in [
        (
            "deny = [\"fake/ec*\"]",
            typed.as_slice(),
            "import `mcp-server:fake/tools#echo`: policy denies tool `fake/echo`: rule `fake/ec*`",
        ),
        (
            "allow = [\"time/*\"]",
            &typed,
            "write `allow = [\"time/*\", \"fake/echo\", \"fake/wait\"]`",
        ),
        (
            "deny = [\"*/*\"]",
            &by_name,
            "policy denies tool `fake/echo`: rule `*/*`",
        ),
    ] {
        host.file("mcp-host.toml", format!("[policy]\n{policy}\n"));
        host.run(command).fails_with(4, &[says]);
        assert!(!started.exists(), "{policy}");
    }
    // A rule that depends on the tool's annotations is applied after the server was asked.
    host.file("mcp-host.toml", "[policy]\nallow = [\"fake/*\"]\n");
    host.run(&typed).fails_with(6, &["fake"]);
    assert!(started.exists());
}
