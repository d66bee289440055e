//! An HTTP server on loopback that answers exactly what a test wants, byte for byte.

use std::sync::Mutex;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The method of the MCP message in it, or that of HTTP.
    pub(crate) fn what(&self) -> &str {
        self.body["method"].as_str().unwrap_or(&self.method)
    }

    /// The tool that it calls.
    pub(crate) fn tool(&self) -> &str {
        self.body["params"]["name"].as_str().unwrap_or_default()
    }

    /// The answer to it.
    pub(crate) fn result(&self, result: Value) -> Reply {
        Reply::json(json!({"jsonrpc": "2.0", "id": self.body["id"], "result": result}))
    }

    pub(crate) fn error(&self, code: i64, message: &str) -> Reply {
        let error = json!({"code": code, "message": message});
        Reply::json(json!({"jsonrpc": "2.0", "id": self.body["id"], "error": error}))
    }
}

/// What goes back: a head, and pieces of a body with pauses before each.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    pieces: Vec<(Duration, Vec<u8>)>,
    /// One more piece, so many times.
    repeated: (Vec<u8>, usize),
    /// The connection stays open afterwards, without a word.
    hangs: bool,
    /// What goes before the head, so many times.
    before: (Vec<u8>, usize),
}

impl Reply {
    pub(crate) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            pieces: vec![(Duration::ZERO, body.into())],
            repeated: (Vec::new(), 0),
            hangs: false,
            before: (Vec::new(), 0),
        }
    }

    /// Something before the head.
    pub(crate) fn after(mut self, piece: impl Into<Vec<u8>>, times: usize) -> Self {
        self.before = (piece.into(), times);
        self
    }

    pub(crate) fn json(value: Value) -> Self {
        Self::new(200, "application/json", value.to_string())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "text/plain", "")
    }

    pub(crate) fn events(text: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/event-stream", text)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn then(mut self, pause: Duration, piece: impl Into<Vec<u8>>) -> Self {
        self.pieces.push((pause, piece.into()));
        self
    }

    pub(crate) fn repeating(mut self, piece: Vec<u8>, times: usize) -> Self {
        self.repeated = (piece, times);
        self
    }

    pub(crate) fn hanging(mut self) -> Self {
        self.hangs = true;
        self
    }
}

/// A running server. It ends with the test.
pub(crate) struct Web {
    pub(crate) address: String,
    log: Arc<Mutex<Vec<Received>>>,
}

impl Web {
    pub(crate) async fn start(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let (listener, port) = listen().await;
        let log: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&log), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&kept), Arc::clone(&answer)));
            }
        });
        Self {
            address: format!("http://127.0.0.1:{port}"),
            log,
        }
    }

    /// The same over TLS.
    pub(crate) async fn start_tls(
        tls: TlsAcceptor,
        answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (listener, port) = listen().await;
        let log: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&log), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, log, answer) = (tls.clone(), Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    // A client that refuses the certificate says nothing more.
                    converse(tls.accept(stream).await?, log, answer).await
                });
            }
        });
        Self {
            address: format!("https://127.0.0.1:{port}"),
            log,
        }
    }

    /// Everything that came, so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.log.lock().unwrap().clone()
    }

    /// What came, in one word each.
    pub(crate) fn words(&self) -> Vec<String> {
        self.received()
            .iter()
            .map(|received| received.what().to_owned())
            .collect()
    }

    pub(crate) async fn connect(&self, more: Value) -> Result<Server, ConnectError> {
        let mut entry = json!({"url": format!("{}/mcp", self.address)});
        entry
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let text = json!({"mcpServers": {"far": entry}}).to_string();
        let config = Config::parse(&text, Path::new("mcp.json")).unwrap();
        Server::connect(config.server("far").unwrap()).await
    }

    pub(crate) async fn refused(&self, more: Value) -> String {
        match self.connect(more).await {
            Ok(_) => panic!("connected"),
            Err(error) => error.to_string().replace(&self.address, "http://web"),
        }
    }
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// One request and its reply.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    log: Arc<Mutex<Vec<Received>>>,
    answer: Arc<impl Fn(&Received) -> Reply>,
) -> std::io::Result<()> {
    let (stream, received) = receive(stream).await?;
    log.lock().unwrap().push(received.clone());
    let reply = answer(&received);
    send(stream, reply).await
}

async fn receive<S: AsyncRead + Unpin>(stream: S) -> std::io::Result<(S, Received)> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    let received = Received {
        method,
        path,
        headers,
        body,
    };
    Ok((stream.into_inner(), received))
}

async fn send(mut stream: impl AsyncWrite + Unpin, reply: Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    for _ in 0..reply.before.1 {
        stream.write_all(&reply.before.0).await?;
    }
    stream.write_all(head.as_bytes()).await?;
    for (pause, piece) in reply.pieces {
        tokio::time::sleep(pause).await;
        stream.write_all(&piece).await?;
        stream.flush().await?;
    }
    for _ in 0..reply.repeated.1 {
        stream.write_all(&reply.repeated.0).await?;
    }
    if reply.hangs {
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    stream.shutdown().await
}

/// A server of revision 2025-11-25 with a session; `call` answers `tools/call`.
pub(crate) fn legacy(call: impl Fn(&Received) -> Reply) -> impl Fn(&Received) -> Reply {
    move |received| match received.what() {
        "initialize" => received
            .result(json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "far", "version": "1"},
            }))
            .with("mcp-session-id", "session-1"),
        "notifications/initialized" | "notifications/cancelled" => Reply::status(202),
        "tools/list" => received.result(json!({"tools": tools()})),
        "tools/call" => call(received),
        "GET" => Reply::status(405),
        "DELETE" => Reply::status(200),
        _ => received.error(-32601, "no such method").with_status(400),
    }
}

/// A server of revision 2026-07-28 alone; `call` answers `tools/call`.
pub(crate) fn modern(call: impl Fn(&Received) -> Reply) -> impl Fn(&Received) -> Reply {
    move |received| match received.what() {
        "server/discover" => received.result(json!({
            "resultType": "complete",
            "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}},
            "ttlMs": 0,
            "cacheScope": "private",
        })),
        "tools/list" => received.result(json!({
            "resultType": "complete",
            "ttlMs": 0,
            "cacheScope": "private",
            "tools": tools(),
        })),
        "tools/call" => call(received),
        _ => received.error(-32601, "no such method").with_status(404),
    }
}

fn tools() -> Value {
    let tool = |name: &str, reads: bool| {
        json!({
            "name": name,
            "inputSchema": {"type": "object"},
            "annotations": {"readOnlyHint": reads},
        })
    };
    json!([tool("write", false), tool("read", true)])
}

pub(crate) fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}
