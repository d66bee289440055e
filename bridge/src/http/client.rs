//! Sends requests to one server and follows its redirects. Bounds what comes before a body: the head of an answer, and
//! the responses of status 1xx before it. Knows nothing of MCP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::ext::on_informational;
use hyper::http::header::{
    AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;
use url::Url;

use super::address::shown;
use super::connect::Connector;
use super::fault::from_error;
use super::lookup::Admits;
use crate::error::HttpFault;

/// Redirects within the origin.
const MAX_REDIRECTS: usize = 5;
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// How many responses of status 1xx may come before an answer.
const MAX_INFORMATIONAL: u32 = 32;
/// How long a connection that is not in use is kept.
const IDLE: Duration = Duration::from_secs(90);

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("mcp-host/", env!("CARGO_PKG_VERSION")));

/// The connections to one server.
#[derive(Clone)]
pub(super) struct Client {
    inner: legacy::Client<Connector, Full<Bytes>>,
    proxies: Option<Arc<Matcher>>,
    /// From the name and password of the address, if it has any.
    authorization: Option<HeaderValue>,
}

/// The head of an answer, and the body that follows.
pub(super) struct Response {
    inner: hyper::Response<Incoming>,
    url: Url,
}

impl Client {
    /// Prepares connections to the server at `url`, at addresses that are admitted. Nothing is opened yet.
    pub(super) fn new(url: &Url, tls: Option<TlsConnector>, admits: Option<Admits>) -> Self {
        // A proxy is for what is far away.
        let is_near = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let proxies = (!is_near).then(|| Arc::new(Matcher::from_system()));
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(MAX_HEAD)
            .build(Connector::new(tls, proxies.clone(), admits));
        Self {
            inner,
            proxies,
            authorization: authorization(url),
        }
    }

    /// Sends a request, and sends it again where the server moves it within its origin and keeps method and body. Any
    /// other redirect is an answer: it would carry the headers to another origin, or lose the message.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, HttpFault> {
        let mut at = url.clone();
        let mut followed = Vec::new();
        loop {
            let request = self.request(&method, &at, &headers, body.clone())?;
            let inner = self.answer(request).await?;
            match moved(&inner, &at) {
                Some(to) if to.origin() == url.origin() => {
                    let status = inner.status().as_u16();
                    followed.push(at);
                    if followed.contains(&to) {
                        let to = shown(&to);
                        return Err(HttpFault::RedirectLoop { status, to });
                    }
                    if followed.len() > MAX_REDIRECTS {
                        let to = shown(&to);
                        let most = MAX_REDIRECTS;
                        return Err(HttpFault::RedirectsWithoutEnd { most, to });
                    }
                    at = to;
                }
                _ => return Ok(Response { inner, url: at }),
            }
        }
    }

    fn request(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, HttpFault> {
        let uri = bare(url)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method.clone();
        let all = request.headers_mut();
        all.insert(USER_AGENT, AGENT);
        if let Some(authorization) = &self.authorization {
            all.insert(AUTHORIZATION, authorization.clone());
        }
        if url.scheme() == "http"
            && let Some(proxy) = self
                .proxies
                .as_ref()
                .and_then(|proxies| proxies.intercept(&uri))
            && let Some(who) = proxy.basic_auth()
        {
            all.insert(PROXY_AUTHORIZATION, who.clone());
        }
        all.extend(headers.clone());
        *request.uri_mut() = uri;
        Ok(request)
    }

    async fn answer(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, HttpFault> {
        let (count, too_many) = (AtomicU32::new(0), Arc::new(Notify::new()));
        let say = Arc::clone(&too_many);
        on_informational(&mut request, move |_| {
            if count.fetch_add(1, Ordering::Relaxed) == MAX_INFORMATIONAL {
                say.notify_one();
            }
        });
        tokio::select! {
            biased;
            // Dropping the request closes its connection.
            () = too_many.notified() => Err(HttpFault::Broken(format!(
                "it sent more than {MAX_INFORMATIONAL} responses of status 1xx before its answer"
            ))),
            answer = self.inner.request(request) => {
                answer.map_err(|error| from_error(&error, error.is_connect()))
            }
        }
    }
}

impl Response {
    pub(super) fn status(&self) -> StatusCode {
        self.inner.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// Where it came from, after redirects.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The next part of the body, or `None` at its end. Trailers are dropped.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, HttpFault> {
        while let Some(frame) = self.inner.body_mut().frame().await {
            let frame = frame.map_err(|error| from_error(&error, false))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

/// Where a redirect leads that keeps method and body.
fn moved(response: &hyper::Response<Incoming>, at: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 307 | 308) {
        return None;
    }
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    at.join(to).ok()
}

/// The address without name, password and fragment, which are not sent with it.
fn bare(url: &Url) -> Result<Uri, HttpFault> {
    let mut url = url.clone();
    // An address without a host has neither, and none of those comes this far.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_fragment(None);
    url.as_str()
        .parse()
        .map_err(|_| HttpFault::Url("HTTP cannot send to it".to_owned()))
}

fn authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    let (name, password) = (
        decoded(url.username()),
        decoded(url.password().unwrap_or_default()),
    );
    let mut value = HeaderValue::try_from(format!(
        "Basic {}",
        STANDARD.encode(format!("{name}:{password}"))
    ))
    .ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn name_and_password_of_an_address_are_a_header_and_not_in_what_is_sent() {
        let url = Url::parse("http://ann:p%40ss@host:1234/mcp?a=b#c").unwrap();
        assert_eq!(authorization(&url).unwrap(), "Basic YW5uOnBAc3M=");
        assert_eq!(bare(&url).unwrap(), "http://host:1234/mcp?a=b");
        assert!(authorization(&Url::parse("http://host/").unwrap()).is_none());
    }
}
