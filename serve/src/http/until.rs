//! A stream on which a client only listens, until its token is not good any more. Ends no answer to a call.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Bytes, Frame};
use tokio::time::Sleep;

/// A body that ends with this time.
pub(super) struct Until {
    body: BoxBody<Bytes, Infallible>,
    end: Pin<Box<Sleep>>,
}

impl Until {
    pub(super) fn new(body: BoxBody<Bytes, Infallible>, left: Duration) -> Self {
        Self {
            body,
            end: Box::pin(tokio::time::sleep(left)),
        }
    }
}

impl Body for Until {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use http_body_util::BodyExt as _;

    use super::*;

    /// Gives a byte, and then nothing without an end.
    struct Endless(Option<Bytes>);

    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.0.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => Poll::Pending,
            }
        }
    }

    #[tokio::test]
    async fn a_stream_ends_when_its_time_is_over() {
        let left = Duration::from_millis(50);
        let body = Endless(Some(Bytes::from_static(b"x"))).boxed();
        let begun = tokio::time::Instant::now();
        let read = Until::new(body, left).collect().await.unwrap();
        assert_eq!(read.to_bytes(), "x");
        assert!(begun.elapsed() >= left);
    }
}
