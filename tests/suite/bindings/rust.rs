//! `wit-bindgen`, through `import_server!`: the skills of `tests/bindings/rust`.

use std::path::PathBuf;

use mcp_tests::{build, root};
use serde_json::{Value, json};

use super::{Answer, Call, Catalog, mongodb, runs};
use crate::install::lock;

#[tokio::test]
async fn antv_chart_takes_records_three_deep() {
    let answers = vec![
        ("generate_flow_diagram", Answer::Text("flow.png")),
        ("generate_liquid_chart", Answer::Text("liquid.png")),
        ("generate_district_map", Answer::Text("map.png")),
    ];
    let flow = json!({
        "data": {
            "nodes": [{ "name": "build" }, { "name": "test" }, { "name": "ship" }],
            "edges": [
                { "source": "build", "target": "test" },
                { "source": "test", "target": "ship", "name": "if green" },
            ],
        },
        "style": { "texture": "rough" },
        "theme": "dark",
    });
    let liquid = json!({
        "percent": 0.42, "shape": "pin", "style": { "color": "#1783FF" }, "height": 240.5,
    });
    let map = json!({
        "title": "Where it runs",
        "data": {
            "name": "浙江省",
            "colors": ["#00C9C9", "#F0884D"],
            "dataType": "enum",
            "showAllSubdistricts": false,
            "subdistricts": [
                { "name": "杭州市", "dataValue": "live", "style": { "fillColor": "#00C9C9" } },
                { "name": "宁波市" },
            ],
        },
    });
    let calls = [
        ("generate_flow_diagram", flow),
        ("generate_liquid_chart", liquid),
        ("generate_district_map", map),
    ];
    let result = json!(["flow.png", "liquid.png", "map.png"]);
    skill("antv-chart", answers, &calls, &result).await;
}

