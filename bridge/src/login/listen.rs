//! Listens on this machine for the browser that comes back from a login. Answers nothing but that one page, and lets no
//! other page end the login: an address without its `state` is refused, and the wait goes on.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use url::{Host, Position, Url};

use super::error::LoginError;
use crate::config::OAuth;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How many connections may wait at a time.
const MAX_WAITING: usize = 64;
/// How long one connection may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a person may take.
const PERSON: Duration = Duration::from_secs(600);
const PATH: &str = "/callback";

/// Where the browser comes back to.
pub struct Redirect {
    listener: TcpListener,
    uri: String,
}

impl Redirect {
    /// Listens at the place of the configuration, else at this one, else anywhere.
    pub(super) async fn bind(oauth: &OAuth, before: Option<&str>) -> Result<Self, LoginError> {
        if let Some(uri) = &oauth.redirect_uri {
            let (host, port) = place(uri).ok_or_else(|| {
                LoginError::NotOffered(
                    "`redirectUri` in `oauth` of the entry must be `http` on this machine with a port, such as \
                     `http://127.0.0.1:8765/callback`"
                        .to_owned(),
                )
            })?;
            let listener = listen(&host, port).await?;
            let uri = uri.clone();
            return Ok(Self { listener, uri });
        }
        if let Some(port) = oauth.redirect_port {
            return Self::on(port).await;
        }
        if let Some((_, port)) = before.and_then(place)
            && let Ok(redirect) = Self::on(port).await
        {
            return Ok(redirect);
        }
        Self::on(0).await
    }

    async fn on(port: u16) -> Result<Self, LoginError> {
        let listener = listen("127.0.0.1", port).await?;
        let address = listener
            .local_addr()
            .map_err(|error| LoginError::Callback(format!("this machine has no port: {error}")))?;
        Ok(Self {
            uri: format!("http://127.0.0.1:{}{PATH}", address.port()),
            listener,
        })
    }

    /// The address that the browser is sent to.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Waits for the browser with an address that is an answer, and gives it. A browser opens connections ahead and
    /// sends nothing on them, and any program of this machine can open more: each waits by itself, and where there are
    /// too many, the oldest gives way.
    pub(super) async fn arrival(
        &self,
        is_answer: impl Fn(&str) -> bool,
    ) -> Result<String, LoginError> {
        let own = Url::parse(&self.uri).map_err(|error| {
            LoginError::Callback(format!("the redirect is no address: {error}"))
        })?;
        let arrived = async {
            let mut waiting = JoinSet::new();
            let mut handles = VecDeque::new();
            loop {
                let heard = tokio::select! {
                    accepted = self.listener.accept() => {
                        let Ok((stream, _)) = accepted else {
                            sleep(Duration::from_millis(50)).await;
                            continue;
                        };
                        handles.retain(|handle: &AbortHandle| !handle.is_finished());
                        if handles.len() >= MAX_WAITING
                            && let Some(oldest) = handles.pop_front()
                        {
                            oldest.abort();
                        }
                        handles.push_back(waiting.spawn(timeout(PATIENCE, heard(stream))));
                        continue;
                    }
                    Some(heard) = waiting.join_next() => heard,
                };
                let Ok(Ok(Some((stream, asked)))) = heard else {
                    continue;
                };
                let address = asked.and_then(|asked| asked.address(&own));
                let address = address.filter(|address| is_answer(address));
                // The answer counts whether the browser reads the page or not.
                let _ = timeout(PATIENCE / 5, answered(stream, address.is_some())).await;
                if let Some(address) = address {
                    return address;
                }
            }
        };
        timeout(PERSON, arrived)
            .await
            .map_err(|_| LoginError::TimedOut(PERSON.as_secs() / 60))
    }
}

/// What a request asks for.
struct Asked {
    target: String,
    host: Option<String>,
}

impl Asked {
    /// The whole address, if it is the place of the redirect, under the name that the redirect has.
    fn address(&self, own: &Url) -> Option<String> {
        let authority = &own[Position::BeforeHost..Position::AfterPort];
        let is_own = self
            .host
            .as_ref()
            .is_none_or(|host| host.eq_ignore_ascii_case(authority));
        let url = own.join(&self.target).ok()?;
        let is_here = url.origin() == own.origin() && url.path() == own.path();
        (is_own && is_here).then(|| url.into())
    }
}

