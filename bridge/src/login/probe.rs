//! Asks a server what it wants of a client without a token. Sends one message that changes nothing, and no secret.

use hyper::Method as Verb;
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::json;

use super::error::LoginError;
use super::target::Target;
use crate::http::{Challenge, Exchanged, Plain, exchange};

/// Sends the server a message without a token that changes nothing, for what it answers.
pub(super) async fn challenge(target: &Target) -> Result<Option<Challenge>, LoginError> {
    let mut headers = HeaderMap::new();
    let accepted = HeaderValue::from_static("application/json, text/event-stream");
    headers.insert(ACCEPT, accepted);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let plain = Plain {
        method: Verb::POST,
        url: &target.url,
        headers,
        body: json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string(),
        most: 0,
        admits: None,
    };
    let Exchanged {
        status, challenge, ..
    } = exchange(plain, target.ca_file())
        .await
        .map_err(|fault| LoginError::Transient(format!("server `{}`: {fault}", target.name)))?;
    Ok(match status {
        // Some refuse without saying how to log in.
        401 => Some(challenge.unwrap_or_default()),
        _ => challenge,
    })
}
