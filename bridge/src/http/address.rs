//! The address of a server, as far as this program can use one.

use url::Url;

use crate::error::HttpFault;
use crate::text::sanitize;

/// Reads an address with the scheme `http` or `https`.
pub(super) fn parse(text: &str) -> Result<Url, HttpFault> {
    let url = Url::parse(text).map_err(|error| HttpFault::Url(error.to_string()))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        let scheme = url.scheme();
        Err(HttpFault::Url(format!(
            "its scheme is `{scheme}`, but must be `http` or `https`"
        )))
    }
}

/// The address without what may be a secret in it.
pub(super) fn shown(url: &Url) -> String {
    sanitize(format!("{}{}", url.origin().ascii_serialization(), url.path()).as_bytes())
}
