//! One request and its whole answer, for what is no MCP: the documents and the endpoints of authorization servers.
//! Bounds length and time of the answer, and follows no redirect to another origin.

use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use hyper::http::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::timeout;
use url::Url;

use super::challenge::Challenge;
use super::client;
use super::lookup::Admits;
use crate::config::CaFile;
use crate::error::HttpFault;

/// The longest answer, in bytes. Metadata take a few KiB, and a token seldom more than 10.
pub(crate) const MAX_ANSWER: usize = 256 * 1024;
/// The longest that one exchange may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is sent.
pub(crate) struct Plain<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The most that is read of the answer, in bytes. Zero: its head is all that counts.
    pub(crate) most: usize,
    /// Which addresses the name of its host may lead to. `None`: any.
    pub(crate) admits: Option<Admits>,
}

/// What came back.
pub(crate) struct Exchanged {
    pub(crate) status: u16,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) body: Vec<u8>,
}

/// Sends one request on a connection of its own.
pub(crate) async fn exchange(
    plain: Plain<'_>,
    ca_file: Option<&CaFile>,
) -> Result<Exchanged, HttpFault> {
    let client = client(plain.url, ca_file, plain.admits)?;
    let whole = async {
        let sent = client.send(
            plain.method,
            plain.url,
            plain.headers,
            Bytes::from(plain.body),
        );
        let mut response = sent.await?;
        let status = response.status().as_u16();
        let challenge = Challenge::of(response.headers());
        let mut body = Vec::new();
        if plain.most == 0 {
            // A stream of events may have no end.
            return Ok(Exchanged {
                status,
                challenge,
                body,
            });
        }
        if response
            .headers()
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            let why = "its answer is compressed, which was not asked for";
            return Err(HttpFault::Broken(why.to_owned()));
        }
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > plain.most {
                // Dropping it closes the connection: nothing more of it is read.
                let most = plain.most / 1024;
                let why = format!("its answer is longer than {most} KiB, the most that is read");
                return Err(HttpFault::Broken(why));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchanged {
            status,
            challenge,
            body,
        })
    };
    timeout(PATIENCE, whole).await.unwrap_or_else(|_| {
        let why = format!("no whole answer after {} s", PATIENCE.as_secs());
        Err(HttpFault::Broken(why))
    })
}
