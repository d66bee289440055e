//! Sends the messages of rmcp's transport, one POST each, and opens its streams of events.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use hyper::body::Bytes;
use hyper::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::Sse;
use url::Url;

use super::address;
use super::answer::{self, EVENT_STREAM, JSON, Sent};
use super::bearer::{Bearer, authorize};
use super::client::{Client, Response};
use super::events;
use super::fault::{HttpSendError, into_send};
use super::reading::Reading;
use crate::error::HttpFault;
use crate::message::encode;
use crate::trace;

const ACCEPTED: &str = "application/json, text/event-stream";
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The HTTP client of one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    reading: Reading,
    bearer: Option<Arc<dyn Bearer>>,
}

impl Http {
    pub(super) fn new(client: Client, reading: Reading, bearer: Option<Arc<dyn Bearer>>) -> Self {
        Self {
            client,
            reading,
            bearer,
        }
    }

    async fn send(
        &self,
        method: Method,
        uri: &str,
        session: Option<&str>,
        headers: Headers,
        more: &[(HeaderName, HeaderValue)],
        body: Vec<u8>,
    ) -> Result<Response, HttpSendError> {
        let url = address::parse(uri).map_err(into_send)?;
        let mut all: HeaderMap = more.iter().cloned().collect();
        all.extend(headers);
        if let Some(session) = session
            && let Ok(session) = HeaderValue::from_str(session)
        {
            all.insert(SESSION, session);
        }
        let body = Bytes::from(body);
        self.authorized(method, &url, all, body)
            .await
            .map_err(into_send)
    }

    /// Sends the request with the token of the server. Where the server refuses the token with HTTP 401, it has done
    /// nothing yet, and the request is sent once more with another token, if there is one.
    async fn authorized(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, HttpFault> {
        let Some(bearer) = &self.bearer else {
            return self.client.send(method, url, headers, body).await;
        };
        let Some(token) = bearer.token().await? else {
            return self.client.send(method, url, headers, body).await;
        };
        let mut with_token = headers.clone();
        authorize(&mut with_token, &token)?;
        let sent = self
            .client
            .send(method.clone(), url, with_token, body.clone());
        let response = sent.await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let Some(other) = bearer.other(&token).await? else {
            return Ok(response);
        };
        let mut with_token = headers;
        authorize(&mut with_token, &other)?;
        self.client.send(method, url, with_token, body).await
    }
}

type Headers = HashMap<HeaderName, HeaderValue>;
type Events = BoxStream<'static, Result<Sse, SseError>>;

impl StreamableHttpClient for Http {
    type Error = HttpFault;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _token: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, HttpSendError> {
        let body = encode(&message)?;
        let mut more = vec![
            (ACCEPT, HeaderValue::from_static(ACCEPTED)),
            (CONTENT_TYPE, HeaderValue::from_static(JSON)),
        ];
        more.extend(trace::headers(&message));
        let sent = match message {
            JsonRpcMessage::Request(request) => Sent::request(&request, session.is_some()),
            // Nothing is expected but a status.
            _ => Sent::nothing(session.is_some()),
        };
        let session = session.as_deref();
        let response = self.send(Method::POST, &uri, session, headers, &more, body);
        answer::read(response.await?, sent, &self.reading).await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: Headers,
        // Always the limit that `transport` sets, which `answer` keeps for every kind of body.
        _max_event_size: usize,
    ) -> Result<StreamableHttpPostResponse, HttpSendError> {
        self.post_message(uri, message, session, token, headers)
            .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        _token: Option<String>,
        headers: Headers,
    ) -> Result<(), HttpSendError> {
        let response = self
            .send(
                Method::DELETE,
                &uri,
                Some(&session),
                headers,
                &[],
                Vec::new(),
            )
            .await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::METHOD_NOT_ALLOWED => {
                Err(StreamableHttpError::ServerDoesNotSupportDeleteSession)
            }
            status => Err(into_send(answer::refused(status, &response, &self.reading))),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        _token: Option<String>,
        headers: Headers,
    ) -> Result<Events, HttpSendError> {
        let mut more = vec![(ACCEPT, HeaderValue::from_static(EVENT_STREAM))];
        // Only an id that can be a header is kept of an event.
        if let Some(last_event) = last_event.and_then(|id| HeaderValue::try_from(id).ok()) {
            more.push((LAST_EVENT, last_event));
        }
        let is_resumed = more.len() > 1;
        let session = session.as_deref();
        let response = self
            .send(Method::GET, &uri, session, headers, &more, Vec::new())
            .await;
        let fault = match response {
            Ok(response) if !response.status().is_success() => {
                into_send(answer::refused(response.status(), &response, &self.reading))
            }
            Ok(response) if !answer::is(&response, EVENT_STREAM) => {
                StreamableHttpError::ServerDoesNotSupportSse
            }
            Ok(response) => return Ok(events::read(response, None, &self.reading)),
            Err(fault) => fault,
        };
        // A server need not have the stream that rmcp asks for beside the calls, and rmcp would log that as an error.
        // The stream of an answer is another thing: it is tried again.
        if is_resumed
            && !matches!(
                fault,
                StreamableHttpError::Client(HttpFault::Status {
                    status: 404 | 405,
                    ..
                })
            )
        {
            return Err(fault);
        }
        tracing::debug!(%fault, "server has no event stream of its own");
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        token: Option<String>,
        headers: Headers,
        _max_event_size: usize,
    ) -> Result<Events, HttpSendError> {
        self.get_stream(uri, session, last_event, token, headers)
            .await
    }
}
