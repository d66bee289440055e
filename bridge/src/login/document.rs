//! Gets a JSON document, and says whether there is none, whether it is not to be had now, or whether it is no use.

use hyper::Method;
use hyper::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use super::error::LoginError;
use crate::config::CaFile;
use crate::http::{Exchanged, Plain, exchange};

const PROTOCOL: HeaderName = HeaderName::from_static("mcp-protocol-version");
const REVISION: HeaderValue = HeaderValue::from_static("2025-11-25");

/// The document at this address. `None`: there is none.
pub(super) async fn get<T: DeserializeOwned>(
    what: &str,
    url: &Url,
    ca_file: Option<&CaFile>,
) -> Result<Option<T>, LoginError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(PROTOCOL, REVISION);
    let plain = Plain {
        method: Method::GET,
        url,
        headers,
        body: String::new(),
    };
    let Exchanged { status, body, .. } = exchange(plain, ca_file)
        .await
        .map_err(|fault| LoginError::Transient(format!("{what} at `{}`: {fault}", shown(url))))?;
    match status {
        200 => {}
        408 | 425 | 429 | 500.. => {
            let text = format!("{what} at `{}`: it answered HTTP {status}", shown(url));
            return Err(LoginError::Transient(text));
        }
        // A redirect leads to another origin, or loses the request. Everything else means that nothing is there.
        _ => return Ok(None),
    }
    // A page in place of a document is what many servers answer to any address.
    Ok(serde_json::from_slice(&body).ok())
}

/// The address without its query.
pub(super) fn shown(url: &Url) -> String {
    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    crate::text::sanitize(place.as_bytes())
}
