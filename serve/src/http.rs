//! Serves agents over streamable HTTP, both eras on `/mcp`. rmcp checks Host and Origin; hyper bounds headers and the
//! time in which they come; this room asks for the token, and bounds connections, sessions and bodies. The local page
//! has its own way in.

mod answer;
mod body;
mod endpoint;
mod guard;
mod sessions;
mod until;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::direct::Direct;
use crate::door::Door;
use crate::handler::Agent;
use crate::page::{Page, PageOptions};
use endpoint::Endpoint;
pub use guard::Access;
use guard::{Guard, PATH};

/// Bytes of all headers of a request.
const HEADERS: usize = 64 << 10;

/// How long a client may take for the headers of a request, and how long a connection may be idle.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long a client may take for the next bytes of an answer.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// How long requests may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// How long the answers of runs that end early may take.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Sessions of 2025-11-25 for each connection. They outlive theirs.
const SESSIONS: usize = 4;

/// Connections too many that get an answer.
const REFUSALS: usize = 64;

/// How long that may take.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// How to listen.
pub struct HttpOptions {
    /// Who may ask.
    pub access: Access,
    /// Names besides those of this machine under which clients reach the server: the `Host` of their requests.
    pub hosts: Vec<String>,
    /// The origins of browsers that may ask, as `https://app.example.com:443`. A request without `Origin` is no
    /// browser's.
    pub origins: Vec<String>,
    /// The most connections at once; the answer to a further one says that it is one too many.
    pub connections: usize,
    /// Serves direct mode beside the three tools.
    pub direct: Option<Direct>,
    /// Serves the local page beside MCP, where the address is one of this machine alone.
    pub page: Option<PageOptions>,
}

/// An address that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Others than this machine can reach the address, and nothing says who may.
    #[error(
        "`{0}` can be reached from other machines, so every request needs a token, and there is none"
    )]
    NoToken(SocketAddr),
    /// Others than this machine can reach the address, and the page is for this machine alone.
    #[error("`{0}` can be reached from other machines, and the page is served to this one alone")]
    NotLoopback(SocketAddr),
    /// The OS does not let this process listen there.
    #[error("failed to listen on `{address}`")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
}

