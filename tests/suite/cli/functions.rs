//! `--invoke`, as a user types it.

use serde_json::{Value, json};

use super::{Host, guest};

#[test]
fn a_function_is_called_with_wave_or_with_json() {
    let host = Host::new();
    let functions = guest("functions");
    let placed = ["run", &functions, "--invoke", "divide(7, 2)"];
    assert_eq!(host.run(&placed).stdout, "3\n");
    let named = [
        "run",
        &functions,
        "--invoke",
        "divide",
        "--input",
        r#"{"a": 18446744073709551615, "b": 1}"#,
    ];
    assert_eq!(host.run(&named).stdout, "18446744073709551615\n");
    host.run(&["run", &functions, "--invoke", "divide(7, 0)"])
        .fails_with(1, &["error: the skill failed: division by zero"]);
}

#[test]
fn a_call_that_does_not_fit_is_bad_usage_and_shows_the_type() {
    let functions = guest("functions");
    Host::new()
        .run(&["run", &functions, "--invoke", "divide(7)"])
        .fails_with(
            2,
            &[
                "error: failed to call skill `",
                "`divide`: argument `b`: required, but absent; it is u64; \
                 it is `divide: func(a: u64, b: u64) -> result<u64, string>`",
                "hint:  write the call in WAVE",
            ],
        );
    Host::new()
        .run(&["run", &functions, "--invoke", "triage"])
        .fails_with(
            2,
            &[
                "`triage` is exported more than once",
                "hint:  pass the whole name",
            ],
        );
}

#[test]
fn a_skill_of_functions_says_which_it_has_when_none_is_named() {
    Host::new().run(&["run", &guest("functions")]).fails_with(
        2,
        &[
            "has no `run`; it exports",
            "divide: func(a: u64, b: u64) -> result<u64, string>",
            "hint:  call one with `--invoke",
        ],
    );
}

