//! The wire over in-memory streams.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rmcp::model::JsonRpcMessage;
use tokio::io::{DuplexStream, duplex};

use super::*;

/// Sends `lines` and returns what is received until the end, in one word each.
async fn received(limit: usize, lines: &[&[u8]]) -> (Vec<String>, Option<String>) {
    let (mut server, input) = duplex(64);
    let mut wire = Wire::<DuplexStream, Vec<u8>>::with_limit(input, Vec::new(), limit);
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
    tokio::spawn(async move {
        for line in lines {
            server.write_all(&line).await.unwrap();
        }
    });
    let mut messages = Vec::new();
    while let Some(message) = wire.receive().await {
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
    (messages, wire.noise.get().cloned())
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
    let mut wire = Wire::<DuplexStream, Vec<u8>>::with_limit(input, Vec::new(), 1000);
    let input = Arc::clone(&wire.input);
    let reading = tokio::spawn(async move { wire.receive().await });
    for _ in 0..64 {
        server.write_all(&[b'x'; 1 << 16]).await.unwrap();
    }
    drop(server);
    assert!(reading.await.unwrap().is_none());
    assert!(input.lock().await.line.capacity() <= 1000);
}

#[tokio::test]
async fn noise_is_skipped_and_the_first_of_it_remembered() {
    let (messages, noise) = received(
        1000,
        &[
            b"\x1b[1mstarting\n\n",
            b"ready\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":\xff}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":3}\n",
            b"{\"jsonrpc\":\"2.0\",\"id\":",
        ],
    )
    .await;
    assert_eq!(messages, ["response 1", "unreadable 2", "unreadable 3"]);
    assert_eq!(noise.unwrap(), " [1mstarting");
}
