//! What a server writes that is no message, or not quite one, and what its callers get.

use super::*;

#[tokio::test]
async fn noise_is_skipped_and_what_cannot_be_read_is_an_error_of_its_request() {
    let (messages, noise) = received(
        1000,
        &[
            b"\x1b[1mstarting\n\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\xff}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":3}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"a",
        ],
    )
    .await;
    assert_eq!(messages, ["response 1", "unreadable 2"]);
    assert_eq!(
        noise,
        [
            " [1mstarting",
            r#"{"jsonrpc":"2.0","id":3}"#,
            r#"{"jsonrpc":"2.0","id":3,"result":{"a"#,
        ]
    );
}

#[tokio::test]
async fn line_without_a_result_or_an_error_answers_nothing() {
    for noise in [
        "starting",
        r#"{"level":30,"time":1,"msg":"ready"}"#,
        r#"{"level":30,"id":1,"msg":"request"}"#,
        r#"{"level":50,"id":"req-1","error":{"message":"no"}}"#,
        r#"{"error":"disk almost full","code":7}"#,
        r#"{"jsonrpc":"2.0","level":"info","message":"hello"}"#,
        r#"{"jsonrpc":"2.0","params":{}}"#,
        r#"{"level":"info","method":"GET","id":1}"#,
        r#"["a","b"]"#,
        r#"[{"jsonrpc":"2.0"},{}]"#,
        "\"ok\"",
        "null",
        "42",
        "{",
        "{unbalanced",
    ] {
        let text = format!("{noise}\n{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{}}}}\n");
        let transport = transport(&[1], &text).await;
        let heard = transport.reader.noise.clone();
        assert_eq!(answered_ids(transport).await, ["1"], "{noise}");
        assert_eq!(heard.since(0, &Secrets::default()).shown, [noise]);
    }
}

#[tokio::test]
async fn what_is_around_a_message_does_not_cost_it() {
    let answer = |id: i64| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
    let note =
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    let (one, two) = (answer(1), answer(2));
    for text in [
        format!("\u{feff}{one}\n{two}\n"),
        format!("{one}\r\n{two}\r\n"),
        format!("{one}\r{two}\r"),
        format!("{one}{two}\n"),
        format!("  {one} , {two}\n{two}"),
        format!("{one} and so on\n{two}"),
        format!("[{one}]\n [ {two} ]\n"),
        format!("Loading 1 %\rLoading 99 %\r{one}\n{two}"),
        format!("{{\"level\":30}}{one}{{\"level\":30}}{two}\n"),
    ] {
        let ids = answered_ids(transport(&[1, 2], &text).await).await;
        assert_eq!(ids, ["1", "2"], "{text:?}");
    }
    let mut transport = transport(&[1], &format!("{note}{one}\n")).await;
    assert!(matches!(
        transport.receive().await,
        Some(JsonRpcMessage::Notification(_))
    ));
    assert_eq!(answered_ids(transport).await, ["1"]);
}

#[tokio::test]
async fn messages_on_one_line_are_read_up_to_a_bound() {
    let ids: Vec<i64> = (1..=20).collect();
    let line: String = ids
        .iter()
        .map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#))
        .collect();
    let answered = answered_ids(transport(&ids, &format!("{line}\n")).await).await;
    assert_eq!(answered.len(), 16);
}

#[tokio::test]
async fn answer_that_is_spread_over_lines_is_an_error_of_its_request() {
    let answer = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{}]}});
    let spread = serde_json::to_string_pretty(&answer).unwrap();
    let ids = answered_ids(transport(&[1, 2], &format!("{spread}\n")).await).await;
    assert_eq!(
        ids,
        ["1: the answer is spread over several lines: each message must be one line"]
    );
    let dump = "{\n  id: 1,\n  error: 'no'\n}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n";
    assert_eq!(answered_ids(transport(&[1], dump).await).await, ["1"]);
}

#[tokio::test]
async fn answer_that_breaks_off_at_the_end_of_the_stream_is_none() {
    let text = r#"{"jsonrpc":"2.0","id":1,"result":{"content":["#;
    assert_eq!(answered_ids(transport(&[1], text).await).await, [""; 0]);
    let whole = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert_eq!(answered_ids(transport(&[1], whole).await).await, ["1"]);
}

