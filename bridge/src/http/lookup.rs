//! Looks up the addresses of a name, and leaves out those that a request must not reach. What was checked is what is
//! connected to: a name that leads elsewhere a moment later gains nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Gives those of the addresses that a request may reach.
pub(crate) type Admits =
    Arc<dyn Fn(Vec<SocketAddr>) -> BoxFuture<'static, Vec<SocketAddr>> + Send + Sync>;

/// The resolver of the system, behind that question. Without one, every address is good.
#[derive(Clone)]
pub(super) struct Lookup {
    system: GaiResolver,
    admits: Option<Admits>,
}

impl Lookup {
    pub(super) fn new(admits: Option<Admits>) -> Self {
        Self {
            system: GaiResolver::new(),
            admits,
        }
    }
}

impl Service<Name> for Lookup {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, admits) = (self.system.call(name), self.admits.clone());
        async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let Some(admits) = admits else {
                return Ok(found.into_iter());
            };
            let first = found.first().map(SocketAddr::ip);
            let good = admits(found).await;
            match (good.is_empty(), first) {
                (true, Some(address)) => Err(io::Error::other(format!(
                    "its name leads to `{address}`, where no authorization server of this one is looked for"
                ))),
                _ => Ok(good.into_iter()),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    async fn found(admits: Option<Admits>) -> io::Result<Vec<SocketAddr>> {
        let name = "localhost".parse().unwrap();
        Lookup::new(admits).call(name).await.map(Iterator::collect)
    }

    #[tokio::test]
    async fn name_gives_only_the_addresses_that_are_admitted() {
        assert!(!found(None).await.unwrap().is_empty());
        let all: Admits = Arc::new(|found| async { found }.boxed());
        assert!(!found(Some(all)).await.unwrap().is_empty());
        let none: Admits = Arc::new(|_| async { Vec::new() }.boxed());
        let error = found(Some(none)).await.unwrap_err().to_string();
        assert!(error.contains("its name leads to"), "{error}");
    }
}
