//! Reaches a server over HTTP and opens the connection to it, or says why it cannot.

use std::error::Error;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::{Connection, serve};
use super::failure::{Client, Failure};
use super::listing::{self, Listing};
use crate::config::{Endpoint, ServerConfig};
use crate::due::Due;
use crate::error::{ConnectError, HttpFault, LastOutput};
use crate::handler::Handler;
use crate::handshake::{self, Handshake};
use crate::http::{self, HttpSendError, HttpTransport};
use crate::login::Session;
use crate::noise::Noise;
use crate::principal::Principal;

/// How long a server may keep silent on `server/discover` before it gets `initialize` too, or half of its startup time
/// where that is shorter.
const PROBE_SILENCE: Duration = Duration::from_secs(3);

/// Opens the connection and lists all tools.
pub(super) async fn open(
    config: &ServerConfig,
    endpoint: &Endpoint,
    session: Option<Arc<Session>>,
    principal: &Principal,
    noise: &Noise,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let fault = |fault| ConnectError::Http {
        server: config.name.clone(),
        address: config.transport.to_string(),
        fault,
    };
    let transport = || {
        let limit = config.bounds.message;
        let login = session.as_ref().map(Session::login);
        let secrets = &principal.secrets;
        http::transport(&config.name, endpoint, login, limit, secrets, noise).map_err(fault)
    };
    let opened = opened(config, principal, &transport, deadline).await?;
    let opened = match opened {
        Ok((client, due)) => {
            let listing =
                listing::all_tools(&config.name, &client, config.bounds, &principal.secrets);
            timeout_at(deadline, listing)
                .await
                .unwrap_or(Err(Failure::TimedOut))
                .map(|listing| {
                    (
                        Connection::of(config, principal, client, due, None).logged_in(session),
                        listing,
                    )
                })
        }
        Err(failure) => Err(failure),
    };
    let server = config.name.clone();
    match opened {
        Ok(connected) => Ok(connected),
        Err(Failure::TimedOut) => Err(ConnectError::StartTimeout {
            server,
            key: config.timeout_keys.startup,
            waited: config.startup_timeout,
            last_output: LastOutput::default(),
        }),
        Err(Failure::Send(error)) => {
            let refusal = fault_of(&*error);
            Err(fault(match refusal {
                // What a server of the first transport answers to a message (revision 2025-11-25, "Backwards
                // Compatibility").
                HttpFault::Status {
                    status: status @ 400..=499,
                    ..
                } if http::streams_endpoint(endpoint).await => HttpFault::OldTransport { status },
                refusal => refusal,
            }))
        }
        Err(Failure::Closed) => {
            let why = "the server ended the exchange without an answer".to_owned();
            Err(fault(HttpFault::Broken(why)))
        }
        Err(Failure::Protocol(message)) => Err(ConnectError::Protocol {
            server,
            message,
            last_output: LastOutput::default(),
        }),
    }
}

type Opened = Result<(Client, Arc<Due>), Failure>;

/// Opens a connection, whatever the server does with the probe. Where it keeps silent, `initialize` is tried beside the
/// probe, and the first that succeeds is taken.
async fn opened(
    config: &ServerConfig,
    principal: &Principal,
    transport: &impl Fn() -> Result<HttpTransport, ConnectError>,
    deadline: Instant,
) -> Result<Opened, ConnectError> {
    let initialize = |transport| handshaken(config, principal, transport, Handshake::Initialize);
    let probe = Handshake::Probe { silence: None };
    let mut probe = pin!(handshaken(config, principal, transport()?, probe));
    let silence = PROBE_SILENCE.min(config.startup_timeout / 2);
    let Ok(probed) = timeout(silence, &mut probe).await else {
        let initialize = pin!(initialize(transport()?));
        let either = either(probe, initialize);
        return Ok(timeout_at(deadline, either)
            .await
            .unwrap_or(Err(Failure::TimedOut)));
    };
    let is_broken = match &probed {
        Ok(_) | Err(Failure::TimedOut | Failure::Protocol(_)) => false,
        Err(Failure::Closed) => true,
        Err(Failure::Send(error)) => matches!(
            fault_of(&**error),
            HttpFault::Broken(_) | HttpFault::Truncated { .. }
        ),
    };
    if !is_broken {
        return Ok(probed);
    }
    tracing::debug!(server = config.name, "server hung up on `server/discover`");
    let initialized = timeout_at(deadline, initialize(transport()?)).await;
    Ok(initialized.unwrap_or(Err(Failure::TimedOut)))
}

/// The first of two that succeeds; where none does, what the second says.
async fn either(
    first: Pin<&mut impl Future<Output = Opened>>,
    second: Pin<&mut impl Future<Output = Opened>>,
) -> Opened {
    match select(first, second).await {
        Either::Left((Ok(opened), _)) | Either::Right((Ok(opened), _)) => Ok(opened),
        Either::Left((Err(_), second)) => second.await,
        Either::Right((Err(refusal), first)) => first.await.map_err(|_| refusal),
    }
}

/// Opens a connection on the transport in one of the two ways.
async fn handshaken(
    config: &ServerConfig,
    principal: &Principal,
    mut transport: HttpTransport,
    handshake: Handshake,
) -> Opened {
    let secrets = principal.secrets.clone();
    let handler = Handler::new(&config.name, config.elicitation).hiding(secrets);
    let server = handshake::open(&mut transport, &handler.offer(), handshake).await?;
    let due = transport.due();
    Ok((serve(config, handler, transport, server), due))
}

/// The fault behind an error of rmcp's HTTP transport.
pub(super) fn fault_of(error: &(dyn Error + Send + Sync + 'static)) -> HttpFault {
    match error.downcast_ref::<HttpSendError>() {
        Some(HttpSendError::Client(fault)) => fault.clone(),
        _ => HttpFault::Broken(error.to_string()),
    }
}
