//! Images, sounds and binary resources of tools: a script has handles of them, and the answer has what its result
//! names.

use serde_json::{Value, json};

use super::{Session, configure};
use crate::cli::Host;
use mcp_tests::binary;

/// A host whose server answers with what the arguments of `compose` say.
fn host() -> Host {
    let host = Host::new();
    let tools = host.file("tools.json", r#"{"tools":[]}"#);
    configure(
        &host,
        &json!({ "scripted": {
            "command": binary("examples/scripted-server"),
            "args": ["listed"],
            "env": { "SCRIPTED_TOOLS": tools },
        } }),
    );
    host.settings("[policy]\nallow = [\"scripted/compose\"]\n");
    host
}

/// A script that has the tool answer with these blocks, and goes on with the value that it gets.
fn script(blocks: &Value, then: &str) -> String {
    let head = json!({ "content": blocks }).to_string();
    let answer = json!({ "head": head, "unit": "", "count": 0, "tail": "" });
    format!("const got: any = await scripted.compose({answer});\n{then}")
}

fn image(data: &str) -> Value {
    json!({ "type": "image", "mimeType": "image/png", "data": data })
}

/// The content of an answer.
fn content(session: &mut Session, code: &str) -> Vec<Value> {
    let id = session.send_call("run_script", &json!({ "code": code }));
    let message = session.wait(id);
    assert_ne!(message["result"]["isError"], true, "{message}");
    message["result"]["content"].as_array().unwrap().clone()
}

#[test]
fn an_image_that_the_result_names_is_beside_the_text() {
    let host = host();
    let mut session = Session::open(&host);
    let code = script(&json!([image("AAECAwQF")]), "export default { shot: got };");
    let content = content(&mut session, &code);
    assert_eq!(content.len(), 2, "{content:?}");
    let (_, result) = content[0]["text"]
        .as_str()
        .unwrap()
        .split_once('\n')
        .unwrap();
    let shot = &serde_json::from_str::<Value>(result).unwrap()["shot"];
    assert_eq!(shot["type"], "image");
    assert_eq!(shot["mimeType"], "image/png");
    assert_eq!(shot["bytes"], 6);
    assert!(
        shot["handle"].as_str().unwrap().starts_with("blob:"),
        "{shot}"
    );
    assert!(shot.get("data").is_none(), "{shot}");
    assert_eq!(content[1], image("AAECAwQF"));
}

/// A script whose tool answers with structured content beside an image.
fn structured(then: &str) -> String {
    let head = json!({ "structuredContent": { "width": 2 }, "content": [
        { "type": "text", "text": "{\"width\":2}" }, image("AAECAwQF")
    ] });
    let answer = json!({ "head": head.to_string(), "unit": "", "count": 0, "tail": "" });
    format!("const got: any = await scripted.compose({answer});\n{then}")
}

#[test]
fn an_image_beside_structured_content_is_among_its_attachments() {
    let host = host();
    let mut session = Session::open(&host);
    let code = structured("export default { ...got, shot: got.attachments[0].handle };");
    let with = content(&mut session, &code);
    assert_eq!(with.len(), 2, "{with:?}");
    assert!(
        with[0]["text"]
            .as_str()
            .unwrap()
            .contains("{\"width\":2,\"shot\":\"blob:"),
        "{with:?}"
    );
    assert_eq!(with[1], image("AAECAwQF"));
    let without = content(&mut session, &structured("export default got;"));
    assert_eq!(without.len(), 1, "{without:?}");
    assert!(
        without[0]["text"]
            .as_str()
            .unwrap()
            .ends_with("\n{\"width\":2}"),
        "{without:?}"
    );
}

#[test]
fn what_the_result_does_not_name_is_not_attached() {
    let host = host();
    let mut session = Session::open(&host);
    let code = script(&json!([image("AAEC")]), "export default got.bytes;");
    let content = content(&mut session, &code);
    assert_eq!(content.len(), 1, "{content:?}");
    assert!(
        content[0]["text"].as_str().unwrap().ends_with("\n3"),
        "{content:?}"
    );
}

#[test]
fn sound_and_resources_are_attached_in_the_order_of_the_result() {
    let host = host();
    let mut session = Session::open(&host);
    let blocks = json!([
        { "type": "text", "text": "two files" },
        { "type": "audio", "mimeType": "audio/wav", "data": "AAEC" },
        { "type": "resource", "resource": { "uri": "file:///a.bin", "blob": "_wA" } },
    ]);
    let code = script(
        &blocks,
        "export default [got[0].text, got[2].handle, got[1].handle];",
    );
    let content = content(&mut session, &code);
    assert_eq!(content.len(), 3, "{content:?}");
    assert_eq!(
        content[1]["resource"],
        json!({ "uri": "file:///a.bin", "blob": "/wA=" })
    );
    assert_eq!(
        content[2],
        json!({ "type": "audio", "mimeType": "audio/wav", "data": "AAEC" })
    );
}

#[test]
fn a_later_script_of_the_session_returns_the_handle_again() {
    let host = host();
    let mut session = Session::open(&host);
    let code = script(&json!([image("AAEC")]), "export default got.handle;");
    let first = content(&mut session, &code);
    let (head, handle) = first[0]["text"].as_str().unwrap().split_once('\n').unwrap();
    let run = super::run_id(head);
    let code = format!("import r from \"run:{run}\";\nexport default {{ again: r }};");
    let again = content(&mut session, &code);
    assert_eq!(again[1], image("AAEC"));
    let mut other = Session::open(&host);
    let code = format!("export default {handle};");
    assert_eq!(
        content(&mut other, &code).len(),
        1,
        "another session has no such handle"
    );
}

#[test]
fn too_many_attachments_are_named_and_left_out() {
    let host = host();
    let mut session = Session::open(&host);
    let blocks: Vec<_> = (0..22).map(|at| image(&format!("AA{at:02}"))).collect();
    let code = script(
        &json!(blocks),
        "export default got.map((block) => block.handle);",
    );
    let content = content(&mut session, &code);
    assert_eq!(content.len(), 21, "{content:?}");
    let text = content[0]["text"].as_str().unwrap();
    assert!(text.contains("\n[not attached: blob:"), "{text}");
}

#[test]
fn the_bytes_are_charged_to_the_run() {
    let host = host();
    let mut session = Session::with(&host, &["--memory", "64MiB"]);
    // Each answer has other bytes, and the script keeps none of them.
    let code = "let bytes = 0;\nfor (let at = 0; at < 60; at++) {\n\
        const head = '{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"' + String(at).padStart(4, '0');\n\
        const got: any = await scripted.compose({ head, unit: 'AAAA', count: 500000, tail: '\"}]}' });\n\
        bytes += got.bytes;\n}\nexport default bytes;";
    let answer = session.run(code);
    assert!(answer.is_error, "{}", answer.text);
    assert!(
        answer.text.contains("memory") || answer.text.contains("too large"),
        "{}",
        answer.text
    );
    assert_eq!(session.result("export default 1;").1, "1");
}

#[test]
fn run_writes_what_the_result_names_and_a_replay_has_the_same_handle() {
    let host = host();
    host.file(
        "script.ts",
        script(&json!([image("AAEC")]), "export default got;"),
    );
    let args = [
        "run",
        "script.ts",
        "--blobs",
        "out",
        "--record",
        "run.jsonl",
    ];
    let ran = host.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let handle = serde_json::from_str::<Value>(&ran.stdout).unwrap();
    let handle = handle["handle"].as_str().unwrap().replace(':', "-");
    let file = host.dir.path().join(format!("out/{handle}.png"));
    assert_eq!(std::fs::read(file).unwrap(), [0, 1, 2]);
    host.file(
        "mcp.json",
        r#"{"mcpServers":{"scripted":{"command":"/nowhere"}}}"#,
    );
    let replayed = host.run(&["replay", "run.jsonl", "script.ts"]);
    assert_eq!(replayed.stdout, ran.stdout, "{}", replayed.stderr);
    let replayed = host.run(&["replay", "run.jsonl", "script.ts", "--format", "json"]);
    let report: Value = serde_json::from_str(&replayed.stdout).unwrap();
    assert_eq!(report["attachments"][0]["bytes"], 3, "{report}");
}
