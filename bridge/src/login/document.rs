//! Gets the JSON documents that lead to an authorization server, and says whether there is none, whether it is not to
//! be had now, or whether it is no use. Bounds all of one login together.

use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Method;
use hyper::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use url::Url;

use super::error::LoginError;
use super::reach;
use super::target::Target;
use crate::error::HttpFault;
use crate::http::{Exchanged, MAX_ANSWER, Plain, exchange};
use crate::text::{sanitize, short};

const PROTOCOL: HeaderName = HeaderName::from_static("mcp-protocol-version");
const REVISION: HeaderValue = HeaderValue::from_static("2025-11-25");
/// How much is read of all documents of one login, in bytes. A server may name many.
const MOST: usize = 1 << 20;

/// The documents of one login.
pub(super) struct Documents<'a> {
    pub(super) target: &'a Target,
    /// What may still be read, in bytes.
    left: AtomicUsize,
}

impl<'a> Documents<'a> {
    pub(super) fn of(target: &'a Target) -> Self {
        Self {
            target,
            left: AtomicUsize::new(MOST),
        }
    }

    /// The document at this address. `None`: there is none.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        url: &Url,
    ) -> Result<Option<T>, LoginError> {
        let most = MAX_ANSWER.min(self.left.load(Ordering::Relaxed));
        if most == 0 {
            return Err(LoginError::Unusable(format!(
                "the documents that lead to its authorization server are longer than {} KiB together",
                MOST / 1024
            )));
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(PROTOCOL, REVISION);
        let plain = Plain {
            method: Method::GET,
            url,
            headers,
            body: String::new(),
            most,
            admits: reach::admits(url, &self.target.near),
        };
        let answer = exchange(plain, self.target.ca_file()).await;
        // What breaks off may have been read up to the bound.
        let read = match &answer {
            Ok(answer) => answer.body.len(),
            Err(HttpFault::Connect(_)) => 0,
            Err(_) => most,
        };
        self.left.fetch_sub(read, Ordering::Relaxed);
        let Exchanged { status, body, .. } = answer.map_err(|fault| {
            LoginError::Transient(format!("{what} at `{}`: {fault}", shown(url)))
        })?;
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
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Ok(None);
        }
        serde_json::from_slice(&body).map(Some).map_err(|error| {
            let error = short(&sanitize(error.to_string().as_bytes()), 200).into_owned();
            LoginError::Unusable(format!(
                "{what} at `{}` cannot be read: {error}",
                shown(url)
            ))
        })
    }
}

/// `null` is what some servers write for nothing.
pub(super) fn or_default<'d, D: Deserializer<'d>, T: serde::Deserialize<'d> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The address without its query.
pub(super) fn shown(url: &Url) -> String {
    let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
    sanitize(place.as_bytes())
}