#[tokio::test]
async fn github_takes_variants_by_type_and_by_key() {
    let answers = vec![
        ("get_me", Answer::Text(r#"{ "login": "ada" }"#)),
        ("list_issues", Answer::Text(r#"[{ "number": 42 }]"#)),
        ("issue_write", Answer::Text(r#"{ "url": "octo/hello#43" }"#)),
        ("projects_write", Answer::Text("2 items updated")),
    ];
    let list = json!({
        "owner": "octo", "repo": "hello", "state": "OPEN", "orderBy": "UPDATED_AT", "perPage": 5,
        "fields": ["number", "field_values"],
        "field_filters": [{ "field_name": "Priority", "value": "P1" }],
    });
    let write = json!({
        "method": "create", "owner": "octo", "repo": "hello",
        "title": "\"Grüße\" break\nthe log",
        "assignees": ["ada"],
        "labels": [],
        "issue_fields": [
            { "field_name": "Priority", "value": "P1" },
            { "field_name": "Effort", "value": 2.5 },
            { "field_name": "Public", "value": true },
            { "field_name": "Owner", "delete": true },
        ],
    });
    let board = json!({
        "method": "update_project_items", "owner": "octo",
        "items": [
            { "node_id": "I_kwDO" },
            { "issue_number": 42, "item_owner": "octo", "item_repo": "hello" },
        ],
        "updated_field": { "name": "Status", "value": { "option": ["Todo", 1] } },
    });
    let calls = [
        ("get_me", json!({})),
        ("list_issues", list),
        ("issue_write", write),
        ("projects_write", board),
    ];
    let result =
        json!({ "open": [{ "number": 42 }], "issue": "octo/hello#43", "board": "2 items updated" });
    skill("github", answers, &calls, &result).await;
}

#[tokio::test]
async fn google_workspace_takes_a_variant_of_31_records_and_gives_wrapped_results() {
    let tab = json!({ "result": {
        "action": "rename", "success": true, "message": "Renamed.", "tab_id": "t.1",
        "requests_applied": 1, "link": null,
    } });
    let answers = vec![
        ("manage_doc_tab", Answer::Structured(tab)),
        (
            "batch_update_doc",
            Answer::Structured(json!({ "result": "3 operations" })),
        ),
        (
            "modify_sheet_values",
            Answer::Structured(json!({ "result": "4 cells" })),
        ),
    ];
    let rename = json!({
        "user_google_email": "ada@example.org", "document_id": "doc-1", "action": "rename",
        "tab_id": "t.1", "title": "Minutes",
    });
    let edit = json!({
        "user_google_email": "ada@example.org", "document_id": "doc-1",
        "operations": [
            {
                "type": "insert_text", "text": "1. Grüße ☕\n", "tab_id": "t.1",
                "anchor_text": "Agenda", "anchor_position": "after",
            },
            { "type": "format_text", "start_index": 1, "end_index": 8, "bold": true, "font_size": 11.5 },
            {
                "type": "create_header_footer", "section_type": "footer",
                "header_footer_type": "FIRST_PAGE_ONLY",
            },
        ],
    });
    let cells = json!({
        "user_google_email": "ada@example.org", "spreadsheet_id": "sheet-1", "range_name": "A1:B2",
        "values": [["Item", "Cost"], ["Tea", "=2*3"]], "clear_values": false,
    });
    let calls = [
        ("manage_doc_tab", rename),
        ("batch_update_doc", edit),
        ("modify_sheet_values", cells),
    ];
    let result =
        json!({ "renamed": [true, 1, null], "edited": "3 operations", "cells": "4 cells" });
    skill("google-workspace", answers, &calls, &result).await;
}

#[tokio::test]
async fn mongodb_takes_maps_of_variants_and_gives_documents() {
    let calls = mongodb::calls();
    skill("mongodb", mongodb::answers(), &calls, &mongodb::result()).await;
}

#[tokio::test]
async fn notion_takes_json_or_text_and_arms_distinguished_by_their_keys() {
    let answers = vec![
        (
            "API-post-search",
            Answer::Text(r#"{ "results": [{ "id": "db-1" }] }"#),
        ),
        ("API-post-page", Answer::Text(r#"{ "id": "page-1" }"#)),
        ("API-update-page-markdown", Answer::Text("changed")),
    ];
    let search = json!({
        "query": "Recipes", "sort": "last_edited_time", "page_size": 1,
        "filter": { "value": "data_source", "property": "object" },
    });
    let post = json!({
        "parent": { "database_id": "db-1" },
        "properties": { "title": [{ "text": { "content": "Tea" } }] },
        "children": [
            { "paragraph": { "rich_text": [{ "text": { "content": "Steep." } }] } },
            "Drink.",
        ],
        "icon": "🍵",
    });
    let update = json!({
        "page_id": "page-1",
        "type": "update_content",
        "update_content": {
            "content_updates": [
                { "old_str": "Steep.", "new_str": "Steep for 3 min." },
                { "old_str": "Drink.", "new_str": "Enjoy.", "replace_all_matches": true },
            ],
            "allow_deleting_content": false,
        },
    });
    let calls = [
        ("API-post-search", search),
        ("API-post-page", post),
        ("API-update-page-markdown", update),
    ];
    let result = json!({ "page": { "id": "page-1" }, "changed": "changed" });
    skill("notion", answers, &calls, &result).await;
}

/// Compiles the whole interface of the server and the skill of that name, and runs it.
async fn skill(
    server: &'static str,
    answers: Vec<(&'static str, Answer)>,
    calls: &[Call],
    result: &Value,
) {
    let Some(catalog) = Catalog::open(&format!("the Rust skill `{server}`"), server) else {
        return;
    };
    let component = component(&catalog);
    runs(&component, catalog.play(answers), calls, result).await;
}

fn component(catalog: &Catalog) -> PathBuf {
    let workspace = root().join("tests/bindings/rust");
    let server = catalog.server;
    {
        let _lock = lock(&format!("bindings-{server}"));
        catalog.generate(&workspace.join(server).join("wit"));
    }
    let built = build(&workspace, &["--package", server]);
    built.join(format!("{}.wasm", server.replace('-', "_")))
}
