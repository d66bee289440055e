//! Each bad input gives one clear error with a hint.

use super::{Host, guest};

#[test]
fn a_file_that_is_missing() {
    Host::new().run(&["run", "nope.wasm"]).is(
        2,
        "",
        "error: failed to read skill `nope.wasm`: No such file or directory (os error 2)\n\
         hint:  pass a component (.wasm), a script (.ts or .js), or the directory of a skill\n",
    );
}

#[test]
fn an_input_that_is_nearly_json_says_what_json_lacks() {
    let host = Host::new();
    host.file("a.ts", "export default input;");
    for (input, says) in [
        ("{\"n\": NaN}", "`NaN` is not a value of JSON"),
        ("{\"n\": 1, }", "JSON has no comma before a closing bracket"),
        ("{n: 1}", "JSON quotes the names of members"),
        ("{'n': 1}", "JSON quotes text with `\"`, not with `'`"),
        ("{\"n\": 1 /* one */}", "JSON has no comments"),
        (" ", "it is empty"),
    ] {
        host.file("input.json", input);
        let whole = format!("the input from `input.json` is not JSON: {says}");
        host.run(&["run", "a.ts", "--input", "@input.json"])
            .fails_with(2, &[&whole]);
    }
}

#[test]
fn an_input_with_a_byte_order_mark_or_half_a_character_is_read() {
    let host = Host::new();
    host.scripted("ok");
    host.file("a.ts", "export default input;");
    host.file("marked.json", "\u{feff}{\"text\": \"a\"}");
    let marked = host.run(&["run", "a.ts", "--input", "@marked.json"]);
    assert_eq!(marked.stdout, "{\"text\":\"a\"}\n", "{}", marked.stderr);
    let half = r#"{"text": "a\ud800"}"#;
    let called = host.run(&["call", "scripted", "echo", half, "--unchecked"]);
    assert_eq!(called.code, Some(0), "{}", called.stderr);
    let says = "the input from the command line: text that is not Unicode";
    assert!(called.stderr.contains(says), "{}", called.stderr);
}

#[test]
fn a_directory_without_a_manifest() {
    let host = Host::new();
    std::fs::create_dir(host.dir.path().join("empty")).unwrap();
    host.run(&["run", "empty"]).is(
        2,
        "",
        "error: directory `empty` has no Cargo.toml, package.json, pyproject.toml or compile_flags.txt\n\
         hint:  `mcp-codegen new NAME --lang LANGUAGE` makes the directory of a skill; a component (.wasm) needs no building\n",
    );
}

#[test]
fn a_file_that_is_not_wasm() {
    let host = Host::new();
    host.file("a.wasm", "#!/bin/sh\n");
    host.run(&["run", "a.wasm"]).is(
        5,
        "",
        "error: failed to load skill `a.wasm`: not WebAssembly: it starts with \"#!/bin/s\", not with `\\0asm`\n\
         hint:  pass a component (.wasm), or the directory of a skill\n",
    );
}

#[test]
fn the_error_about_a_core_module_says_how_to_make_a_component() {
    let host = Host::new();
    host.file("a.wasm", b"\0asm\x01\0\0\0");
    host.run(&["run", "a.wasm"]).is(
        5,
        "",
        "error: failed to load skill `a.wasm`: a core WebAssembly module, not a component\n\
         hint:  build it with `cargo build --target wasm32-wasip2`, or make it a component with \
         `wasm-tools component new MODULE --adapt wasi_snapshot_preview1.wasm`\n",
    );
}

#[test]
fn a_truncated_component() {
    let host = Host::new();
    let bytes = std::fs::read(guest("echo")).unwrap();
    host.file("a.wasm", &bytes[..bytes.len() / 2]);
    host.run(&["run", "a.wasm"]).fails_with(
        5,
        &[
            "failed to load skill `a.wasm`: the component is broken",
            "hint:  build it again",
        ],
    );
}

