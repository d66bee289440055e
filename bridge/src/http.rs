//! Streamable HTTP: one POST for each message, and answers as JSON or as a stream of events.
//!
//! Bounds what is read, in the body and below it, follows no redirect to another origin, and asks for no compression.
//! Sessions, resumed streams and the headers that each revision wants are rmcp's.

use std::collections::HashMap;
use std::sync::{Arc, Once};
use std::time::Duration;

use hyper::http::header::{HeaderName, HeaderValue};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

mod address;
mod answer;
mod bearer;
mod challenge;
mod client;
mod connect;
mod document;
mod events;
mod exchange;
mod fault;
mod first_transport;
mod lookup;
mod paced;
mod post;
mod reading;
mod scopes;
mod tls;
mod transport;

use crate::config::{CaFile, Endpoint};
use crate::due::Due;
use crate::error::HttpFault;
use crate::noise::Noise;
use crate::secret::Secrets;
pub(crate) use bearer::Bearer;
pub(crate) use challenge::Challenge;
use client::Client;
pub use document::document;
use events::RESUME_AFTER;
pub(crate) use exchange::{Exchanged, MAX_ANSWER, Plain, exchange};
pub(crate) use fault::HttpSendError;
pub(crate) use lookup::Admits;
use post::Http;
use reading::Reading;
pub(crate) use transport::HttpTransport;
use url::Url;

/// How many requests may be on their way at a time.
const MAX_REQUESTS: usize = 256;
/// A broken stream is resumed this often, and no faster than so, if the server says nothing else.
const MAX_RESUMES: usize = 5;
const MAX_RESUME_AFTER: Duration = Duration::from_secs(10);
/// How long a server has to show that it speaks the first transport.
const ENDPOINT_PATIENCE: Duration = Duration::from_secs(2);

/// Headers that the protocol itself sets. A configuration cannot have them.
const RESERVED: [&str; 8] = [
    "accept",
    "accept-encoding",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
];

/// The token of a server, and the command that a person gets one with.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) bearer: Arc<dyn Bearer>,
    pub(crate) command: Arc<str>,
}

/// Prepares a connection that reads messages of at most `limit` bytes, and sends nothing yet. `server` is its name in
/// the log. Without a `login`, the headers of the configuration are all that it sends.
pub(crate) fn transport(
    server: &str,
    endpoint: &Endpoint,
    login: Option<Login>,
    limit: usize,
    secrets: &Secrets,
    noise: &Noise,
) -> Result<HttpTransport, HttpFault> {
    let (url, headers) = address(endpoint)?;
    let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
        .custom_headers(headers)
        .max_concurrent_requests(MAX_REQUESTS)
        .max_sse_event_size(limit)
        .reinit_on_expired_session(true);
    let mut backoff = ExponentialBackoff::default();
    backoff.max_times = Some(MAX_RESUMES);
    backoff.base_duration = RESUME_AFTER;
    backoff.max_delay = Some(MAX_RESUME_AFTER);
    config.retry_config = Arc::new(backoff);
    let reading = Reading {
        limit,
        due: Due::new(limit),
        secrets: secrets.clone(),
        noise: noise.clone(),
        login: login.as_ref().map(|login| Arc::clone(&login.command)),
    };
    let due = Arc::clone(&reading.due);
    let client = client(&url, endpoint.ca_file.as_ref(), None)?;
    let inner = StreamableHttpClientTransport::with_client(
        Http::new(client, reading, login.map(|login| login.bearer)),
        config,
    );
    Ok(HttpTransport::new(server, inner, limit, due))
}

/// Whether the address answers GET as a server of the first transport does (HTTP+SSE, revision 2024-11-05): with a
/// stream of events that begins with one called `endpoint`.
pub(crate) async fn streams_endpoint(endpoint: &Endpoint) -> bool {
    let Ok((url, headers)) = address(endpoint) else {
        return false;
    };
    let Ok(client) = client(&url, endpoint.ca_file.as_ref(), None) else {
        return false;
    };
    timeout(
        ENDPOINT_PATIENCE,
        first_transport::is_spoken(&client, &url, headers),
    )
    .await
    .unwrap_or(false)
}

fn address(endpoint: &Endpoint) -> Result<(Url, HashMap<HeaderName, HeaderValue>), HttpFault> {
    let url = address::parse(endpoint.url.expose_secret())?;
    let headers = endpoint
        .headers
        .iter()
        .map(|(name, value)| header(name, value.expose_secret()))
        .collect::<Result<HashMap<_, _>, _>>()?;
    Ok((url, headers))
}

fn client(
    url: &Url,
    ca_file: Option<&CaFile>,
    admits: Option<Admits>,
) -> Result<Client, HttpFault> {
    static PROVIDER: Once = Once::new();
    // An error says that the program has chosen one already, which is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Ok(Client::new(url, tls::trust(url, ca_file)?, admits))
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HttpFault> {
    let fault = |problem: &'static str| HttpFault::Header {
        name: name.to_owned(),
        problem,
    };
    let parsed = HeaderName::try_from(name).map_err(|_| fault("is not a valid header name"))?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err(fault("is set by the protocol: remove it"));
    }
    let mut value = HeaderValue::try_from(value.trim())
        .map_err(|_| fault("has a value with a line break or another control character"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}
