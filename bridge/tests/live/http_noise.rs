//! Servers over HTTP that answer in unusual ways, and work all the same, or say why not.

use super::http_faults::outcome;
use super::web::{Reply, Web, legacy, text};
use super::*;

#[tokio::test]
async fn answer_is_read_in_any_wrapping() {
    let wrapped: [fn(&Value) -> Reply; 13] = [
        |answer| Reply::new(200, "application/json-rpc", answer.to_string()),
        |answer| Reply::new(200, "text/plain", answer.to_string()),
        |answer| Reply::new(200, "", answer.to_string()),
        |answer| Reply::new(200, "application/json", format!("\u{feff}{answer}\n\n")),
        |answer| Reply::new(200, "application/json", format!(" [{answer}]")),
        |answer| Reply::events(format!("data: [{answer}]\n\n")),
        |answer| {
            Reply::events(format!(
                "data: {{\"level\":30}}\n\ndata: ping\n\ndata: {answer}\n\n"
            ))
        },
        |answer| {
            let other = json!({"jsonrpc": "2.0", "id": "x", "result": {}});
            Reply::events(format!("data: {other}\n\ndata: {answer}\n\n"))
        },
        |answer| Reply::events(format!("data: \u{feff}{answer}\n\n")),
        // The empty line at the end of the stream is missing, with and without a line end.
        |answer| Reply::events(format!("data: {answer}\n")),
        |answer| Reply::events(format!("data: {answer}")),
        |answer| {
            let answer = json!({"id": answer["id"], "result": answer["result"]});
            Reply::new(200, "application/json", answer.to_string())
        },
        |answer| {
            let mut answer = answer.clone();
            answer["error"] = Value::Null;
            Reply::events(format!("data: {answer}\n\n"))
        },
    ];
    for (number, wrap) in wrapped.into_iter().enumerate() {
        let outcome = outcome(move |received| {
            wrap(&json!({"jsonrpc": "2.0", "id": received.body["id"], "result": text("done")}))
        });
        let outcome = outcome
            .await
            .unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(super::text(&outcome), "done", "{number}");
    }
}

/// A server of an older revision that does this with a request that it does not know.
async fn older(unknown: fn() -> Reply) -> Result<Server, ConnectError> {
    let known = legacy(|received| received.result(text("done")));
    let web = Web::start(move |received| match received.what() {
        "server/discover" => unknown(),
        _ => known(received),
    })
    .await;
    web.connect(json!({"startup_timeout_sec": 20})).await
}

#[tokio::test]
async fn older_server_is_initialized_whatever_it_does_with_the_probe() {
    let unknown: [fn() -> Reply; 13] = [
        || Reply::status(200),
        || Reply::new(200, "application/json", ""),
        || Reply::new(200, "application/json", "null"),
        || Reply::new(200, "application/json", "{\"error\":\"unknown\"}"),
        || Reply::new(200, "text/plain", "unknown method"),
        || Reply::new(200, "text/html", "<html></html>"),
        || Reply::status(202),
        || Reply::events(""),
        || Reply::events(": hello\n\n"),
        || Reply::events("data: unknown method\n\n"),
        || Reply::new(403, "text/plain", "method not allowed here"),
        || Reply::status(500),
        || Reply::new(200, "text/plain", "").after("no HTTP at all\r\n\r\n", 1),
    ];
    for (number, unknown) in unknown.into_iter().enumerate() {
        let connected = older(unknown).await;
        let server = connected.unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(server.protocol(), "2025-11-25");
        server.call("write", JsonObject::new()).await.unwrap();
    }
}

#[tokio::test]
async fn events_of_another_name_are_shown_where_no_answer_comes() {
    let events = "event: response\ndata: {\"done\":true}\n\n";
    let error = outcome(move |_| Reply::events(events)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "server `far`: the event stream ended without an answer\n\
         in its answers, where only MCP messages belong:\n  {\"done\":true}"
    );
}

