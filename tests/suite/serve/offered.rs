//! Saved skills as MCP offers them (SEP-2640): entries with digests, and files as resources.

use serde_json::{Value, json};

use super::Session;
use crate::skills::{added, host, json_of, stored, with_component};

fn uris(files: &Value) -> Vec<&str> {
    let files = files.as_array().unwrap().iter();
    files.map(|file| file["uri"].as_str().unwrap()).collect()
}

#[test]
fn a_client_lists_skills_and_reads_files_that_have_their_digests() {
    let host = added();
    let mut session = Session::open(&host);
    let capabilities = &session.opened["capabilities"];
    assert_eq!(
        capabilities["extensions"]["io.modelcontextprotocol/skills"],
        json!({})
    );
    assert_eq!(capabilities["resources"], json!({}));
    let listed = session.request("skills/list", &json!({}));
    let skills = listed["result"]["skills"].as_array().unwrap().clone();
    assert_eq!(skills.len(), 1, "{listed}");
    let skill = &skills[0];
    assert_eq!(skill["uri"], "skill://triage/SKILL.md");
    assert_eq!(skill["frontmatter"]["name"], "triage");
    assert_eq!(
        skill["frontmatter"]["metadata"]["mcp-host.imports"],
        "fake/wait"
    );
    assert_eq!(
        uris(&skill["resources"]),
        [
            "skill://triage/SKILL.md",
            "skill://triage/assets/tools.json",
            "skill://triage/references/REFERENCE.md",
            "skill://triage/scripts/triage.ts",
        ]
    );
    let got = session.request("skills/get", &json!({ "uri": "skill://triage/SKILL.md" }));
    assert_eq!(&got["result"]["skill"], skill);
    for file in skill["resources"].as_array().unwrap() {
        let read = session.request("resources/read", &json!({ "uri": file["uri"] }));
        let contents = &read["result"]["contents"][0];
        let text = contents["text"].as_str().unwrap();
        let uri = file["uri"].as_str().unwrap();
        let saved = uri.strip_prefix("skill://triage/").unwrap();
        let saved = std::fs::read_to_string(stored(&host, "1/triage").join(saved)).unwrap();
        assert_eq!(text, saved, "{uri}");
        assert_eq!(file["size"], text.len(), "{uri}");
    }
    let resources = session.request("resources/list", &json!({}));
    assert_eq!(
        uris(&resources["result"]["resources"]),
        ["skill://triage/SKILL.md"]
    );
}

#[test]
fn recorded_runs_and_what_is_no_file_of_a_skill_are_not_read() {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    let input = ["--input", "{\"name\": \"a\"}"];
    let ran = host.run(&[&["run", "triage.ts"][..], &input].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let runs = json_of(&host, &["runs", "list"]);
    let save = ["skill", "save", runs[0]["run"].as_str().unwrap()];
    let saved = host.run(&[&save[..], &["--name", "triage", "--yes"]].concat());
    assert_eq!(saved.code, Some(0), "{}", saved.stderr);
    assert!(stored(&host, "1/triage/assets/examples/1.jsonl").exists());
    let mut session = Session::open(&host);
    let listed = session.request("skills/list", &json!({}));
    assert!(!listed.to_string().contains("examples"), "{listed}");
    for uri in [
        "skill://triage/assets/examples/1.jsonl",
        "skill://triage/../triage/SKILL.md",
        "skill://triage/..%2f..%2fcurrent",
        "skill://../triage/SKILL.md",
        "skill://triage/",
        "skill://triage",
        "skill://other/SKILL.md",
        "file:///etc/passwd",
    ] {
        let read = session.request("resources/read", &json!({ "uri": uri }));
        assert_eq!(read["error"]["code"], -32002, "{uri}: {read}");
        let got = session.request("skills/get", &json!({ "uri": uri }));
        assert_eq!(got["error"]["code"], -32602, "{uri}: {got}");
    }
    let cursor = session.request("skills/list", &json!({ "cursor": "../x" }));
    assert_eq!(cursor["error"]["code"], -32602, "{cursor}");
    // A byte that changed is read by no one.
    std::fs::write(stored(&host, "1/triage/scripts/triage.ts"), "1").unwrap();
    let listed = session.request("skills/list", &json!({}));
    assert_eq!(listed["result"]["skills"], json!([]));
    let read = session.request(
        "resources/read",
        &json!({ "uri": "skill://triage/scripts/triage.ts" }),
    );
    assert!(
        read["error"]["message"]
            .as_str()
            .unwrap()
            .contains("damaged")
    );
}

#[test]
fn a_component_is_read_as_bytes_and_pages_follow_each_other() {
    let host = with_component();
    let mut session = Session::open(&host);
    let uri = json!({ "uri": "skill://two/scripts/two.wasm" });
    let read = session.request("resources/read", &uri);
    let contents = &read["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "application/wasm");
    assert!(contents["blob"].as_str().unwrap().starts_with("AGFzbQ"));
    for number in 0..20 {
        let name = format!("a-{number:02}");
        host.file("a.ts", "// Counts.\nexport default 1;\n");
        let added = host.run(&["skill", "add", "a.ts", "--name", &name]);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }
    let first = session.request("skills/list", &json!({}));
    let first = &first["result"];
    assert_eq!(first["skills"].as_array().unwrap().len(), 20);
    let next = json!({ "cursor": first["nextCursor"] });
    let second = session.request("skills/list", &next);
    let second = &second["result"];
    assert_eq!(uris(&second["skills"]), ["skill://two/SKILL.md"]);
    assert_eq!(second.get("nextCursor"), None);
}
