//! Listens on this machine for the browser that comes back from a login. Answers nothing but that one page, and lets no
//! other page end the login: an address without its `state` is refused, and the wait goes on.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::{Host, Url};

use super::error::LoginError;
use crate::config::OAuth;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;
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

    /// Waits for the browser with an address that is an answer, and gives it.
    pub(super) async fn arrival(
        &self,
        is_answer: impl Fn(&str) -> bool,
    ) -> Result<String, LoginError> {
        let arrived = async {
            loop {
                let Ok((stream, _)) = self.listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                // A browser opens connections ahead and sends nothing on them: none may hold up the others for long.
                if let Ok(Some(address)) =
                    timeout(PATIENCE, self.converse(stream, &is_answer)).await
                {
                    return address;
                }
            }
        };
        timeout(PERSON, arrived)
            .await
            .map_err(|_| LoginError::TimedOut(PERSON.as_secs() / 60))
    }

    /// Answers one request. `None`: it is not what the login waits for.
    async fn converse(
        &self,
        mut stream: TcpStream,
        is_answer: &impl Fn(&str) -> bool,
    ) -> Option<String> {
        let target = target(&mut stream).await;
        let own = Url::parse(&self.uri).ok()?;
        let address = target.and_then(|target| {
            let url = own.join(&target).ok()?;
            let is_here = url.origin() == own.origin() && url.path() == own.path();
            (is_here && is_answer(url.as_str())).then(|| url.to_string())
        });
        let page = match address {
            Some(_) => page(
                "200 OK",
                "The answer has arrived. Go back to the terminal: it says whether the login worked. You can close this \
                 page.",
            ),
            None => page(
                "404 Not Found",
                "This is not the page that a login waits for.",
            ),
        };
        // The answer counts whether the browser reads the page or not.
        let _ = stream.write_all(page.as_bytes()).await;
        let _ = stream.shutdown().await;
        address
    }
}

/// The target of a GET, once its whole head is there.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut part).await.ok()?;
        if read == 0 || head.len() + read > MAX_HEAD {
            return None;
        }
        head.extend_from_slice(&part[..read]);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.lines().next()?.strip_prefix("GET ")?;
    let (target, _) = target.split_once(' ')?;
    target.starts_with('/').then(|| target.to_owned())
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
}
