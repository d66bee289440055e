//! The pages of `tools/list` that an input says, and a server that answers with them over HTTP.
//! Copies no page: what this process allocates while the bridge reads is the bridge's.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

/// The longest text of one page, below what one message may be, and of all pages.
const LONGEST_PAGE: usize = 900 << 10;
const LONGEST: usize = 4 << 20;
const MOST_PARTS: usize = 8;

/// Each is an array of tools, or a whole result.
#[derive(Default)]
pub struct Pages(Vec<String>);

impl Pages {
    /// `None` for what is too short to say any.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let (&[tools, pages], text) = bytes.split_first_chunk()?;
        let parts: Vec<_> = text
            .split(|byte| *byte == 255)
            .take(MOST_PARTS)
            .map(String::from_utf8_lossy)
            .collect();
        let mut all = Vec::new();
        let mut length = 0;
        for again in 0..=usize::from(pages % 16) {
            for part in &parts {
                let page = copies(part, again, usize::from(tools));
                let page = page.unwrap_or_else(|| part.to_string());
                length += page.len();
                if length > LONGEST {
                    return Some(Self(all));
                }
                all.push(page);
            }
        }
        Some(Self(all))
    }

    /// The text of all of them, for what reads one answer.
    pub fn together(&self) -> String {
        let inner = self.0.iter().filter_map(|page| {
            let tools = page.trim().strip_prefix('[')?.strip_suffix(']')?;
            (!tools.trim().is_empty()).then_some(tools)
        });
        let inner: Vec<_> = inner.collect();
        match &*self.0 {
            [only] => only.clone(),
            _ => format!("[{}]", inner.join(",")),
        }
    }
}

/// The array with each tool in it so many times more, under other names; `None` for what is no such array.
fn copies(part: &str, page: usize, more: usize) -> Option<String> {
    let tools: Vec<Value> = serde_json::from_str(part).ok()?;
    let mut text = String::from("[");
    for copy in 0..=more {
        for tool in &tools {
            let mut tool = tool.clone();
            if let Some(Value::String(name)) = tool.get_mut("name")
                && (page, copy) != (0, 0)
            {
                name.push_str(&format!("-{page}-{copy}"));
            }
            let tool = tool.to_string();
            if text.len() + tool.len() > LONGEST_PAGE {
                break;
            }
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&tool);
        }
    }
    text.push(']');
    Some(text)
}

/// A server of revision 2026-07-28 on loopback.
pub struct Web {
    pub port: u16,
    pages: Arc<Mutex<Arc<Pages>>>,
}

impl Web {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let pages: Arc<Mutex<Arc<Pages>>> = Arc::default();
        let served = Arc::clone(&pages);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                // The client closes the connection when it has what it wants.
                thread::spawn(move || drop(converse(&stream, &served)));
            }
        });
        Self { port, pages }
    }

    /// Answers with these pages from now on.
    pub fn serve(&self, pages: Pages) {
        *self.pages.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(pages);
    }
}

fn converse(stream: &TcpStream, served: &Mutex<Arc<Pages>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let pages = Arc::clone(&served.lock().unwrap_or_else(PoisonError::into_inner));
        answer(stream, &body, &pages)?;
    }
}

fn answer(stream: &TcpStream, body: &[u8], pages: &Pages) -> io::Result<()> {
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return head(stream, "405 Method Not Allowed", 0);
    };
    let id = &message["id"];
    match message["method"].as_str() {
        Some("server/discover") => {
            let result = r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#;
            result_of(stream, id, &[result])
        }
        Some("tools/list") => {
            let cursor = message["params"]["cursor"].as_str();
            let at = cursor.map_or(0, |cursor| cursor.parse().unwrap_or(usize::MAX));
            let page = pages.0.get(at).map_or("[]", String::as_str);
            if page.trim_start().starts_with('{') {
                return result_of(stream, id, &[page]);
            }
            let next = at.saturating_add(1);
            let next = if next < pages.0.len() {
                format!(r#","nextCursor":"{next}"}}"#)
            } else {
                "}".to_owned()
            };
            let before = r#"{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":"#;
            result_of(stream, id, &[before, page, &next])
        }
        _ => head(stream, "202 Accepted", 0),
    }
}

fn result_of(mut stream: &TcpStream, id: &Value, result: &[&str]) -> io::Result<()> {
    let before = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"#);
    let length = before.len() + result.iter().map(|part| part.len()).sum::<usize>() + 1;
    head(stream, "200 OK", length)?;
    stream.write_all(before.as_bytes())?;
    for part in result {
        stream.write_all(part.as_bytes())?;
    }
    stream.write_all(b"}")
}

fn head(mut stream: &TcpStream, status: &str, length: usize) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}