#[test]
fn describe_gives_each_function_its_types_as_wit_and_as_json_schema() {
    let ran = Host::new().run(&["describe", &guest("functions")]);
    let described: Value = serde_json::from_str(&ran.stdout).unwrap();
    let functions = described["functions"].as_array().unwrap();
    let find = |name: &str| {
        let found = functions.iter().find(|function| function["name"] == name);
        found.unwrap_or_else(|| panic!("no `{name}` in {described:#}"))
    };
    let count = json!({ "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 });
    assert_eq!(
        find("repeat"),
        &json!({
            "name": "repeat",
            "wit": "repeat: func(text: string, times: u32) -> string",
            "inputSchema": {
                "type": "object",
                "properties": { "text": { "type": "string" }, "times": count },
                "required": ["text", "times"],
                "additionalProperties": false,
            },
            "outputSchema": { "type": "string" },
            "errorSchema": null,
        })
    );
    assert_eq!(
        find("test:functions/other@1.0.0#open")["refused"],
        "function `test:functions/other@1.0.0#open` cannot be called from outside: the result holds a resource"
    );
}

#[test]
fn a_skill_is_composed_with_the_one_that_serves_its_import() {
    let host = Host::new();
    let (writer, words) = (guest("writer"), guest("words"));
    let input = r#"["summarize", "one three two"]"#;
    host.run(&["run", &writer, "--input", input]).fails_with(
        5,
        &[
            "import `test:words/words@1.0.0`: this host does not serve it",
            "hint:  if another skill exports it, add that one with `--with SKILL`",
        ],
    );
    let ran = host.run(&["run", &writer, "--with", &words, "--input", input]);
    assert_eq!(ran.stdout, "{\"longest\":\"three\",\"words\":3}\n");
    std::fs::write(host.dir.path().join("a.txt"), "12345").unwrap();
    let with = format!("{words},dir=.::/files");
    let read = r#"["read", "/files/a.txt"]"#;
    let ran = host.run(&["run", &writer, "--with", &with, "--input", read]);
    assert!(ran.stdout.contains(r#"{"Ok":5}]"#), "{}", ran.stdout);
    host.run(&["run", &guest("echo"), "--with", &words])
        .fails_with(
            2,
            &[
                "no skill imports what `",
                "exports: `test:words/words@1.0.0`",
            ],
        );
}

/// The lock names the linked skills relative to its own place, and a skill whose digest changed is rejected until the
/// lock is written again.
#[test]
fn a_lock_names_the_parts_and_refuses_changed_ones() {
    let host = Host::new();
    let dir = host.dir.path();
    std::fs::create_dir_all(dir.join("parts/files")).unwrap();
    std::fs::copy(guest("words"), dir.join("parts/words.wasm")).unwrap();
    std::fs::write(dir.join("parts/files/a.txt"), "12345").unwrap();
    let writer = guest("writer");
    let run = |with: &str, more: &[&str]| {
        let input = r#"["read", "/files/a.txt"]"#;
        let fixed = ["run", &writer, "--with", with, "--input", input];
        host.run(&[&fixed, more].concat())
    };
    let ran = run(
        "parts/words.wasm,dir=parts/files::/files",
        &["--lock", "parts/writer.lock"],
    );
    assert!(ran.stdout.contains(r#"{"Ok":5}]"#), "{}", ran.stderr);
    let lock = dir.join("parts/writer.lock");
    let text = std::fs::read_to_string(&lock).unwrap();
    let digest = blake3::hash(&std::fs::read(guest("words")).unwrap()).to_hex();
    let expected = json!({ "version": 1, "parts": [{
        "skill": "words.wasm", "blake3": digest.as_str(), "dir": ["files::/files"],
    }] });
    assert_eq!(text, format!("{expected:#}\n"));

    // With the same grants, and from another place than the one where it was written.
    std::fs::rename(dir.join("parts"), dir.join("moved")).unwrap();
    let ran = run("@moved/writer.lock", &[]);
    assert!(ran.stdout.contains(r#"{"Ok":5}]"#), "{}", ran.stderr);

    let changed = dir.join("moved/words.wasm");
    let mut bytes = std::fs::read(&changed).unwrap();
    // An empty custom section, at the end: the same program in other bytes.
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&changed, &bytes).unwrap();
    let now = blake3::hash(&bytes).to_hex();
    run("@moved/writer.lock", &[]).fails_with(
        5,
        &[
            &format!(
                "linked skill `moved/words.wasm` changed: its BLAKE3 was {digest} in `moved/writer.lock`, now {now}"
            ),
            "add `--lock moved/writer.lock`",
        ],
    );
    let ran = run("@moved/writer.lock", &["--lock", "moved/writer.lock"]);
    assert!(ran.stdout.contains(r#"{"Ok":5}]"#), "{}", ran.stderr);
    let ran = run("@moved/writer.lock", &[]);
    assert!(ran.stdout.contains(r#"{"Ok":5}]"#), "{}", ran.stderr);

    std::fs::write(
        dir.join("moved/writer.lock"),
        r#"{"version": 2, "parts": []}"#,
    )
    .unwrap();
    run("@moved/writer.lock", &[]).fails_with(
        2,
        &["failed to read the lock `moved/writer.lock`: it is of version 2, and this program reads version 1"],
    );
}

#[test]
fn inspect_and_describe_give_the_same_schemas() {
    let host = Host::new();
    let functions = guest("functions");
    let json = |args: &[&str]| serde_json::from_str::<Value>(&host.run(args).stdout).unwrap();
    let described = json(&["describe", &functions]);
    let inspected = json(&["inspect", &functions, "--format", "json"]);
    let by_name = |functions: &Value, schema: &str| {
        let functions = functions["functions"].as_array().unwrap();
        let mut schemas: Vec<_> = functions
            .iter()
            .map(|function| (function["name"].to_string(), function[schema].clone()))
            .collect();
        schemas.sort_by(|(a, _), (b, _)| a.cmp(b));
        schemas
    };
    for schema in ["inputSchema", "outputSchema", "errorSchema"] {
        assert_eq!(by_name(&inspected, schema), by_name(&described, schema));
    }
    assert_eq!(by_name(&inspected, "inputSchema").len(), 10);
    let text = host.run(&["inspect", &functions, "--wit"]).stdout;
    assert!(
        text.contains("divide: func(a: u64, b: u64) -> result<u64, string>;"),
        "{text}"
    );
    assert!(
        text.contains(
            r#"function repeat
  input   {"type":"object","properties":{"text":{"type":"string"}"#
        ),
        "{text}"
    );
}