/// What is received from a server that wrote `text` and keeps its stdout open, until nothing comes for a while.
async fn open_ended(sent: &[i64], asked: Asked, text: &str) -> Option<ServerJsonRpcMessage> {
    let (mut server, input) = duplex(1 << 16);
    server.write_all(text.as_bytes()).await.unwrap();
    let mut transport = StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), 1000);
    for id in sent {
        lock(&transport.reader.ledger).sent(RequestId::Number(*id), asked);
    }
    let patience = std::time::Duration::from_secs(20);
    let received = tokio::time::timeout(patience, transport.receive()).await;
    received.expect("it is given up before that")
}

#[tokio::test]
async fn stray_answer_fails_the_only_request_that_it_can_be_for_and_says_why() {
    for (stray, problem) in [
        (
            r#"{"jsonrpc":"2.0","id":9,"result":{}}"#,
            "it answered under the id `9`, which belongs to no request, where the request has the id `1`: \
             an answer must have the id of its request (JSON-RPC 2.0)",
        ),
        (
            r#"{"jsonrpc":"2.0","id":"one","result":{}}"#,
            "it answered under the id `\"one\"`, which belongs to no request, where the request has the \
             id `1`: an answer must have the id of its request (JSON-RPC 2.0)",
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"result":{}}"#,
            "it answered under the id `null`, which belongs to no request, where the request has the id \
             `1`: an answer must have the id of its request (JSON-RPC 2.0)",
        ),
        (
            r#"{"jsonrpc":"2.0","result":{}}"#,
            "it sent an answer without an id: an answer must have the id of its request (JSON-RPC 2.0)",
        ),
        (
            r#"Fetching... {"jsonrpc":"2.0","id":1,"result":{}}"#,
            "the answer came on a line that begins with other text: each message must have a line of its own",
        ),
        (
            r#"[{"jsonrpc":"2.0","method":"notifications/message"},{"jsonrpc":"2.0","id":1,"result":{}}]"#,
            "the answer came in a list, and must be one message (a batch is not asked for)",
        ),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not ready"}}"#,
            "not ready",
        ),
    ] {
        let message = open_ended(&[1], Asked::Other, &format!("{stray}\n")).await;
        let Some(JsonRpcMessage::Error(error)) = message else {
            panic!("{stray}: {message:?}")
        };
        assert_eq!(error.id, Some(RequestId::Number(1)));
        assert_eq!(error.error.message, problem, "{stray}");
    }
}

#[tokio::test]
async fn stray_answer_does_no_harm_where_the_own_answer_follows() {
    let own = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    for stray in [
        r#"{"jsonrpc":"2.0","id":77,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"what?"}}"#,
        r#"{"id":1,"error":"a line of a log"}"#,
        r#"debug: sent {"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]"#,
    ] {
        let ids = answered_ids(transport(&[1], &format!("{stray}\n{own}\n{own}\n")).await).await;
        assert_eq!(ids, ["1"], "{stray}");
    }
}

#[tokio::test]
async fn request_that_could_not_be_parsed_is_not_waited_for() {
    let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}"#;
    let ids = answered_ids(transport(&[1], &format!("{error}\n")).await).await;
    assert_eq!(ids, ["1: parse error"]);
}

#[tokio::test]
async fn answer_that_comes_again_reaches_no_other_caller_and_fails_none() {
    let text = r#"{"jsonrpc":"2.0","id":2,"result":{}}
        {"jsonrpc":"2.0","id":2,"result":{}}
        {"jsonrpc":"2.0","id":3,"result":{}}
        {"jsonrpc":"2.0","id":3,"result":{}}
        {"jsonrpc":"2.0","id":1,"result":{}}
    "#;
    let ids = answered_ids(transport(&[1, 2, 3], text).await).await;
    assert_eq!(ids, ["2", "3", "1"]);
}

#[tokio::test]
async fn answer_under_a_number_as_text_fails_that_request_at_once_and_no_other() {
    let text = r#"{"jsonrpc":"2.0","id":"2","result":{"content":[]}}
        {"jsonrpc":"2.0","id":1,"result":{}}
        {"jsonrpc":"2.0","id":3,"result":{}}
    "#;
    let ids = answered_ids(transport(&[1, 2, 3], text).await).await;
    assert_eq!(
        ids,
        [
            "2: it answered under the id `\"2\"`, as text and not as a number, where the request has the \
             id `2`: an answer must have the id of its request (JSON-RPC 2.0)",
            "1",
            "3"
        ]
    );
}
