//! The fields of a form or a query, bounded in bytes and in time.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Bytes};
use url::form_urlencoded;

/// Bytes of a form: the digests of some questions, and a reason.
const LONGEST: usize = 64 << 10;

/// How long a browser may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The fields of a form, in their order.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn of(text: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(text);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The value of a field that is there once.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The same, unless it is blank.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.one(name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.0.iter().filter(move |(given, _)| given == name);
        pairs.map(|(_, value)| value.as_str())
    }
}

/// Reads a form that was sent.
pub(super) async fn read<B>(body: B) -> Result<Form, (StatusCode, &'static str)>
where
    B: Body<Data = Bytes> + Send,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    let whole = Limited::new(body, LONGEST).collect();
    match tokio::time::timeout(PATIENCE, whole).await {
        Ok(Ok(body)) => Ok(Form::of(&body.to_bytes())),
        Ok(Err(_)) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            "the form is longer than 64 KiB, or broke off",
        )),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the form did not come in time")),
    }
}
