//! The transport over in-memory streams.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rmcp::model::{CancelledNotification, CancelledNotificationParam, JsonRpcMessage, RequestId};
use tokio::io::{AsyncBufReadExt as _, DuplexStream, duplex};

use super::*;
use crate::message::{TOO_LARGE, UNREADABLE};

mod noise;

/// Sends `lines` and returns what is received until the end, in one word each.
async fn received(limit: usize, lines: &[&[u8]]) -> (Vec<String>, Vec<String>) {
    let (mut server, input) = duplex(64);
    let mut transport = StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), limit);
    (1..=3).for_each(|id| lock(&transport.reader.ledger).sent(RequestId::Number(id), Asked::Other));
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
    tokio::spawn(async move {
        for line in lines {
            server.write_all(&line).await.unwrap();
        }
    });
    let mut messages = Vec::new();
    while let Some(message) = transport.receive().await {
        messages.push(match message {
            JsonRpcMessage::Response(response) => format!("response {}", response.id),
            JsonRpcMessage::Error(error) => match error.error.code {
                TOO_LARGE => format!("too large {}", error.id.unwrap()),
                UNREADABLE => format!("unreadable {}", error.id.unwrap()),
                code => format!("error {}", code.0),
            },
            JsonRpcMessage::Request(request) => format!("request {}", request.id),
            JsonRpcMessage::Notification(_) => "notification".to_owned(),
        });
    }
    let noise = transport.reader.noise.since(0, &Secrets::default());
    (messages, noise.shown)
}

#[tokio::test]
async fn line_at_the_limit_is_read_and_one_byte_more_is_not() {
    let line = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let newline = [line.as_slice(), b"\n"].concat();
    assert_eq!(received(line.len(), &[&newline]).await.0, ["response 1"]);
    assert_eq!(
        received(line.len() - 1, &[&newline]).await.0,
        ["too large 1"]
    );
}

#[tokio::test]
async fn what_follows_a_long_line_is_read() {
    let long = format!("{{\"result\":\"{}\",\"id\":1}}\n", "x".repeat(1000));
    let call = format!("{{\"method\":\"{}\",\"id\":1}}\n", "x".repeat(1000));
    let short = b"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\r\n";
    let (messages, _) = received(100, &[long.as_bytes(), call.as_bytes(), short]).await;
    assert_eq!(messages, ["too large 1", "response 2"]);
}

#[tokio::test]
async fn endless_line_is_not_kept() {
    let (mut server, input) = duplex(1 << 16);
    let mut transport = StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), 1000);
    let writing = tokio::spawn(async move {
        for _ in 0..64 {
            server.write_all(&[b'x'; 1 << 16]).await.unwrap();
        }
    });
    assert!(transport.receive().await.is_none());
    writing.await.unwrap();
    assert!(transport.reader.input.line.capacity() <= 1000);
}

/// Reads from a server that wrote `text`, with the requests `sent` waiting.
async fn transport(sent: &[i64], text: &str) -> StdioTransport<DuplexStream, Vec<u8>> {
    let (mut server, input) = duplex(1 << 16);
    server.write_all(text.as_bytes()).await.unwrap();
    let transport = StdioTransport::new("s", input, Vec::new(), 1000);
    for id in sent {
        lock(&transport.reader.ledger).sent(RequestId::Number(*id), Asked::Other);
    }
    transport
}

async fn answered_ids(mut transport: StdioTransport<DuplexStream, Vec<u8>>) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(message) = transport.receive().await {
        let id = message::answered(&message).flatten().unwrap().to_string();
        ids.push(match message {
            JsonRpcMessage::Error(error) => format!("{id}: {}", error.error.message),
            _ => id,
        });
    }
    ids
}

#[tokio::test]
async fn caller_of_an_endless_line_gets_an_error_before_its_end() {
    let (mut server, input) = duplex(1 << 16);
    let mut transport = StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), 1000);
    lock(&transport.reader.ledger).sent(RequestId::Number(1), Asked::Other);
    let endless = format!(r#"{{"id":1,"result":"{}"#, "x".repeat(2000));
    server.write_all(endless.as_bytes()).await.unwrap();
    let message = transport.receive().await.unwrap();
    assert_eq!(
        message::answered(&message),
        Some(Some(&RequestId::Number(1)))
    );
}