/// A socket that listens, before anything is served.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Listens on the address.
    ///
    /// # Errors
    ///
    /// When the OS refuses, and for an address that is not of this machine alone without a token.
    pub async fn on(address: SocketAddr, options: &HttpOptions) -> Result<Self, ListenError> {
        if !address.ip().is_loopback() && matches!(options.access, Access::Open) {
            return Err(ListenError::NoToken(address));
        }
        Self::bound(address).await
    }

    /// The same for the page alone.
    ///
    /// # Errors
    ///
    /// When the OS refuses, and for an address that is not of this machine alone.
    pub async fn for_page(address: SocketAddr) -> Result<Self, ListenError> {
        match address.ip().is_loopback() {
            true => Self::bound(address).await,
            false => Err(ListenError::NotLoopback(address)),
        }
    }

    async fn bound(address: SocketAddr) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Where browsers find the page.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves the page alone, until `stop` completes.
    pub async fn serve_page(
        self,
        door: &Arc<Door>,
        options: PageOptions,
        connections: usize,
        stop: impl Future<Output = String>,
    ) {
        let page = self.page(door, options);
        let answer = move |request: Request<Incoming>, _| {
            let page = Arc::clone(&page);
            async move { Ok::<_, Infallible>(page.answer(request).await) }
        };
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = accept(&self.listener, answer, &graceful, connections) => {}
            why = stop => tracing::info!("{why}"),
        }
        drop(self.listener);
        // A page is made within that time.
        let _ = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
    }

    fn page(&self, door: &Arc<Door>, options: PageOptions) -> Arc<Page> {
        let (base, port) = (self.page_url(), self.address.port());
        let page = Arc::new(Page::new(Arc::clone(door), options, &base, port));
        page.offer_link();
        page
    }

    /// Serves until `stop` completes. Requests under way may end. Runs that take longer end early.
    pub async fn serve(
        self,
        door: &Arc<Door>,
        options: HttpOptions,
        stop: impl Future<Output = String>,
    ) {
        let of_sessions = Arc::clone(door);
        let session = move || Agent::new(Arc::clone(&of_sessions));
        self.serve_sessions(door, session, options, stop).await;
    }

    /// The same with another handler for each session in the place of the three tools.
    pub async fn serve_sessions<S: ServerHandler>(
        self,
        door: &Arc<Door>,
        session: impl Fn() -> S + Send + Sync + 'static,
        options: HttpOptions,
        stop: impl Future<Output = String>,
    ) {
        let config = config(&options, self.address.port());
        let is_local = self.address.ip().is_loopback();
        let page = options.page.filter(|_| is_local);
        let page = page.map(|page| {
            door.has_page(&self.page_url());
            self.page(door, page)
        });
        let sessions = config.cancellation_token.clone();
        if matches!(options.access, Access::Authorization(_)) {
            door.require_caller();
        }
        let guard = Guard::new(options.access, options.direct.is_some());
        let most_sessions = options.connections.saturating_mul(SESSIONS);
        let direct = options.direct;
        let endpoint = Endpoint::new((door, page), guard, session, direct, most_sessions, config);
        let graceful = GracefulShutdown::new();
        let answering = endpoint.clone();
        let answer = move |request, client| answering.clone().answer(request, client);
        let accepting = accept(&self.listener, answer, &graceful, options.connections);
        tokio::select! {
            () = accepting => {}
            why = stop => tracing::info!("{why}"),
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, endpoint.idle()).await.is_err() {
            door.end_runs();
            let _ = tokio::time::timeout(LAST_ANSWERS, endpoint.idle()).await;
        }
        // Streams of sessions stay open for as long as their clients listen.
        sessions.cancel();
        let ended = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
        if ended.is_err() {
            tracing::warn!("some requests did not end in time, and are given up");
        }
    }
}

/// Accepts connections, without end.
async fn accept<A, F, B>(
    listener: &TcpListener,
    answer: A,
    graceful: &GracefulShutdown,
    connections: usize,
) where
    A: Fn(Request<Incoming>, IpAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(connections));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, for example: it passes.
                tracing::warn!(%error, "a connection is not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Answers are small, and each waits for the one before it otherwise.
        let _ = stream.set_nodelay(true);
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            refuse(stream, &refusals);
            continue;
        };
        let answer = answer.clone();
        // hyper has no bound on the time in which a client reads its answer.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIME));
        let stream = Box::pin(stream);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(HEADERS)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| answer(request, client.ip())),
            );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _permit = permit;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }
}

/// Says on a connection that it is one too many. It waits for nothing that the client sends. Where even these are too
/// many, it is closed without a word.
fn refuse(stream: TcpStream, refusals: &Arc<Semaphore>) {
    if let Ok(permit) = Arc::clone(refusals).try_acquire_owned() {
        tokio::spawn(async move {
            let _permit = permit;
            let _ = tokio::time::timeout(REFUSAL_TIME, answer::too_many(stream)).await;
        });
    }
}

fn config(options: &HttpOptions, port: u16) -> StreamableHttpServerConfig {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let hosts = own.into_iter().chain(options.hosts.iter().cloned());
    // Clients reach the resource under its own name.
    let resource = match &options.access {
        Access::Authorization(authorization) => authorization.host().map(str::to_owned),
        Access::Open | Access::Token(_) => None,
    };
    let hosts = hosts.chain(resource);
    // MCP wants these accepted. A page of this server asks nothing of MCP, and no page of another server has them.
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let origins = own.into_iter().chain(options.origins.iter().cloned());
    StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(body::LONGEST)
}
