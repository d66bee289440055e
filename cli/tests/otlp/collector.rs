//! A collector that keeps what it gets, and as much of protobuf as its spans are written in.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Listens on a port of its own for as long as the process lives.
pub(crate) struct Collector {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// The head as text, and the body.
pub(crate) type Request = (String, Vec<u8>);

/// One span. Numbers are as the protocol has them; attributes are as text.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    pub(crate) parent: Vec<u8>,
    pub(crate) name: String,
    pub(crate) kind: u64,
    pub(crate) status: u64,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// One event. Attributes are as text.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// One point of a metric: how many values it has.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) count: u64,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let request = receive(stream.unwrap());
                kept.lock().unwrap().push(request);
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// All spans of all requests.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.all("/v1/traces", span)
    }

    /// All events of all requests.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.all("/v1/logs", event)
    }

    /// All points of all metrics.
    pub(crate) fn points(&self) -> Vec<Point> {
        let metrics = self.all("/v1/metrics", points);
        metrics.into_iter().flatten().collect()
    }

    /// What stands in the scopes of all requests to this path.
    fn all<T>(&self, path: &str, read: impl Fn(&[u8]) -> T) -> Vec<T> {
        let mut all = Vec::new();
        for (head, body) in &self.requests() {
            if !head.starts_with(&format!("POST {path} ")) {
                continue;
            }
            for resource in messages(body, 1) {
                for scope in messages(resource, 2) {
                    all.extend(messages(scope, 2).map(&read));
                }
            }
        }
        all
    }
}

fn receive(stream: TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap() > 2 {}
    let head = head.to_lowercase().replacen("post", "POST", 1);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(answer).unwrap();
    (head, body)
}

fn span(message: &[u8]) -> Span {
    let bytes = |field| messages(message, field).next().unwrap_or_default().to_vec();
    Span {
        trace: bytes(1),
        id: bytes(2),
        parent: bytes(4),
        name: text_of(&bytes(5)),
        kind: number(message, 6),
        status: messages(message, 15)
            .next()
            .map_or(0, |status| number(status, 3)),
        attributes: attributes(message, 9),
    }
}

fn event(message: &[u8]) -> Event {
    let bytes = |field| messages(message, field).next().unwrap_or_default().to_vec();
    Event {
        name: text_of(&bytes(12)),
        trace: bytes(9),
        attributes: attributes(message, 6),
    }
}

/// The points of a histogram or of a sum.
fn points(message: &[u8]) -> Vec<Point> {
    let text = |field| text_of(messages(message, field).next().unwrap_or_default());
    let histograms = messages(message, 9).flat_map(|histogram| messages(histogram, 1));
    let histograms = histograms.map(|point| (number(point, 4), attributes(point, 9)));
    let sums = messages(message, 7).flat_map(|sum| messages(sum, 1));
    let sums = sums.map(|point| (number(point, 6), attributes(point, 7)));
    let points = histograms.chain(sums);
    let points = points.map(|(count, attributes)| Point {
        metric: text(1),
        unit: text(3),
        count,
        attributes,
    });
    points.collect()
}

fn attributes(message: &[u8], field: u64) -> BTreeMap<String, String> {
    let attributes = messages(message, field).map(|pair| {
        let key = messages(pair, 1).next().unwrap();
        let value = messages(pair, 2).next().unwrap();
        let text = messages(value, 1).next().map(text_of);
        (
            text_of(key),
            text.unwrap_or_else(|| number(value, 3).to_string()),
        )
    });
    attributes.collect()
}

/// A field of a message.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message in order, each with its number.
fn fields(mut message: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut message)),
            1 => {
                let (number, rest) = message.split_first_chunk().unwrap();
                message = rest;
                Value::Number(u64::from_le_bytes(*number))
            }
            2 => {
                let length = usize::try_from(varint(&mut message)).unwrap();
                let (bytes, rest) = message.split_at(length);
                message = rest;
                Value::Bytes(bytes)
            }
            5 => {
                let (number, rest) = message.split_first_chunk().unwrap();
                message = rest;
                Value::Number(u32::from_le_bytes(*number).into())
            }
            wire => panic!("no wire type {wire}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

fn messages(message: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    fields(message)
        .into_iter()
        .filter_map(move |(number, value)| match value {
            Value::Bytes(bytes) if number == field => Some(bytes),
            _ => None,
        })
}

fn number(message: &[u8], field: u64) -> u64 {
    let found = fields(message)
        .into_iter()
        .find_map(|(number, value)| match value {
            Value::Number(value) if number == field => Some(value),
            _ => None,
        });
    found.unwrap_or(0)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn varint(message: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = message.split_first().unwrap();
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}
