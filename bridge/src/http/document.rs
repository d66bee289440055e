//! Gets a public JSON document of an authorization server, such as its metadata or its keys. Sends no credential.

use hyper::Method;
use hyper::http::header::{ACCEPT, HeaderMap, HeaderValue};
use url::Url;

use super::exchange::{Exchanged, MAX_ANSWER, Plain, exchange};
use crate::error::HttpFault;

/// The bytes of the document at this address, 256 KiB at most. `None`: there is none.
///
/// # Errors
///
/// When the server is not reached, answers too slowly or too much, or says that it fails.
pub async fn document(url: &Url) -> Result<Option<Vec<u8>>, HttpFault> {
    let mut headers = HeaderMap::new();
    let accept = "application/json, application/jwk-set+json";
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    let plain = Plain {
        method: Method::GET,
        url,
        headers,
        body: String::new(),
        most: MAX_ANSWER,
        // The configuration of this host names the server, wherever it is.
        admits: None,
    };
    let Exchanged { status, body, .. } = exchange(plain, None).await?;
    match status {
        200 => Ok(Some(body)),
        408 | 425 | 429 | 500.. => Err(HttpFault::Broken(format!("it answered HTTP {status}"))),
        // A redirect leads to another origin. Everything else means that nothing is there.
        _ => Ok(None),
    }
}
