//! Reaches a server over HTTP and opens the connection to it, or says why it cannot.

use std::error::Error;

use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, serve};
use super::failure::Failure;
use super::listing::{self, Listing};
use crate::config::{Endpoint, ServerConfig};
use crate::error::{ConnectError, HttpFault, LastOutput};
use crate::handler::Handler;
use crate::handshake::{self, Handshake};
use crate::http::{self, HttpSendError};
use crate::secret::Secrets;

/// Opens the connection and lists all tools.
pub(super) async fn open(
    config: &ServerConfig,
    endpoint: &Endpoint,
    secrets: &Secrets,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let fault = |fault| ConnectError::Http {
        server: config.name.clone(),
        address: config.transport.to_string(),
        fault,
    };
    // A server that lets the probe hang may still know `initialize`, which then has half the time.
    let handshakes = [
        (
            Handshake::Probe { silence: None },
            deadline - config.startup_timeout / 2,
        ),
        (Handshake::Initialize, deadline),
    ];
    let mut opened = Err(Failure::TimedOut);
    for (handshake, deadline) in handshakes {
        let mut transport =
            http::transport(&config.name, endpoint, config.bounds.message).map_err(fault)?;
        let handler = Handler::new(&config.name, config.elicitation).hiding(secrets.clone());
        opened = match timeout_at(deadline, async {
            let server = handshake::open(&mut transport, &handler.offer(), handshake).await?;
            let due = transport.due();
            Ok((serve(config, handler, transport, server), due))
        })
        .await
        {
            Ok(client) => client,
            Err(_) => continue,
        };
        break;
    }
    let opened = match opened {
        Ok((client, due)) => {
            let listing = listing::all_tools(&config.name, &client, config.bounds);
            timeout_at(deadline, listing)
                .await
                .unwrap_or(Err(Failure::TimedOut))
                .map(|listing| (Connection::of(config, client, due, None), listing))
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

/// The fault behind an error of rmcp's HTTP transport.
pub(super) fn fault_of(error: &(dyn Error + Send + Sync + 'static)) -> HttpFault {
    match error.downcast_ref::<HttpSendError>() {
        Some(HttpSendError::Client(fault)) => fault.clone(),
        Some(error) => HttpFault::Broken(error.to_string()),
        None => HttpFault::Broken(error.to_string()),
    }
}
