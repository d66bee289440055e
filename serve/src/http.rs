//! Serves agents over streamable HTTP, both eras on `/mcp`. rmcp checks Host and Origin and bounds bodies; hyper bounds
//! headers and the time in which they come; this file asks for the token, and bounds connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use mcp_bridge::{ExposeSecret as _, SecretString};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::door::Door;
use crate::handler::Agent;

/// The path of the endpoint.
const PATH: &str = "/mcp";

/// The longest body of a request, in bytes.
const LONGEST_BODY: usize = 16 << 20;

/// Bytes of all headers of a request.
const HEADERS: usize = 64 << 10;

/// How long a client may take for the headers of a request.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// How long requests may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// The time in which the answer of the last run reaches its client.
const LAST_WORDS: Duration = Duration::from_millis(20);

/// How to listen.
pub struct HttpOptions {
    /// What every request has to bring in `Authorization: Bearer`.
    pub token: Option<SecretString>,
    /// Names besides those of this machine under which clients reach the server: the `Host` of their requests.
    pub hosts: Vec<String>,
    /// The origins of browsers that may ask, as `https://app.example.com:443`. A request without `Origin` is no browser's.
    pub origins: Vec<String>,
    /// The most connections at once; further ones are told to come again.
    pub connections: usize,
}

/// An address that cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Others than this machine can reach the address, and nothing says who may.
    #[error("`{0}` can be reached from other machines, so every request needs a token")]
    NoToken(SocketAddr),
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
        if !address.ip().is_loopback() && options.token.is_none() {
            return Err(ListenError::NoToken(address));
        }
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

    /// Serves until `stop` completes. Requests under way may end.
    pub async fn serve(
        self,
        door: &Arc<Door>,
        options: HttpOptions,
        stop: impl Future<Output = String>,
    ) {
        let of_sessions = Arc::clone(door);
        let session = move || Agent::new(Arc::clone(&of_sessions));
        self.serve_sessions(session, door.idle(), options, stop)
            .await;
    }

    /// Serves sessions of any handler until `stop` completes. `idle` completes when nothing is under way for them.
    pub async fn serve_sessions<S: ServerHandler>(
        self,
        session: impl Fn() -> S + Send + Sync + 'static,
        idle: impl Future<Output = ()>,
        options: HttpOptions,
        stop: impl Future<Output = String>,
    ) {
        let config = config(&options, self.address.port());
        let sessions = config.cancellation_token.clone();
        let service = StreamableHttpService::new(
            move || Ok(session()),
            Arc::new(LocalSessionManager::default()),
            config,
        );
        let guard = Arc::new(Guard::new(options.token));
        let room = Arc::new(Semaphore::new(options.connections));
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                why = &mut stop => {
                    tracing::info!("{why}");
                    break;
                }
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files, for example: it passes.
                    tracing::warn!(%error, "a connection is not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            // Answers are small, and each waits for the one before it otherwise.
            let _ = stream.set_nodelay(true);
            let permit = Arc::clone(&room).try_acquire_owned().ok();
            let is_full = permit.is_none();
            let (service, guard) = (service.clone(), Arc::clone(&guard));
            let answer = service_fn(move |request| {
                let (service, guard) = (service.clone(), Arc::clone(&guard));
                async move {
                    let answer = match guard.check(&request, is_full) {
                        Some(refused) => refused,
                        None => service.handle(request).await,
                    };
                    Ok::<_, Infallible>(answer)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIME)
                .max_buf_size(HEADERS)
                .keep_alive(!is_full)
                .serve_connection(TokioIo::new(stream), answer);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                let _permit = permit;
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection broke off");
                }
            });
        }
        drop(self.listener);
        // Streams of sessions stay open for as long as their clients listen: they are closed after the last run.
        let ending = async {
            idle.await;
            tokio::time::sleep(LAST_WORDS).await;
            sessions.cancel();
            graceful.shutdown().await;
        };
        if tokio::time::timeout(GRACE, ending).await.is_err() {
            sessions.cancel();
            tracing::warn!("some requests did not end in time, and are given up");
        }
    }
}

fn config(options: &HttpOptions, port: u16) -> StreamableHttpServerConfig {
    let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let hosts = own.into_iter().chain(options.hosts.iter().cloned());
    // MCP wants these accepted. This server has no pages, so no page of another server has them.
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let origins = own.into_iter().chain(options.origins.iter().cloned());
    StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(LONGEST_BODY)
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What is asked of a request before MCP sees it.
struct Guard {
    /// The digest of the token: digests are compared in constant time.
    token: Option<blake3::Hash>,
}

impl Guard {
    fn new(token: Option<SecretString>) -> Self {
        let token = token.map(|token| blake3::hash(token.expose_secret().as_bytes()));
        Self { token }
    }

    /// The answer to a request that goes no further.
    fn check(&self, request: &Request<Incoming>, is_full: bool) -> Option<Answer> {
        if is_full {
            let mut busy = answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too many connections are open",
            );
            busy.headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
            return Some(busy);
        }
        if !self.admits(request) {
            let mut refused = answer(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "the request has no valid `Authorization: Bearer` token",
            );
            refused
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Some(refused);
        }
        if request.uri().path() != PATH {
            let what = format!("MCP is served on `{PATH}`");
            return Some(answer(StatusCode::NOT_FOUND, "not_found", &what));
        }
        None
    }

    fn admits(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = request.headers().get(AUTHORIZATION);
        let given = given.and_then(|given| given.to_str().ok());
        let given = given.and_then(|given| {
            let (scheme, token) = given.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        given.is_some_and(|given| blake3::hash(given.as_bytes()) == *token)
    }
}

fn answer(status: StatusCode, error: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "error": error, "message": message }).to_string();
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
