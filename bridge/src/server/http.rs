//! Reaches a server over HTTP and opens the connection to it, or says why it cannot.

use std::error::Error;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, serve};
use super::failure::{Client, Failure};
use super::listing::{self, Listing};
use crate::config::{Endpoint, ServerConfig};
use crate::due::Due;
use crate::error::{ConnectError, HttpFault, LastOutput};
use crate::handler::Handler;
use crate::handshake::{self, Handshake};
use crate::http::{self, HttpSendError, HttpTransport};
use crate::principal::Principal;

/// Opens the connection and lists all tools.
pub(super) async fn open(
    config: &ServerConfig,
    endpoint: &Endpoint,
    principal: &Principal,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let fault = |fault| ConnectError::Http {
        server: config.name.clone(),
        address: config.transport.to_string(),
        fault,
    };
    let transport = || {
        let limit = config.bounds.message;
        http::transport(&config.name, endpoint, limit, &principal.secrets).map_err(fault)
    };
    // A server that lets the probe hang may still know `initialize`, which then has half the time.
    let half = deadline - config.startup_timeout / 2;
    let probe = handshaken(
        config,
        principal,
        transport()?,
        Handshake::Probe { silence: None },
    );
    let opened = match timeout_at(half, probe).await {
        Ok(opened) => opened,
        Err(_) => {
            let initialize = handshaken(config, principal, transport()?, Handshake::Initialize);
            timeout_at(deadline, initialize)
                .await
                .unwrap_or(Err(Failure::TimedOut))
        }
    };
    let opened = match opened {
        Ok((client, due)) => {
            let listing = listing::all_tools(&config.name, &client, config.bounds);
            timeout_at(deadline, listing)
                .await
                .unwrap_or(Err(Failure::TimedOut))
                .map(|listing| {
                    (
                        Connection::of(config, principal, client, due, None),
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
            waited: config.startup_timeout,
            last_output: LastOutput::default(),
        }),
        Err(Failure::Send(error)) => Err(fault(fault_of(&*error))),
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

/// Opens a connection on the transport in one of the two ways.
async fn handshaken(
    config: &ServerConfig,
    principal: &Principal,
    mut transport: HttpTransport,
    handshake: Handshake,
) -> Result<(Client, Arc<Due>), Failure> {
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