#[tokio::test]
async fn silence_on_the_probe_does_not_take_half_of_the_startup_time() {
    let begun = Instant::now();
    older(|| Reply::events(": wait\n\n").hanging())
        .await
        .unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(9),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn token_that_the_probe_lacks_is_asked_for() {
    let error = older(|| Reply::new(401, "text/plain", "who are you?")).await;
    let Err(error) = error else {
        panic!("connected")
    };
    assert!(
        error
            .to_string()
            .contains("HTTP 401: who are you?: put a token that it accepts into its `headers`"),
        "{error}"
    );
}

#[tokio::test]
async fn refusal_shows_the_words_of_the_server_without_secrets() {
    let refused = async |status: u16, body: &'static str| {
        let web = Web::start(move |_| Reply::new(status, "text/plain", body)).await;
        let more = json!({"headers": {"Authorization": "Bearer canary-canary-canary"}});
        web.refused(more).await
    };
    let message = refused(403, "Host not allowed for canary-canary-canary").await;
    assert!(
        message.contains("it refused the request with HTTP 403: Host not allowed for")
            && message
                .ends_with(": check its `url`, and whether the token in its `headers` allows this"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    let message = refused(402, "pay canary-canary-canary").await;
    assert!(!message.contains("canary"), "{message}");
    let message = refused(405, "only GET here").await;
    assert!(
        message.ends_with(
            "it answered HTTP 405 Method Not Allowed (`text/plain`): only GET here: check that its `url` is the MCP endpoint"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn redirects_that_lead_back_are_called_a_loop() {
    for (location, status) in [("/mcp", 307), ("/mcp", 302), ("/mcp", 308)] {
        let web = Web::start(move |_| Reply::status(status).with("location", location)).await;
        let message = web.refused(json!({})).await;
        assert!(
            message.contains(&format!(
                "its redirects go in a loop: HTTP {status} leads back to `http://web/mcp`"
            )),
            "{message}"
        );
    }
    let web = Web::start(|received| {
        let to = if received.path == "/mcp" {
            "/a"
        } else {
            "/mcp"
        };
        Reply::status(307).with("location", to)
    })
    .await;
    let message = web.refused(json!({})).await;
    assert!(message.contains("its redirects go in a loop"), "{message}");
    let web =
        Web::start(|received| Reply::status(307).with("location", &format!("{}x", received.path)))
            .await;
    let message = web.refused(json!({})).await;
    assert!(
        message.contains("it redirects more than 5 times, at last to `http://web/mcpxxxxxx`"),
        "{message}"
    );
}

#[tokio::test]
async fn error_over_http_names_server_status_media_type_and_what_to_do() {
    type Answer = fn() -> Reply;
    let cases: [(Answer, &str); 7] = [
        (
            || Reply::status(202),
            "it answered HTTP 202 Accepted (`text/plain`) without a body, where the answer to the request belongs: \
             check that its `url` is the MCP endpoint, for streamable HTTP",
        ),
        (
            || Reply::new(200, "text/html", "<h1>Sign in</h1>"),
            "it answered HTTP 200 OK (`text/html`), which is not JSON or an event stream: <h1>Sign in</h1>: check that \
             its `url` is the MCP endpoint; where this is a page to log in, put a token into its `headers`",
        ),
        (
            || Reply::new(429, "text/plain", "slow down").with("retry-after", "17"),
            "it answered HTTP 429 Too Many Requests (`text/plain`): slow down: set `calls_per_minute` in its \
             `limits`, and call again after 17 s (its `retry-after`)",
        ),
        (
            || Reply::new(503, "text/html", "<h1>down</h1>"),
            "it answered HTTP 503 Service Unavailable (`text/html`): <h1>down</h1>: the server is overloaded or down, \
             and call again later",
        ),
        (
            || Reply::new(200, "application/json", "{\"a\":").with("content-length", "99"),
            "it answered HTTP 200 OK (`application/json`), but the connection broke off after 5 bytes of the body: ",
        ),
        (
            || {
                Reply::new(302, "text/html", "")
                    .with("location", "https://web.example/login?next=/mcp")
            },
            "it redirects with HTTP 302 to `https://web.example/login`, which was not followed, because that would \
             hand over its headers or lose the message: it looks like a page to log in, so put a token into its \
             `headers`, such as `\"Authorization\": \"Bearer ${TOKEN}\"`",
        ),
        (
            || Reply::new(200, "application/json", "{\"jsonrpc\":"),
            "it answered HTTP 200 OK (`application/json`): the answer is not an MCP message: EOF while parsing",
        ),
    ];
    for (answer, expected) in cases {
        let error = outcome(move |_| answer()).await.unwrap_err().to_string();
        let expected = format!("server `far`: {expected}");
        assert!(error.starts_with(&expected), "{error}\n{expected}");
    }
}

#[tokio::test]
async fn words_of_a_server_that_asks_to_wait_keep_the_time() {
    let limited = outcome(|received| {
        let error = received.error(-32000, "rate limited");
        error.with_status(429).with("retry-after", "9")
    });
    assert_eq!(
        limited.await.unwrap_err().to_string(),
        "rate limited: HTTP 429: set `calls_per_minute` in its `limits`, and call again after 9 s (its \
         `retry-after`) (JSON-RPC error -32000)"
    );
}

#[tokio::test]
async fn error_of_the_server_keeps_its_words_whatever_the_status() {
    for status in [200, 400, 404, 500] {
        let outcome = outcome(move |received| {
            received
                .error(-32602, "`city` is missing")
                .with_status(status)
        })
        .await;
        let expected = CallError::InvalidArguments("`city` is missing".to_owned());
        assert_eq!(outcome, Err(expected), "HTTP {status}");
    }
}
