//! Starts a server as a process and opens the connection to it, or says why it cannot.

use std::io;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::{Connection, SETTLE, serve};
use super::failure::Failure;
use super::listing::{self, Listing};
use super::not_started;
use crate::config::{Launch, ServerConfig};
use crate::error::{ConnectError, LastOutput};
use crate::handler::Handler;
use crate::handshake::{self, Handshake};
use crate::noise::{Noise, StrayLines};
use crate::principal::Principal;
use crate::process::{Output, Process};
use crate::secret::Secrets;
use crate::stdio_transport::StdioTransport;

/// How long a process may keep silent on `server/discover` before it gets `initialize` too.
const PROBE_SILENCE: Duration = Duration::from_secs(2);

/// Starts the process, opens the connection and lists all tools. No process is left where that fails.
pub(super) async fn open(
    config: &ServerConfig,
    launch: &Launch,
    principal: &Principal,
    noise: &Noise,
    deadline: Instant,
) -> Result<(Connection, Listing), ConnectError> {
    let secrets = &principal.secrets;
    let heard = noise.count();
    let strays = || noise.since(heard, secrets);
    let mut handshake = Handshake::Probe {
        silence: Some(PROBE_SILENCE),
    };
    loop {
        let (process, stdout, stdin) = spawn(config, launch, secrets)?;
        let mut transport = StdioTransport::new(&config.name, stdout, stdin, config.bounds.message)
            .hiding(secrets.clone())
            .noting(noise.clone());
        let (read_out, due) = (transport.read_out(), transport.due());
        let handler = Handler::new(&config.name, config.elicitation).hiding(secrets.clone());
        let offer = handler.offer();
        let opened = tokio::select! {
            opened = timeout_at(deadline, handshake::open(&mut transport, &offer, handshake)) => {
                opened.map_or(Err(Failure::TimedOut), |opened| opened.map_err(Failure::from))
            }
            _ = process.ended() => Err(Failure::Closed),
        };
        let server = match opened {
            Ok(server) => server,
            // Some older servers give up on anything that is not `initialize`. One that did not even
            // read the question had another reason to end.
            Err(Failure::Closed | Failure::Send(_))
                if handshake != Handshake::Initialize && transport.was_read() =>
            {
                tracing::debug!(server = config.name, "server ended on `server/discover`");
                handshake = Handshake::Initialize;
                continue;
            }
            Err(failure) => {
                return Err(explain(config, launch, &process, strays, failure).await);
            }
        };
        let client = serve(config, handler, transport, server);
        let listing = listing::all_tools(&config.name, &client, config.bounds, secrets);
        let listed = tokio::select! {
            listed = timeout_at(deadline, listing) => {
                listed.unwrap_or(Err(Failure::TimedOut))
            }
            _ = process.ended() => Err(Failure::Closed),
        };
        return match listed {
            Ok(listing) => {
                let child = Some((process, read_out));
                Ok((
                    Connection::of(config, principal, client, due, child),
                    listing,
                ))
            }
            Err(failure) => Err(explain(config, launch, &process, strays, failure).await),
        };
    }
}

fn spawn(
    config: &ServerConfig,
    launch: &Launch,
    secrets: &Secrets,
) -> Result<(Process, Output<ChildStdout>, ChildStdin), ConnectError> {
    let server = || config.name.clone();
    if launch
        .cwd
        .as_ref()
        .is_some_and(|directory| !directory.is_dir())
    {
        return Err(ConnectError::NoDirectory {
            server: server(),
            directory: launch.written.cwd.clone(),
        });
    }
    Process::spawn(&config.name, launch, secrets.clone())
        .map_err(|source| not_started(config, launch, source))
}

/// Names the command as the configuration writes it: what a variable in it stands for may be a secret.
fn not_started(config: &ServerConfig, launch: &Launch, source: io::Error) -> ConnectError {
    let (server, command) = (config.name.clone(), launch.written.command.clone());
    let path = launch
        .env
        .iter()
        .rev()
        .find(|(name, _)| name == "PATH")
        .map(|(_, value)| value.expose_secret().to_owned())
        .or_else(|| std::env::var("PATH").ok());
    let reason = not_started::reason(&launch.command, path.as_deref(), &source);
    match source.kind() {
        io::ErrorKind::NotFound if reason.is_empty() => {
            ConnectError::CommandNotFound { server, command }
        }
        _ => ConnectError::Spawn {
            server,
            command,
            reason,
            source,
        },
    }
}

async fn explain(
    config: &ServerConfig,
    launch: &Launch,
    process: &Process,
    strays: impl FnOnce() -> StrayLines,
    failure: Failure,
) -> ConnectError {
    let server = config.name.clone();
    let ended = match failure {
        Failure::Closed | Failure::Send(_) => timeout(SETTLE, process.ended()).await.ok(),
        Failure::TimedOut | Failure::Protocol(_) => None,
    };
    if let Some(source) = process.not_started() {
        return not_started(config, launch, source);
    }
    let last_output = LastOutput {
        stderr: process.stderr(),
        stdout: strays(),
    };
    match (failure, ended) {
        (Failure::TimedOut, _) => ConnectError::StartTimeout {
            server,
            key: config.timeout_keys.startup,
            waited: config.startup_timeout,
            last_output,
        },
        (Failure::Protocol(message), _) => ConnectError::Protocol {
            server,
            message,
            last_output,
        },
        (Failure::Closed | Failure::Send(_), Some(status)) => ConnectError::ExitedAtStart {
            server,
            status,
            last_output,
        },
        (Failure::Closed | Failure::Send(_), None) => {
            let message = "it closed its stdin or stdout and goes on running".to_owned();
            ConnectError::Protocol {
                server,
                message,
                last_output,
            }
        }
    }
}
