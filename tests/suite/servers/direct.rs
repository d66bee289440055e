//! Every pinned server through the bridge alone: connect, list, and a call if one works without a network.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use mcp_bridge::{CallToolResult, Client, JsonObject};
use serde_json::{Value, json};

use super::pinned;

/// The response of a tool, as one text.
async fn called(server: &Client, tool: &str, arguments: Value) -> String {
    let arguments: JsonObject = arguments.as_object().unwrap().clone();
    let CallToolResult {
        content, is_error, ..
    } = *server.call(tool, arguments).await.unwrap().result;
    let texts = content.iter().filter_map(|block| block.as_text());
    let text: Vec<&str> = texts.map(|text| text.text.as_str()).collect();
    let text = text.join("\n");
    assert_ne!(is_error, Some(true), "{tool}: {text}");
    text
}

#[tokio::test]
async fn everything_says_what_it_hears() {
    let Some(pinned) = pinned::everything("everything_says_what_it_hears") else {
        return;
    };
    let server = pinned.connect().await;
    assert_eq!(
        called(&server, "echo", json!({"message": "hé"})).await,
        "Echo: hé"
    );
    server.close().await;
}

#[tokio::test]
async fn sequential_thinking_counts_thoughts() {
    let Some(pinned) = pinned::sequential_thinking("sequential_thinking_counts_thoughts") else {
        return;
    };
    let server = pinned.connect().await;
    let thought = json!({"thought": "first", "nextThoughtNeeded": true, "thoughtNumber": 1,
        "totalThoughts": 2});
    let answer = called(&server, "sequentialthinking", thought).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["thoughtHistoryLength"], 1);
    server.close().await;
}

#[tokio::test]
async fn playwright_lists_its_tools() {
    let Some(pinned) = pinned::playwright("playwright_lists_its_tools") else {
        return;
    };
    let server = pinned.connect().await;
    assert!(server.tool("browser_navigate").is_some());
    server.close().await;
}

#[tokio::test]
async fn mongodb_lists_its_tools() {
    let Some(pinned) = pinned::mongodb("mongodb_lists_its_tools") else {
        return;
    };
    let server = pinned.connect().await;
    assert!(server.tool("find").is_some() || server.tool("connect").is_some());
    server.close().await;
}

#[tokio::test]
async fn fetch_reads_a_page_of_this_machine() {
    let Some(pinned) = pinned::fetch("fetch_reads_a_page_of_this_machine") else {
        return;
    };
    let page = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/page", page.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = page.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"GET /page "));
        let body = "the page of this machine";
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close";
        let length = body.len();
        write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    });
    let server = pinned.connect().await;
    let answer = called(&server, "fetch", json!({"url": url, "raw": true})).await;
    assert!(answer.contains("the page of this machine"), "{answer}");
    server.close().await;
}

#[tokio::test]
async fn excel_writes_a_workbook_and_reads_it() {
    let temp = tempfile::tempdir().unwrap();
    let Some(pinned) = pinned::excel("excel_writes_a_workbook_and_reads_it", temp.path()) else {
        return;
    };
    let path = temp.path().join("sums.xlsx");
    let server = pinned.connect().await;
    called(
        &server,
        "create_workbook",
        json!({"path": path, "sheets": ["Sums"]}),
    )
    .await;
    let rows = json!([["a", "b"], [1, 2]]);
    let written = json!({"path": path, "sheet": "Sums", "at": "A1", "rows": rows});
    called(&server, "write_range", written).await;
    let answer = called(
        &server,
        "read_range",
        json!({"path": path, "sheet": "Sums"}),
    )
    .await;
    for cell in ["a", "b", "1", "2"] {
        assert!(answer.contains(cell), "{answer}");
    }
    server.close().await;
}

#[tokio::test]
async fn sqlite_keeps_a_row() {
    let temp = tempfile::tempdir().unwrap();
    let Some(pinned) = pinned::sqlite("sqlite_keeps_a_row", &temp.path().join("db")) else {
        return;
    };
    let server = pinned.connect().await;
    let query = |query: &str| json!({ "query": query });
    called(
        &server,
        "create_table",
        query("CREATE TABLE birds (name TEXT)"),
    )
    .await;
    called(
        &server,
        "write_query",
        query("INSERT INTO birds VALUES ('wren')"),
    )
    .await;
    let answer = called(&server, "read_query", query("SELECT name FROM birds")).await;
    assert!(answer.contains("wren"), "{answer}");
    server.close().await;
}
