//! Recognizes a server that speaks only HTTP+SSE, the transport of revision 2024-11-05. Speaks it not itself
//! (docs/decisions/0017-http-sse-of-2024-is-refused-by-name.md).

use std::collections::HashMap;

use hyper::Method;
use hyper::body::Bytes;
use hyper::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::answer::{self, EVENT_STREAM};
use super::client::Client;

/// How much of the stream is looked at, in bytes. The event is its first.
const MAX_LOOK: usize = 4096;

/// Whether GET gives a stream of events that begins with `endpoint`.
pub(super) async fn is_spoken(
    client: &Client,
    url: &Url,
    headers: HashMap<HeaderName, HeaderValue>,
) -> bool {
    let mut all: HeaderMap = headers.into_iter().collect();
    all.insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM));
    let Ok(mut response) = client.send(Method::GET, url, all, Bytes::new()).await else {
        return false;
    };
    if !response.status().is_success() || !answer::is(&response, EVENT_STREAM) {
        return false;
    }
    let mut seen = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MAX_LOOK - seen.len();
        seen.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if has_endpoint(&seen) {
            return true;
        }
        if seen.len() == MAX_LOOK {
            break;
        }
    }
    false
}

/// Whether the whole lines so far say that an event is an `endpoint`.
fn has_endpoint(stream: &[u8]) -> bool {
    let whole = stream
        .iter()
        .rposition(|byte| matches!(byte, b'\n' | b'\r'));
    let whole = &stream[..whole.unwrap_or(0)];
    whole
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .filter_map(|line| line.strip_prefix(b"event:"))
        .any(|name| name.trim_ascii() == b"endpoint")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_is_an_event_of_that_name_and_no_data() {
        assert!(has_endpoint(b"event: endpoint\ndata: /messages\n\n"));
        assert!(has_endpoint(b": hi\r\nevent:endpoint\r\n"));
        assert!(!has_endpoint(b"event: endpoint"), "the name may go on");
        assert!(!has_endpoint(b"event: endpoints\n"));
        assert!(!has_endpoint(b"data: event: endpoint\n\n"));
        assert!(!has_endpoint(b""));
    }
}
