//! The bodies of requests: bounded one by one, in time, and all together. Reads no JSON.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::{Method, Request, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::{Answer, answer, busy, unread};

/// The longest body of a request, in bytes.
pub(super) const LONGEST: usize = 4 << 20;

/// How long a client may take for a body.
const PATIENCE: Duration = Duration::from_secs(30);

/// KiB of all bodies together.
const ROOM: usize = 64 << 10;

/// The room for all bodies.
#[derive(Clone)]
pub(super) struct Bodies(Arc<Semaphore>);

impl Bodies {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }

    /// The request with its whole body, and the room that it takes until its answer is written.
    ///
    /// # Errors
    ///
    /// The answer to a request that goes no further.
    pub(super) async fn whole(
        &self,
        request: Request<Incoming>,
    ) -> Result<(Request<Full<Bytes>>, Option<OwnedSemaphorePermit>), Answer> {
        let (head, body) = request.into_parts();
        // No other method of MCP has a body.
        if head.method != Method::POST {
            return Ok((Request::from_parts(head, Full::default()), None));
        }
        let length = body.size_hint().exact();
        let length = length.map_or(Ok(LONGEST), usize::try_from);
        let length = length.unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(too_long());
        }
        let room = u32::try_from(length.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.0).try_acquire_many_owned(room);
        let room = room.map_err(|_| unread(busy("too many requests are under way")))?;
        let whole = Limited::new(body, LONGEST).collect();
        let body = match tokio::time::timeout(PATIENCE, whole).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_long()),
            Ok(Err(_)) => {
                let what = "the body of the request broke off";
                return Err(unread(answer(StatusCode::BAD_REQUEST, "bad_request", what)));
            }
            Err(_) => {
                let what = format!("the body did not come within {} s", PATIENCE.as_secs());
                let late = answer(StatusCode::REQUEST_TIMEOUT, "timeout", &what);
                return Err(unread(late));
            }
        };
        Ok((Request::from_parts(head, Full::new(body)), Some(room)))
    }
}

fn too_long() -> Answer {
    let what = format!("a request may have {} MiB", LONGEST >> 20);
    unread(answer(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &what))
}
