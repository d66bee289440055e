//! The npm servers, in this process.

use std::path::Path;

use serde_json::{Value, json};

use super::{pinned, run};

#[tokio::test]
async fn filesystem_takes_options_enums_and_lists_of_records() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().canonicalize().unwrap();
    let Some(server) = pinned::filesystem("filesystem", &dir) else {
        return;
    };
    add_media(&dir);
    let input = json!({ "dir": dir, "forbidden": "/etc/hosts" });
    let ran = run("filesystem", &server, &input).await;
    ran.is(
        &planned(&dir),
        &[
            ("filesystem/create_directory", 1, 0),
            ("filesystem/directory_tree", 1, 0),
            ("filesystem/edit_file", 2, 0),
            ("filesystem/list_directory_with_sizes", 2, 0),
            ("filesystem/read_media_file", 2, 0),
            ("filesystem/read_text_file", 5, 1),
            ("filesystem/write_file", 1, 0),
        ],
    );
    let written = std::fs::read_to_string(dir.join("notes/plan.md")).unwrap();
    assert_eq!(written, PLAN);
}

const PLAN: &str = "# Plan\n\n- [x] buy café ☕\n- [ ] sleep\n- [ ] repeat\n";

/// The result of the skill `filesystem` for a directory with [`add_media`].
pub(super) fn planned(dir: &Path) -> Value {
    let notes = json!([{ "name": "plan.md", "type": "file" }]);
    json!({
        "preview": ["-- [ ] buy café ☕", "+- [x] buy café ☕", "+- [ ] repeat"],
        "untouchedByPreview": true,
        "plan": PLAN,
        "head": "# Plan",
        "tail": "- [ ] repeat\n",
        "bySize": ["pixel.png 8 B", "data.bin 2 B"],
        "byName": ["data.bin 2 B", "pixel.png 8 B"],
        "tree": [
            { "name": "notes", "type": "directory", "children": notes },
            { "name": "pixel.png", "type": "file" },
        ],
        "media": [
            [{ "mimeType": "image/png", "image": "iVBORw0KGgo=" }],
            [{ "mimeType": "application/octet-stream", "blob": "AAE=" }],
        ],
        "forbidden": format!(
            "Access denied - path outside allowed directories: /etc/hosts not in {}",
            dir.display()
        ),
    })
}

/// Two files whose order by size is not their order by name.
pub(super) fn add_media(dir: &Path) {
    std::fs::write(dir.join("pixel.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    std::fs::write(dir.join("data.bin"), [0, 1]).unwrap();
}

#[tokio::test]
async fn memory_takes_and_gives_nested_lists() {
    let temp = tempfile::tempdir().unwrap();
    let Some(server) = pinned::memory("memory", &temp.path().join("graph.jsonl")) else {
        return;
    };
    let ran = run("memory", &server, &json!({})).await;

    let ada = json!(["Ada", "person", ["wrote the first program", "zoë's friend"]]);
    let charles = json!(["Charles", "person", ["designed the engine", "likes tables"]]);
    let expected = json!({
        "created": [ada, ["Charles", "person", ["designed the engine"]], ["Mary", "person", []]],
        "added": [["Charles", ["likes tables"]], ["Mary", ["teaches mathematics"]]],
        "found": [charles],
        "opened": [[["Mary", "person", ["teaches mathematics"]]], ["Mary teaches Ada"]],
        "deleted": true,
        "graph": [[ada, charles], ["Ada works with Charles"]],
        "unknown": "Entity with name Nobody not found",
    });
    ran.is(
        &expected,
        &[
            ("memory/add_observations", 2, 1),
            ("memory/create_entities", 1, 0),
            ("memory/create_relations", 1, 0),
            ("memory/delete_entities", 1, 0),
            ("memory/open_nodes", 1, 0),
            ("memory/read_graph", 1, 0),
            ("memory/search_nodes", 1, 0),
        ],
    );
}

#[tokio::test]
async fn everything_gives_every_kind_of_content() {
    let Some(server) = pinned::everything("everything") else {
        return;
    };
    let ran = run("everything", &server, &json!({})).await;
    ran.is(
        &every_kind_of_content(),
        &[
            ("everything/echo", 1, 0),
            ("everything/get-annotated-message", 1, 0),
            ("everything/get-resource-links", 1, 0),
            ("everything/get-resource-reference", 3, 1),
            ("everything/get-structured-content", 1, 0),
            ("everything/get-sum", 1, 0),
            ("everything/get-tiny-image", 1, 0),
            ("everything/gzip-file-as-resource", 1, 0),
        ],
    );
}

fn every_kind_of_content() -> Value {
    let reference = |kind: &str, id: u32, contents: Value| {
        let uri = format!("demo://resource/dynamic/{kind}/{id}");
        json!([
            format!("Returning resource reference for Resource {id}:"),
            { "resource": uri, "mimeType": "text/plain", "contents": contents },
            format!("You can access this resource using the URI: {uri}"),
        ])
    };
    json!({
        "echo": ["Echo: \"grüße\"\n\u{1f980}"],
        "sum": ["The sum of 0.1 and 2000 is 2000.1."],
        "weather": [73.0, 48.0, "Sunny / Clear"],
        "message": ["Operation completed successfully", { "image": "image/png", "is": "png" }],
        "sameImage": true,
        "links": [
            "Here are 2 resource links to resources available in this server:",
            {
                "link": "demo://resource/dynamic/blob/1", "name": "Blob Resource 1",
                "description": "Resource 1: plaintext resource", "mimeType": "text/plain",
            },
            {
                "link": "demo://resource/dynamic/text/2", "name": "Text Resource 2",
                "description": "Resource 2: plaintext resource", "mimeType": "text/plain",
            },
        ],
        "text": reference("text", 1, json!({ "text": "Resource 1: This is a plaintext resource" })),
        "blob": reference("blob", 2, json!({ "utf8": "Resource 2: This is a base64 blob" })),
        "gzip": [{
            "resource": "demo://resource/session/hello.gz",
            "mimeType": "application/gzip",
            "contents": "gzip",
        }],
        "noResource": "Invalid resourceId: -1.5. Must be a finite positive integer.",
    })
}

#[tokio::test]
async fn async_calls_to_everything_overlap() {
    let Some(server) = pinned::everything("everything-async") else {
        return;
    };
    let ran = run("everything-async", &server, &json!({})).await;
    let expected = json!({
        "long": "Long running operation completed. Duration: 1 seconds, Steps: 1.",
        "sum": "The sum of 1 and 2 is 3.",
        // The long operation was called first: one call after the other, it would come first.
        "order": ["sum", "long operation"],
        "temperatures": [33.0, 36.0, 73.0],
    });
    ran.is(
        &expected,
        &[
            ("everything/get-structured-content", 3, 0),
            ("everything/get-sum", 1, 0),
            ("everything/trigger-long-running-operation", 1, 0),
        ],
    );
}