#[test]
fn a_component_that_exports_no_skill() {
    Host::new().run(&["run", &guest("no-skill")]).fails_with(
        5,
        &[
            "the component exports no skill",
            "it exports nothing",
            "hint:  export the skill with",
        ],
    );
}

#[test]
fn an_import_of_an_unknown_server() {
    Host::new().run(&["run", &guest("typed-sync")]).fails_with(
        5,
        &[
            "import `mcp-server:fake/tools`: no server `fake` in this run",
            "hint:  add `fake` to `mcpServers` in one of `mcp.json`, `.mcp.json`, `",
        ],
    );
}

#[test]
fn imports_of_unknown_tools_are_all_listed() {
    let host = Host::new();
    host.scripted("ok");
    let config = std::fs::read_to_string(host.dir.path().join("mcp.json")).unwrap();
    host.file("mcp.json", config.replace("\"scripted\"", "\"fake\""));
    host.run(&["run", &guest("typed-sync")]).fails_with(
        5,
        &[
            "import `mcp-server:fake/tools#wait`: server `fake` has no such tool",
            "tool `echo` of server `fake` changed",
            "hint:  regenerate with `mcp-codegen wit fake --out wit` and rebuild the skill",
        ],
    );
}

#[test]
fn input_that_is_not_json() {
    Host::new()
        .run(&["run", &guest("echo"), "--input", "{\"a\":"])
        .is(
            2,
            "",
            "error: the input from `--input` is not JSON: EOF while parsing a value at line 1 column 5; \
             pass JSON, @FILE, or - for standard input\n",
        );
}

#[test]
fn an_input_file_that_is_missing() {
    Host::new()
        .run(&["run", &guest("echo"), "--input", "@nope.json"])
        .fails_with(2, &["failed to read the input from `nope.json`"]);
}

#[test]
fn a_configuration_that_is_missing() {
    Host::new()
        .run(&["run", &guest("echo"), "--config", "nope.json"])
        .fails_with(2, &["nope.json"]);
}

#[test]
fn a_broken_configuration_is_reported_with_line_and_column() {
    let host = Host::new();
    host.file("mcp.json", "{\n  \"mcpServers\": {\n    \"fake\": }\n}\n");
    host.run(&["run", &guest("typed-sync")])
        .fails_with(2, &["mcp.json", "line 3", "column 13"]);
}

#[test]
fn a_configuration_of_the_wrong_shape_is_reported_with_server_and_key() {
    let host = Host::new();
    host.file(
        "mcp.json",
        "{\n  \"mcpServers\": {\n    \"fake\": { \"command\": 3 }\n  }\n}\n",
    );
    host.run(&["run", &guest("typed-sync")])
        .fails_with(2, &["mcp.json", "3", "fake", "command"]);
}

#[test]
fn a_grant_that_cannot_be_read() {
    Host::new()
        .run(&["run", &guest("echo"), "--allow", "github"])
        .fails_with(
            2,
            &["`github` is not SERVER/TOOL; write `github/get_issue`"],
        );
    Host::new()
        .run(&["run", &guest("echo"), "--dir", "/tmp"])
        .fails_with(2, &["`/tmp` is not HOST::GUEST[:rw]"]);
}

#[test]
fn a_granted_directory_that_is_missing() {
    Host::new()
        .run(&[
            "run",
            &guest("files"),
            "--input",
            "[]",
            "--dir",
            "nope::/data",
        ])
        .fails_with(
            2,
            &[
                "failed to open the granted directory `nope`",
                "No such file",
            ],
        );
}

#[test]
fn limits_that_cannot_be_read() {
    for (flag, value, says) in [
        (
            "--memory",
            "lots",
            "`lots` is not a size; write for example 64MiB",
        ),
        ("--timeout", "soon", "write for example 500ms, 30s or 2m"),
        ("--fuel", "-1", "write a whole number"),
    ] {
        let flag = format!("{flag}={value}");
        Host::new()
            .run(&["run", &guest("echo"), &flag])
            .fails_with(2, &[says]);
    }
}
