//! One request over HTTP: what MCP has to answer, and what it holds until the answer is written.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use rmcp::ServerHandler;
use rmcp::model::ProtocolVersion;
use rmcp::transport::common::http_header::{
    HEADER_MCP_METHOD, HEADER_MCP_PROTOCOL_VERSION, HEADER_SESSION_ID,
};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::watch;

use super::answer::{Answer, answer, busy};
use super::body::Bodies;
use super::guard::{DIRECT, Guard};
use super::sessions::{Opener, Sessions};
use super::until::Until;
use crate::direct::Direct;
use crate::door::Door;
use crate::page::{Page, is_of_page};
use crate::unwritten::Share;

/// The endpoint, for all connections.
pub(super) struct Endpoint<S> {
    door: Arc<Door>,
    page: Option<Arc<Page>>,
    guard: Arc<Guard>,
    bodies: Bodies,
    agents: StreamableHttpService<S, LocalSessionManager>,
    direct: Option<StreamableHttpService<Direct, LocalSessionManager>>,
    /// One without a request ends after 5 min.
    sessions: Arc<Sessions>,
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
            page: self.page.clone(),
            guard: Arc::clone(&self.guard),
            bodies: self.bodies.clone(),
            agents: self.agents.clone(),
            direct: self.direct.clone(),
            sessions: Arc::clone(&self.sessions),
            open: self.open.clone(),
        }
    }
}

impl<S: ServerHandler> Endpoint<S> {
    pub(super) fn new(
        (door, page): (&Arc<Door>, Option<Arc<Page>>),
        guard: Guard,
        session: impl Fn() -> S + Send + Sync + 'static,
        direct: Option<Direct>,
        most_sessions: usize,
        config: StreamableHttpServerConfig,
    ) -> Self {
        let sessions = Arc::new(Sessions::new(most_sessions));
        let manager = Arc::clone(&sessions.manager);
        let agents = StreamableHttpService::new(move || Ok(session()), manager, config.clone());
        let direct = direct.map(|direct| {
            let session = move || Ok(direct.clone());
            StreamableHttpService::new(session, Arc::clone(&sessions.manager), config)
        });
        Self {
            door: Arc::clone(door),
            page,
            guard: Arc::new(guard),
            bodies: Bodies::new(),
            agents,
            direct,
            sessions,
            open: watch::Sender::new(0),
        }
    }

    /// The answer to a client at this address.
    pub(super) async fn answer(
        self,
        request: Request<Incoming>,
        client: IpAddr,
    ) -> Result<Answer, Infallible> {
        if let Some(page) = &self.page
            && is_of_page(request.method(), request.uri().path())
        {
            let answer = Arc::clone(page).answer(request).await;
            return Ok(answer.map(BodyExt::boxed));
        }
        match self.answered(request, client).await {
            Ok(answer) | Err(answer) => Ok(answer),
        }
    }

    /// Waits until every answer is written. Streams on which a client only listens do not count.
    pub(super) async fn idle(&self) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this does.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    async fn answered(&self, request: Request<Incoming>, client: IpAddr) -> Result<Answer, Answer> {
        let (request, caller) = self.guard.check(request).await?;
        let door = caller.as_ref().map(|caller| self.door.of_caller(caller));
        let door = door.transpose().map_err(|error| busy(&error.to_string()))?;
        let left = caller.as_ref().map(|caller| caller.left);
        let left = left.filter(|_| only_listens(&request));
        let by = match caller {
            Some(caller) => Opener::User(caller.principal),
            None => Opener::Address(client),
        };
        let session = request.headers().get(HEADER_SESSION_ID);
        let session = session.map(|session| session.to_str().unwrap_or_default());
        let entered = session.and_then(|session| self.sessions.enter(session, &by));
        if door.is_some() && session.is_some() && entered.is_none() {
            // Nothing says whether another user has it.
            let what = "there is no such session: begin a new one";
            return Err(answer(StatusCode::NOT_FOUND, "not_found", what));
        }
        let present = session.map(|session| self.door.presence.enter(session));
        let is_call = request.method() == Method::POST;
        let may_open = is_call && present.is_none() && !is_stateless(&request);
        if may_open && !self.sessions.has_room(&by).await {
            let what = "too many sessions are open, and each of them has an open request";
            return Err(busy(what));
        }
        let open = is_call.then(|| {
            self.open.send_modify(|open| *open += 1);
            Open(self.open.clone())
        });
        let (mut request, room) = self.bodies.whole(request).await?;
        let share = Share::default();
        request.extensions_mut().insert(share.clone());
        if let Some(door) = door {
            request.extensions_mut().insert(door);
        }
        let answer = match &self.direct {
            Some(direct) if request.uri().path() == DIRECT => direct.handle(request).await,
            _ => self.agents.handle(request).await,
        };
        let opened = answer.headers().get(HEADER_SESSION_ID);
        if may_open && let Some(Ok(id)) = opened.map(|id| id.to_str()) {
            self.sessions.opened(id, by).await;
        }
        let held = (present, entered, open, room, share);
        // The body of the answer holds them until it is written, or its client is gone.
        Ok(answer.map(|body| {
            let held_by = move |frame| {
                let _ = &held;
                frame
            };
            match left {
                Some(left) => Until::new(body, left).map_frame(held_by).boxed(),
                None => body.map_frame(held_by).boxed(),
            }
        }))
    }
}

/// Whether the answer is a stream on which the client listens for what the server says of its own accord.
fn only_listens(request: &Request<Incoming>) -> bool {
    // rmcp compares the header with the body.
    let method = request.headers().get(HEADER_MCP_METHOD);
    request.method() == Method::GET || method.is_some_and(|method| method == "subscriptions/listen")
}

/// Whether the request says that it needs no session.
fn is_stateless(request: &Request<Incoming>) -> bool {
    let version = request.headers().get(HEADER_MCP_PROTOCOL_VERSION);
    let version = version.and_then(|version| version.to_str().ok());
    version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28.as_str())
}