#[tokio::test]
async fn flood_of_notifications_is_thinned_out() {
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let (mut server, input) = duplex(1 << 16);
    let mut transport = StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), 1000);
    tokio::spawn(async move {
        let line = format!("{notification}\n");
        for _ in 0..5000 {
            server.write_all(line.as_bytes()).await.unwrap();
        }
    });
    let mut passed = 0;
    while transport.receive().await.is_some() {
        passed += 1;
    }
    // One second's worth, or a few on a busy machine.
    assert!((1000..5000).contains(&passed), "{passed}");
}

#[tokio::test]
async fn requests_of_a_server_that_reads_no_answers_are_dropped() {
    let ping = |id: usize| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n");
    let text: String = (0..200).map(ping).collect();
    let mut transport = transport(&[], &text).await;
    let mut passed = 0;
    while transport.receive().await.is_some() {
        passed += 1;
    }
    assert_eq!(passed, 64);
}

/// A notification with a reason that distinguishes it from others.
fn notice(reason: &str) -> TxJsonRpcMessage<RoleClient> {
    let cancelled = CancelledNotificationParam::new(None, Some(reason.to_owned()));
    let notification = CancelledNotification::new(cancelled);
    JsonRpcMessage::notification(ClientNotification::CancelledNotification(notification))
}

#[tokio::test]
async fn line_is_written_at_once_where_there_is_room_and_in_order_where_there_is_none() {
    let (server, output) = duplex(256);
    let mut transport = StdioTransport::new("s", tokio::io::empty(), output, 1000);
    let long = "x".repeat(1000);
    let first = transport.send(notice("first"));
    let mut server = tokio::io::BufReader::new(server);
    let mut line = String::new();
    let read = server.read_line(&mut line).now_or_never();
    assert!(read.is_some(), "it is there without a poll");
    assert!(line.contains("first"), "{line}");
    first.await.unwrap();

    let second = transport.send(notice(&long));
    let third = tokio::spawn(transport.send(notice("third")));
    tokio::task::yield_now().await;
    let second = tokio::spawn(second);
    for expected in [&long, "third"] {
        line.clear();
        server.read_line(&mut line).await.unwrap();
        assert!(line.contains(expected), "{line}");
    }
    second.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
}

#[tokio::test]
async fn outbox_of_a_server_that_does_not_read_is_bounded() {
    let (_server, output) = duplex(64);
    let mut transport = StdioTransport::new("s", tokio::io::empty(), output, 1 << 20);
    let bound = (1 << 20) + MEMORY_BESIDE;
    let cancelled = |id: String| {
        let params = CancelledNotificationParam::new(None, Some(id));
        JsonRpcMessage::notification(CancelledNotification::new(params).into())
    };
    let mut waiting = Vec::new();
    let mut refused = None;
    for _ in 0..bound >> 20 {
        let mut sending = Box::pin(transport.send(cancelled("x".repeat(1 << 20))));
        match (&mut sending).now_or_never() {
            None => waiting.push(sending),
            Some(sent) => refused = Some(sent.unwrap_err()),
        }
    }
    assert_eq!(waiting.len(), (bound >> 20) - 1);
    let error = refused.unwrap();
    assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
    waiting.pop();
    let mut sending = Box::pin(transport.send(cancelled("x".repeat(1 << 20))));
    assert!(
        (&mut sending).now_or_never().is_none(),
        "there is room again"
    );
}

#[tokio::test]
async fn answer_waits_for_room_and_nothing_of_it_is_lost() {
    let answer = |id: i64| {
        let text = "x".repeat(20_000);
        json_line(&serde_json::json!({"jsonrpc": "2.0", "id": id, "result": {"text": text}}))
    };
    let (mut server, input) = duplex(1 << 20);
    server.write_all(answer(1).as_bytes()).await.unwrap();
    server.write_all(answer(2).as_bytes()).await.unwrap();
    let mut transport =
        StdioTransport::<DuplexStream, Vec<u8>>::new("s", input, Vec::new(), 100_000);
    (1..=2).for_each(|id| lock(&transport.reader.ledger).sent(RequestId::Number(id), Asked::Other));
    let due = transport.due();
    let all = due
        .room(100_000 + MEMORY_BESIDE, due.patience())
        .await
        .unwrap();
    for _ in 0..3 {
        let waits = tokio::time::timeout(std::time::Duration::from_millis(5), transport.receive());
        assert!(waits.await.is_err(), "there is no room");
    }
    drop(all);
    let first = due.wait(RequestId::Number(1));
    assert!(transport.receive().await.is_some());
    let rest = 100_000 + MEMORY_BESIDE - 30_000;
    assert!(
        due.room(rest, due.patience()).now_or_never().is_none(),
        "the answer is not taken"
    );
    drop(first);
    assert!(transport.receive().await.is_some());
}

fn json_line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}
