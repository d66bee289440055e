//! Opens the connection to a server, whichever way it is reached.

use std::env;

use tokio::time::Instant;

use super::connection::Connection;
use super::listing::Listing;
use super::{http, stdio};
use crate::config::{ServerConfig, Target};
use crate::error::ConnectError;
use crate::login::Session;
use crate::noise::Noise;
use crate::principal::Resolved;

/// Starts or reaches the server, opens the connection and lists all tools. Reads the variables and files that the
/// configuration names: they may have changed since the last connection.
pub(super) async fn open(
    config: &ServerConfig,
    noise: &Noise,
) -> Result<(Connection, Listing), ConnectError> {
    let deadline = Instant::now() + config.startup_timeout;
    let Resolved {
        target,
        mut principal,
    } = Resolved::of(config, |name| env::var(name).ok())?;
    let opened = match &target {
        Target::Process(launch) => stdio::open(config, launch, &principal, noise, deadline).await,
        Target::Http(endpoint) => {
            let session = Session::of(config, endpoint, &principal.secrets);
            if let Some(session) = &session
                && let Some(login) = session.id().await
            {
                principal.identity = principal.identity.with_login(&login);
            }
            http::open(config, endpoint, session, &principal, noise, deadline).await
        }
    };
    opened.map_err(|error| error.without(&principal.secrets))
}