/// A connection, once the head of its request is there. `None`: it ends before that.
async fn heard(mut stream: TcpStream) -> Option<(TcpStream, Option<Asked>)> {
    let mut head = Vec::new();
    let mut part = [0; 2048];
    loop {
        let read = stream.read(&mut part).await.ok()?;
        if read == 0 {
            return None;
        }
        if head.len() + read > MAX_HEAD {
            return Some((stream, None));
        }
        // One that comes byte by byte costs no more than another.
        let fresh = head.len().saturating_sub(3);
        head.extend_from_slice(&part[..read]);
        if head[fresh..].windows(4).any(|end| end == b"\r\n\r\n") {
            return Some((stream, asked(&head)));
        }
    }
}

/// A GET. `None`: it is none.
fn asked(head: &[u8]) -> Option<Asked> {
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let target = lines.next()?.strip_prefix("GET ")?;
    let (target, _) = target.split_once(' ')?;
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let host = fields.find(|(name, _)| name.eq_ignore_ascii_case("host"));
    target.starts_with('/').then(|| Asked {
        target: target.to_owned(),
        host: host.map(|(_, host)| host.trim().to_owned()),
    })
}

/// Shows the browser whether that was the answer.
async fn answered(mut stream: TcpStream, is_answer: bool) -> std::io::Result<()> {
    let page = match is_answer {
        true => page(
            "200 OK",
            "The answer has arrived. Go back to the terminal: it says whether the login worked. You can close this \
             page.",
        ),
        false => page(
            "404 Not Found",
            "This is not the page that a login waits for.",
        ),
    };
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await
}

fn page(status: &str, words: &str) -> String {
    let body = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>mcp-host</title>\
         <body style=\"font: 16px sans-serif; margin: 4em auto; max-width: 36em\"><p>{words}</p>"
    );
    // The address has the code: no other page may learn it, and no cache keep it.
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Host and port of an address on this machine.
fn place(uri: &str) -> Option<(String, u16)> {
    let url = Url::parse(uri).ok()?;
    let host = match url.host()? {
        Host::Domain("localhost") => "127.0.0.1".to_owned(),
        Host::Ipv4(address) if address.is_loopback() => address.to_string(),
        Host::Ipv6(address) if address.is_loopback() => address.to_string(),
        _ => return None,
    };
    let is_plain = url.scheme() == "http" && url.fragment().is_none() && url.query().is_none();
    is_plain.then_some((host, url.port()?))
}

async fn listen(host: &str, port: u16) -> Result<TcpListener, LoginError> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        LoginError::Callback(format!(
            "port {port} of this machine, where the browser is to come back to, cannot be used: {error}"
        ))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn only_plain_addresses_of_this_machine_are_redirects() {
        let at = |uri| place(uri);
        assert_eq!(
            at("http://localhost:3118/callback"),
            Some(("127.0.0.1".to_owned(), 3118))
        );
        assert_eq!(at("http://[::1]:1/x"), Some(("::1".to_owned(), 1)));
        for uri in [
            "http://127.0.0.1:1/callback#fragment",
            "http://127.0.0.1:1/callback?x=1",
            "https://127.0.0.1:1/callback",
            "http://127.0.0.1/callback",
            "http://example.com:1/callback",
            "http://0.0.0.0:1/callback",
            "callback",
        ] {
            assert_eq!(at(uri), None, "{uri}");
        }
    }

    #[test]
    fn only_a_request_for_the_redirect_itself_is_looked_at() {
        let own = Url::parse("http://127.0.0.1:8765/callback").unwrap();
        let address = |head: &str| asked(head.as_bytes()).and_then(|asked| asked.address(&own));
        let expected = Some("http://127.0.0.1:8765/callback?code=x".to_owned());
        let line = "GET /callback?code=x HTTP/1.1\r\n";
        assert_eq!(
            address(&format!("{line}Host: 127.0.0.1:8765\r\n\r\n")),
            expected
        );
        assert_eq!(address(&format!("{line}\r\n")), expected);
        for head in [
            format!("{line}host: evil.example:8765\r\n\r\n"),
            format!("{line}host: 127.0.0.1\r\n\r\n"),
            "POST /callback?code=x HTTP/1.1\r\n\r\n".to_owned(),
            "GET /elsewhere?code=x HTTP/1.1\r\n\r\n".to_owned(),
            "GET //evil.example/callback?code=x HTTP/1.1\r\n\r\n".to_owned(),
            "GET http://evil.example/callback?code=x HTTP/1.1\r\n\r\n".to_owned(),
            "GET /callback?code=x".to_owned(),
            "\u{16}\u{3}\u{1}".to_owned(),
        ] {
            assert_eq!(address(&head), None, "{head}");
        }
    }
}
