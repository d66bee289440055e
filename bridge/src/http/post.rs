//! Sends one message, for rmcp's transport, and opens streams of events for it.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::Sse;

use super::answer::{self, EVENT_STREAM, JSON, Sent};
use super::fault::HttpFault;
use super::{HttpSendError, events};
use crate::message::encode;

const ACCEPTED: &str = "application/json, text/event-stream";
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// The HTTP client of one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    /// The longest message that is read.
    limit: usize,
}

impl Http {
    pub(super) fn new(client: Client, limit: usize) -> Self {
        Self { client, limit }
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
        let request = self
            .client
            .post(uri.as_ref())
            .header(ACCEPT, ACCEPTED)
            .header(CONTENT_TYPE, JSON)
            .body(body);
        let sent = match message {
            JsonRpcMessage::Request(request) => Sent::request(&request, session.is_some()),
            // Nothing is expected but a status.
            _ => Sent::nothing(session.is_some()),
        };
        let response = send(request, session.as_deref(), headers).await?;
        answer::read(response, sent, self.limit).await
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
        let request = self.client.delete(uri.as_ref());
        let response = send(request, Some(&session), headers).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::METHOD_NOT_ALLOWED => {
                Err(StreamableHttpError::ServerDoesNotSupportDeleteSession)
            }
            status => Err(answer::refused(status, &response).into_send()),
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
        let mut request = self.client.get(uri.as_ref()).header(ACCEPT, EVENT_STREAM);
        if let Some(last_event) = last_event {
            request = request.header(LAST_EVENT, last_event);
        }
        let response = send(request, session.as_deref(), headers).await?;
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND => {
                return Err(StreamableHttpError::ServerDoesNotSupportSse);
            }
            status if !status.is_success() => {
                return Err(answer::refused(status, &response).into_send());
            }
            _ => {}
        }
        if !answer::is(&response, EVENT_STREAM) {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        Ok(events::read(response, None, self.limit))
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

async fn send(
    request: RequestBuilder,
    session: Option<&str>,
    headers: Headers,
) -> Result<reqwest::Response, HttpSendError> {
    let mut all: HeaderMap = headers.into_iter().collect();
    if let Some(session) = session
        && let Ok(session) = HeaderValue::from_str(session)
    {
        all.insert(SESSION, session);
    }
    let response = request
        .headers(all)
        .send()
        .await
        .map_err(|error| HttpFault::from_send(&error).into_send())?;
    Ok(response)
}

impl HttpFault {
    pub(super) fn into_send(self) -> HttpSendError {
        StreamableHttpError::Client(self)
    }
}
