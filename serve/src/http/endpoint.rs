//! One request over HTTP: what MCP has to answer, and what it holds until the answer is written.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::{Method, Request};
use rmcp::ServerHandler;
use rmcp::model::ProtocolVersion;
use rmcp::transport::common::http_header::{HEADER_MCP_PROTOCOL_VERSION, HEADER_SESSION_ID};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::watch;

use super::answer::{Answer, busy};
use super::body::Bodies;
use super::guard::{DIRECT, Guard};
use crate::direct::Direct;
use crate::door::Door;

/// The endpoint, for all connections.
pub(super) struct Endpoint<S> {
    door: Arc<Door>,
    guard: Arc<Guard>,
    bodies: Bodies,
    agents: StreamableHttpService<S, LocalSessionManager>,
    direct: Option<StreamableHttpService<Direct, LocalSessionManager>>,
    sessions: Arc<LocalSessionManager>,
    /// The most sessions at once. One without a request ends after 5 min.
    most_sessions: usize,
    /// Requests whose answer is not written.
    open: watch::Sender<usize>,
}

/// A request whose answer is not written.
struct Open(watch::Sender<usize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl<S> Clone for Endpoint<S> {
    fn clone(&self) -> Self {
        Self {
            door: Arc::clone(&self.door),
            guard: Arc::clone(&self.guard),
            bodies: self.bodies.clone(),
            agents: self.agents.clone(),
            direct: self.direct.clone(),
            sessions: Arc::clone(&self.sessions),
            most_sessions: self.most_sessions,
            open: self.open.clone(),
        }
    }
}

impl<S: ServerHandler> Endpoint<S> {
    pub(super) fn new(
        door: &Arc<Door>,
        guard: Guard,
        session: impl Fn() -> S + Send + Sync + 'static,
        direct: Option<Direct>,
        most_sessions: usize,
        config: StreamableHttpServerConfig,
    ) -> Self {
        let sessions = Arc::new(LocalSessionManager::default());
        let agents = StreamableHttpService::new(
            move || Ok(session()),
            Arc::clone(&sessions),
            config.clone(),
        );
        let direct = direct.map(|direct| {
            let session = move || Ok(direct.clone());
            StreamableHttpService::new(session, Arc::clone(&sessions), config)
        });
        Self {
            door: Arc::clone(door),
            guard: Arc::new(guard),
            bodies: Bodies::new(),
            agents,
            direct,
            sessions,
            most_sessions,
            open: watch::Sender::new(0),
        }
    }

    pub(super) async fn answer(self, request: Request<Incoming>) -> Result<Answer, Infallible> {
        match self.answered(request).await {
            Ok(answer) | Err(answer) => Ok(answer),
        }
    }

    /// Waits until every answer is written. Streams on which a client only listens do not count.
    pub(super) async fn idle(&self) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this does.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    async fn answered(&self, request: Request<Incoming>) -> Result<Answer, Answer> {
        if let Some(refused) = self.guard.check(&request) {
            return Err(refused);
        }
        let session = request.headers().get(HEADER_SESSION_ID);
        let session = session.and_then(|session| session.to_str().ok());
        let present = session.map(|session| self.door.presence.enter(session));
        let is_call = request.method() == Method::POST;
        if is_call && present.is_none() && !is_stateless(&request) {
            let sessions = self.sessions.sessions.read().await.len();
            if sessions >= self.most_sessions {
                return Err(busy("too many sessions are open"));
            }
        }
        let open = is_call.then(|| {
            self.open.send_modify(|open| *open += 1);
            Open(self.open.clone())
        });
        let (request, room) = self.bodies.whole(request).await?;
        let answer = match &self.direct {
            Some(direct) if request.uri().path() == DIRECT => direct.handle(request).await,
            _ => self.agents.handle(request).await,
        };
        let held = (present, open, room);
        // The body of the answer holds them until it is written, or its client is gone.
        Ok(answer.map(|body| {
            let held_by = move |frame| {
                let _ = &held;
                frame
            };
            body.map_frame(held_by).boxed()
        }))
    }
}

/// Whether the request says that it needs no session.
fn is_stateless(request: &Request<Incoming>) -> bool {
    let version = request.headers().get(HEADER_MCP_PROTOCOL_VERSION);
    let version = version.and_then(|version| version.to_str().ok());
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28.as_str())
}
