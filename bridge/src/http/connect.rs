//! Opens the connections of one server: TCP, TLS, and the proxy that the environment names. Everything that is read
//! from one goes through [`Paced`].

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::lookup::{Admits, Lookup};
use super::paced::Paced;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection waits before each keep-alive probe. The third lost probe closes it.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVES: u32 = 3;

type Fault = Box<dyn Error + Send + Sync>;

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    direct: Direct,
    /// The same for a proxy, which the user names, wherever it is.
    proxy: Direct,
    proxies: Option<Arc<Matcher>>,
}

/// An open connection.
pub(super) struct Conn {
    io: TokioIo<Paced<Box<dyn Stream>>>,
    /// Whether requests on it name the whole address, for a proxy.
    is_proxied: bool,
}

/// TCP, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connector {
    pub(super) fn new(
        tls: Option<TlsConnector>,
        proxies: Option<Arc<Matcher>>,
        admits: Option<Admits>,
    ) -> Self {
        Self {
            direct: Direct::new(tls.clone(), admits),
            proxy: Direct::new(tls, None),
            proxies,
        }
    }

    async fn open(self, to: Uri) -> Result<Conn, Fault> {
        let proxy = self.proxies.and_then(|proxies| proxies.intercept(&to));
        let is_secure = to.scheme() == Some(&Scheme::HTTPS);
        let (stream, is_proxied) = match proxy {
            None => (self.direct.open(to).await?, false),
            Some(proxy) if !is_secure => (self.proxy.open(proxy.uri().clone()).await?, true),
            Some(proxy) => {
                let tls = self.direct.tls.clone();
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.proxy);
                if let Some(who) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(who.clone());
                }
                poll_fn(|context| tunnel.poll_ready(context)).await?;
                let stream = tunnel.call(to.clone()).await?.into_inner();
                (secure(tls, &to, stream).await?, false)
            }
        };
        Ok(Conn {
            io: TokioIo::new(Paced::new(stream)),
            is_proxied,
        })
    }
}

impl Service<Uri> for Connector {
    type Response = Conn;
    type Error = Fault;
    type Future = BoxFuture<'static, Result<Conn, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let open = self.clone().open(to);
        async move {
            timeout(CONNECT_TIMEOUT, open).await.unwrap_or_else(|_| {
                let late = format!("no connection after {} s", CONNECT_TIMEOUT.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, late).into())
            })
        }
        .boxed()
    }
}

/// Connections without a proxy between.
#[derive(Clone)]
struct Direct {
    tcp: HttpConnector<Lookup>,
    tls: Option<TlsConnector>,
}

impl Direct {
    fn new(tls: Option<TlsConnector>, admits: Option<Admits>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Lookup::new(admits));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVES));
        Self { tcp, tls }
    }

    async fn open(mut self, to: Uri) -> Result<Box<dyn Stream>, Fault> {
        poll_fn(|context| self.tcp.poll_ready(context)).await?;
        let stream = self.tcp.call(to.clone()).await?.into_inner();
        match to.scheme_str() {
            Some("http") => Ok(Box::new(stream)),
            Some("https") => secure(self.tls, &to, stream).await,
            _ => Err("a proxy has to be reached by `http` or `https`".into()),
        }
    }
}

impl Service<Uri> for Direct {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = Fault;
    type Future = BoxFuture<'static, Result<Self::Response, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        self.clone()
            .open(to)
            .map(|opened| opened.map(TokioIo::new))
            .boxed()
    }
}

/// TLS on the stream, with the certificate of the host in the address.
async fn secure(
    tls: Option<TlsConnector>,
    to: &Uri,
    stream: impl Stream + 'static,
) -> Result<Box<dyn Stream>, Fault> {
    let tls = tls.ok_or("TLS is for servers whose `url` begins with `https`")?;
    let host = to.host().unwrap_or_default();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(Box::new(tls.connect(name, stream).await?))
}

impl Connection for Conn {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied)
    }
}

impl Read for Conn {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(context, buffer)
    }
}

impl Write for Conn {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write_vectored(context, parts)
    }
}
