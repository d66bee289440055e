//! Servers over HTTP that misbehave, or that are not there.

use super::web::{Received, Reply, Web, legacy, modern, text};
use super::*;

/// What one call says, of a server whose answer to it is `answer`.
pub(crate) async fn outcome(
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Result<CallToolResult, CallError> {
    let web = Web::start(modern(answer)).await;
    let server = web.connect(json!({"tool_timeout_sec": 5})).await.unwrap();
    let begun = Instant::now();
    let outcome = server.call("write", JsonObject::new()).await;
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "a typed error at once, not the deadline"
    );
    outcome
}

fn protocol(outcome: Result<CallToolResult, CallError>) -> String {
    match outcome {
        Err(CallError::Protocol(message)) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refused_connection_is_reported_without_the_query_of_its_url() {
    let web = Web::start(|_| Reply::status(500)).await;
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let more = json!({"url": format!("http://127.0.0.1:{port}/mcp?token=canary")});
    let message = web.refused(more).await.replace(&port.to_string(), "PORT");
    assert!(
        message.contains("failed to connect: Connection refused"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
}

#[tokio::test]
async fn server_without_tls_is_recognised() {
    let web = Web::start(|_| Reply::status(200)).await;
    let url = web.address.replace("http://", "https://");
    let message = web.refused(json!({ "url": url })).await;
    assert!(
        message.contains("failed to connect: tls handshake eof"),
        "{message}"
    );
}

#[tokio::test]
async fn server_that_hangs_up_without_an_answer_is_reported_as_such() {
    let web = Web::start(|_| Reply::status(500)).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp?token=canary", listener.local_addr().unwrap());
    let hanging_up = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let message = web.refused(json!({ "url": url })).await;
    assert!(
        message.contains(": the connection broke off: "),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    hanging_up.abort();
}

#[tokio::test]
async fn token_that_is_missing_is_asked_for() {
    for status in [401, 403] {
        let web = Web::start(move |_| {
            Reply::status(status).with("www-authenticate", "Bearer resource_metadata=\"x\"")
        })
        .await;
        assert_eq!(
            web.refused(json!({})).await,
            format!(
                "server `far` at `http://web/mcp`: it refused the request with HTTP {status}: \
                 put a token that it accepts into its `headers`, such as \
                 `\"Authorization\": \"Bearer ${{TOKEN}}\"`"
            )
        );
    }
}

#[tokio::test]
async fn token_that_expires_is_an_error_of_the_call() {
    let outcome = outcome(|_| Reply::status(401)).await;
    let Err(CallError::LoginRequired(message)) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(message.contains("put a token that it accepts"), "{message}");
}

#[tokio::test]
async fn endless_responses_of_status_1xx_are_an_error_now() {
    let early = b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n".repeat(1000);
    let outcome = outcome(move |received| {
        received
            .result(text("done"))
            .after(early.clone(), usize::MAX)
    });
    let CallError::Unavailable(message) = outcome.await.unwrap_err() else {
        panic!("wrong kind")
    };
    assert!(
        message.contains("more than 32 responses of status 1xx before its answer"),
        "{message}"
    );
}

#[tokio::test]
async fn few_responses_of_status_1xx_are_passed_over() {
    let early = b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let answer = outcome(move |received| received.result(text("done")).after(*early, 8));
    assert_eq!(super::text(&answer.await.unwrap()), "done");
}

#[tokio::test]
async fn head_and_trailers_without_end_are_an_error_now() {
    let header = format!("x: {}\r\n", "x".repeat(1000));
    for (status, more) in [
        ("HTTP/1.1 200 OK\r\n", header.clone()),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
            header.clone(),
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1;",
            "x".repeat(1000),
        ),
    ] {
        let flood = format!("{status}{}", more.repeat(10_000));
        let outcome = outcome(move |_| Reply::status(200).after(flood.clone(), 1)).await;
        assert!(
            matches!(outcome, Err(CallError::Unavailable(_))),
            "{status}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn redirect_to_another_origin_sends_no_request_there() {
    let elsewhere = Web::start(modern(|received| received.result(text("stolen")))).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/mcp?key=canary", elsewhere.address);
        let web = Web::start(move |_| Reply::status(status).with("location", &to)).await;
        let more = json!({"headers": {"Authorization": "Bearer canary", "X-Key": "canary"}});
        let message = web.refused(more).await;
        assert!(
            message.contains(&format!(
                "redirects with HTTP {status} to `{}/mcp`",
                elsewhere.address
            )),
            "{message}"
        );
        assert!(!message.contains("canary"), "{message}");
    }
    assert_eq!(elsewhere.words(), [""; 0], "nothing arrived");
}

#[tokio::test]
async fn redirect_that_would_lose_the_message_is_not_followed() {
    let web = Web::start(|_| Reply::status(302).with("location", "/other")).await;
    assert!(
        web.refused(json!({}))
            .await
            .contains("redirects with HTTP 302")
    );
    assert!(
        web.received()
            .iter()
            .all(|received| received.path == "/mcp")
    );
}

#[tokio::test]
async fn error_about_a_page_that_is_not_an_endpoint_names_its_type() {
    let web = Web::start(|_| Reply::new(200, "text/html; charset=utf-8", "<h1>Hello</h1>")).await;
    assert!(web.refused(json!({})).await.ends_with(
        "it answered HTTP 200 OK (`text/html; charset=utf-8`), which is not JSON or an event stream: \
         <h1>Hello</h1>: check that its `url` is the MCP endpoint; where this is a page to log in, put a token into \
         its `headers`"
    ));
    let web =
        Web::start(|_| Reply::new(503, "text/plain", "down for\n maintenance\u{1b}[31m")).await;
    assert!(
        web.refused(json!({}))
            .await
            .ends_with(
                "it answered HTTP 503 Service Unavailable (`text/plain`): down for maintenance [31m: the server is \
                 overloaded or down, and call again later"
            )
    );
}

#[tokio::test]
async fn headers_that_cannot_be_used_are_refused_before_anything_is_sent() {
    let web = Web::start(|_| Reply::status(500)).await;
    for (headers, problem) in [
        (
            json!({"Mcp-Session-Id": "x"}),
            "its header `Mcp-Session-Id` is set by the protocol: remove it",
        ),
        (
            json!({"X Key": "x"}),
            "its header `X Key` is not a valid header name",
        ),
        (
            json!({"X-Key": "a\r\nX-Other: b"}),
            "its header `X-Key` has a value with a line break or another control character",
        ),
    ] {
        let message = web.refused(json!({"headers": headers})).await;
        assert!(message.ends_with(problem), "{message}");
    }
    let message = web.refused(json!({"url": "file:///etc/passwd"})).await;
    assert!(
        message.contains("its scheme is `file`, but must be `http` or `https`"),
        "{message}"
    );
    assert_eq!(web.received().len(), 0);
}

#[tokio::test]
async fn answer_that_is_too_long_is_not_kept() {
    let long = "x".repeat(20 << 20);
    let body = long.clone();
    let too_large = Err(CallError::TooLarge(16 << 20));
    let json = outcome(move |received| received.result(text(&body))).await;
    assert_eq!(json, too_large);
    let events = outcome(move |_| Reply::events(format!("data: {long}\n\n"))).await;
    assert_eq!(events, too_large);
}

#[tokio::test]
async fn compressed_answer_is_not_unpacked() {
    // The beginning of a gzip stream: what it would unpack to is never looked at.
    let outcome = outcome(|_| {
        Reply::new(200, "application/json", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
            .with("content-encoding", "gzip")
    })
    .await;
    let Err(CallError::Unavailable(message)) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        message.contains(
            "it answered HTTP 200 OK (`application/json`), encoded as `gzip`, which was not asked for"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn answer_that_is_no_message_is_an_error_at_once_and_shows_what_came() {
    for (body, problem) in [
        (
            "{\"jsonrpc\":\"2.0\",",
            "the answer is not an MCP message: EOF while parsing",
        ),
        (
            "[]",
            "the answer is not an MCP message: it is a list, and must be one message",
        ),
        (
            "\u{fffd}",
            "the answer is not an MCP message: expected value",
        ),
        ("{\"result\":{}}", "the answer is not an MCP message: "),
        (
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":NaN}}",
            "the answer is not an MCP message: it has the value `NaN`, which JSON does not have",
        ),
    ] {
        let shown = format!("\nin its answers, where only MCP messages belong:\n  {body}");
        let problem_of_body =
            format!("server `far`: it answered HTTP 200 OK (`application/json`): {problem}");
        let message = protocol(outcome(move |_| Reply::new(200, "application/json", body)).await);
        assert!(message.starts_with(&problem_of_body), "{body}: {message}");
        assert!(message.ends_with(&shown), "{body}: {message}");
        let events = format!("data: {body}\n\n");
        let message = protocol(outcome(move |_| Reply::events(events.clone())).await);
        assert!(
            message.starts_with("server `far`: the event stream ended without an answer")
                || message.starts_with(&format!("server `far`: {problem}")),
            "{body}: {message}"
        );
    }
    let message = protocol(outcome(|_| Reply::new(200, "application/json", " \n")).await);
    assert_eq!(
        message,
        "server `far`: it answered HTTP 200 OK (`application/json`) without a body, where the answer to the request \
         belongs: check that its `url` is the MCP endpoint, for streamable HTTP"
    );
    let wide: Vec<u8> = "{\"jsonrpc\":\"2.0\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let message =
        protocol(outcome(move |_| Reply::new(200, "application/json", wide.clone())).await);
    assert!(message.contains("it is encoded in UTF-16"), "{message}");
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":3,"result":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let message =
        protocol(outcome(move |_| Reply::new(200, "application/json", deep.clone())).await);
    assert!(message.contains("recursion limit"), "{message}");
    let bytes = b"{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":\"\xff\"}";
    protocol(outcome(move |_| Reply::new(200, "application/json", bytes)).await);
}

#[tokio::test]
async fn answer_under_another_id_reaches_no_caller() {
    let answer = |id: Value| json!({"jsonrpc": "2.0", "id": id, "result": text("not yours")});
    for id in [json!(12345), json!("x")] {
        let other = answer(id.clone());
        let events = format!("data: {other}\n\n");
        let wrong = format!(
            "server `far`: it answered under the id `{id}`, which belongs to no request, where the request has the id `"
        );
        let message = protocol(outcome(move |_| Reply::json(other.clone())).await);
        assert!(message.starts_with(&wrong), "{message}");
        let message = protocol(outcome(move |_| Reply::events(events.clone())).await);
        assert!(message.starts_with(&wrong), "{message}");
    }
}

#[tokio::test]
async fn answer_that_never_comes_ends_with_the_deadline() {
    let one_by_one = |reply: Reply| {
        (0..100).fold(reply, |reply, _| {
            reply.then(Duration::from_millis(100), "{")
        })
    };
    let modes: [fn() -> Reply; 3] = [
        || Reply::new(200, "application/json", "").hanging(),
        || Reply::events(": hello\n\n").hanging(),
        || Reply::status(202),
    ];
    for (number, mode) in modes.into_iter().enumerate() {
        let web = Web::start(modern(move |_| mode())).await;
        let server = web.connect(json!({"tool_timeout_sec": 0.3})).await.unwrap();
        let outcome = server.call("write", JsonObject::new()).await;
        match number {
            2 => assert!(
                protocol(outcome)
                    .starts_with("server `far`: it answered HTTP 202 Accepted (`text/plain`)")
            ),
            _ => assert_eq!(
                outcome,
                Err(CallError::TimedOut(Duration::from_millis(300).into()))
            ),
        }
    }
    let web = Web::start(modern(move |_| {
        one_by_one(Reply::new(200, "application/json", ""))
    }))
    .await;
    let server = web.connect(json!({"tool_timeout_sec": 0.3})).await.unwrap();
    let outcome = server.call("write", JsonObject::new()).await;
    assert_eq!(
        outcome,
        Err(CallError::TimedOut(Duration::from_millis(300).into()))
    );
}

#[tokio::test]
async fn stream_that_breaks_off_is_unavailable_and_the_call_is_not_repeated() {
    let web = Web::start(legacy(|_| Reply::events(": hello\n\n"))).await;
    let server = web.connect(json!({})).await.unwrap();
    let outcome = server.call("write", JsonObject::new()).await;
    assert!(
        matches!(outcome, Err(CallError::Unavailable(_))),
        "{outcome:?}"
    );
    let calls = |web: &Web| {
        web.words()
            .iter()
            .filter(|word| *word == "tools/call")
            .count()
    };
    assert_eq!(calls(&web), 1);
    server.call("read", JsonObject::new()).await.unwrap_err();
    assert_eq!(calls(&web), 3, "one that only reads is made once more");
}
