//! Answers that MCP does not give: they have a status, and say what to do as JSON.

use std::convert::Infallible;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER,
};
use hyper::{Response, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(super) type Answer = Response<BoxBody<Bytes, Infallible>>;

pub(super) fn answer(status: StatusCode, error: &str, message: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body(error, message))).boxed());
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// A public document, which clients of other origins may read too.
pub(super) fn document(document: &serde_json::Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(document.to_string())).boxed());
    let headers = answer.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// The answer to a request that has to come again.
pub(super) fn busy(message: &str) -> Answer {
    let mut answer = answer(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
    let headers = answer.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// The answer to a request whose rest is not read.
pub(super) fn unread(mut answer: Answer) -> Answer {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
    answer
}

/// Answers a connection that is one too many, before its request has come.
pub(super) async fn too_many(mut stream: TcpStream) {
    let body = body("busy", "too many connections are open");
    let text = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(text.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    // What the client sent and the server did not read would make the OS throw the answer away.
    let mut rest = [0; 1024];
    for _ in 0..64 {
        if !matches!(stream.read(&mut rest).await, Ok(1..)) {
            return;
        }
    }
}

fn body(error: &str, message: &str) -> String {
    serde_json::json!({ "error": error, "message": message }).to_string()
}
