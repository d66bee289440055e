//! Servers over HTTP that behave.

use super::web::{Reply, Web, legacy, modern, text};
use super::*;

async fn call(server: &Server, tool: &str) -> Result<CallToolResult, CallError> {
    server.call(tool, JsonObject::new()).await
}

#[tokio::test]
async fn session_of_an_older_server_is_kept_and_ended() {
    let web = Web::start(legacy(|received| received.result(text("done")))).await;
    let more = json!({"headers": {"Authorization": "Bearer ${HOME:-x}"}});
    let server = web.connect(more).await.unwrap();
    assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
    server.close().await;
    let mut words = web.words();
    words.retain(|word| word != "GET");
    assert_eq!(
        words,
        [
            "server/discover",
            "initialize",
            "notifications/initialized",
            "tools/list",
            "tools/call",
            "DELETE"
        ]
    );
    for received in web.received() {
        let token = received.header("authorization").unwrap();
        assert!(
            token.starts_with("Bearer ") && !token.contains("${"),
            "{token}"
        );
        assert_eq!(
            received.header("accept-encoding"),
            None,
            "no compression is asked for"
        );
        let in_session = !matches!(received.what(), "server/discover" | "initialize");
        assert_eq!(
            received.header("mcp-session-id").is_some(),
            in_session,
            "{}",
            received.what()
        );
        if in_session {
            assert_eq!(received.header("mcp-protocol-version"), Some("2025-11-25"));
        }
    }
}

#[tokio::test]
async fn stateless_server_gets_what_each_request_must_carry() {
    let web = Web::start(modern(|received| received.result(text("done")))).await;
    let server = web.connect(json!({})).await.unwrap();
    assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
    server.close().await;
    assert_eq!(web.words(), ["server/discover", "tools/list", "tools/call"]);
    for received in web.received() {
        assert_eq!(received.header("mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!(received.header("mcp-method"), Some(received.what()));
        assert_eq!(received.header("mcp-session-id"), None);
        let meta = &received.body["params"]["_meta"];
        assert_eq!(
            meta["io.modelcontextprotocol/protocolVersion"],
            "2026-07-28"
        );
        let client = &meta["io.modelcontextprotocol/clientInfo"];
        assert_eq!(client["name"], "mcp-host");
        assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
    }
    assert_eq!(web.received()[2].header("mcp-name"), Some("write"));
}

#[tokio::test]
async fn trace_of_the_caller_is_in_the_headers_and_in_the_message() {
    const PARENT: &str = "00-3f0c1d2e4b5a69788796a5b4c3d2e1f0-a1b2c3d4e5f60718-00";
    let web = Web::start(modern(|received| received.result(text("done")))).await;
    let server = web.connect(json!({})).await.unwrap();
    let caller = mcp_bridge::TraceContext::read(PARENT, Some("vendor=1"));
    mcp_bridge::traced(caller, call(&server, "write"))
        .await
        .unwrap();
    call(&server, "write").await.unwrap();
    server.close().await;
    let received = web.received();
    let [.., traced, plain] = &received[..] else {
        panic!("{received:?}");
    };
    assert_eq!(traced.header("traceparent"), Some(PARENT));
    assert_eq!(traced.header("tracestate"), Some("vendor=1"));
    let meta = &traced.body["params"]["_meta"];
    assert_eq!(
        (&meta["traceparent"], &meta["tracestate"]),
        (&json!(PARENT), &json!("vendor=1"))
    );
    assert_eq!(plain.header("traceparent"), None);
    assert_eq!(plain.body["params"]["_meta"]["traceparent"], Value::Null);
}

#[tokio::test]
async fn answer_may_come_as_events_after_notifications() {
    let web = Web::start(legacy(|received| {
        let result = json!({"jsonrpc": "2.0", "id": received.body["id"], "result": text("done")});
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress",
            "params": {"progressToken": 1, "progress": 0.5}});
        Reply::events(format!(": hello\n\nid: 1\ndata:\n\ndata: {progress}\n\n"))
            .then(Duration::from_millis(50), format!("data: {result}\n\n"))
    }))
    .await;
    let server = web.connect(json!({})).await.unwrap();
    assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
}

#[tokio::test]
async fn session_that_the_server_has_forgotten_is_opened_again() {
    for status in [404, 400] {
        let sessions = std::sync::atomic::AtomicUsize::new(0);
        let call_answer = move |received: &web::Received| {
            if sessions.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                return received
                    .error(-32000, "no such session")
                    .with_status(status);
            }
            received.result(text("done"))
        };
        let web = Web::start(legacy(call_answer)).await;
        let server = web.connect(json!({})).await.unwrap();
        assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
        let opened = web
            .words()
            .iter()
            .filter(|word| *word == "initialize")
            .count();
        assert_eq!(opened, 2, "HTTP {status}");
    }
}

#[tokio::test]
async fn redirect_within_the_origin_is_followed() {
    let answer = modern(|received| received.result(text("done")));
    let web = Web::start(move |received| {
        if received.path == "/mcp" {
            Reply::status(308).with("location", "/v2/mcp")
        } else {
            answer(received)
        }
    })
    .await;
    let server = web.connect(json!({})).await.unwrap();
    assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
}

#[tokio::test]
async fn server_that_lets_the_probe_hang_is_initialized() {
    let answer = legacy(|received| received.result(text("done")));
    let web = Web::start(move |received| match received.what() {
        "server/discover" => Reply::new(200, "application/json", "").hanging(),
        _ => answer(received),
    })
    .await;
    let more = json!({"startup_timeout_sec": 2});
    let server = web.connect(more).await.unwrap();
    assert_eq!(super::text(&call(&server, "write").await.unwrap()), "done");
}

#[tokio::test]
async fn many_calls_are_on_their_way_at_a_time() {
    let web = Web::start(modern(|received| {
        let answer = json!({"jsonrpc": "2.0", "id": received.body["id"], "result": text("done")});
        Reply::new(200, "application/json", "").then(Duration::from_millis(200), answer.to_string())
    }))
    .await;
    let server = Arc::new(web.connect(json!({})).await.unwrap());
    let begun = Instant::now();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { call(&server, "write").await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
}
