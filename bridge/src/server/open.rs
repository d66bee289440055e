//! Opens the connection to a server, whichever way it is reached.

use std::env;

use tokio::time::Instant;

use super::connection::Connection;
use super::listing::Listing;
use super::{http, stdio};
use crate::config::ServerConfig;
use crate::error::ConnectError;
use crate::secret::Secrets;

/// Starts or reaches the server, opens the connection and lists all tools.
pub(super) async fn open(config: &ServerConfig) -> Result<(Connection, Listing), ConnectError> {
    let deadline = Instant::now() + config.startup_timeout;
    let variable = |name: &str| env::var(name).ok();
    if let Some(endpoint) = config.endpoint(variable)? {
        let secrets = Secrets::of_endpoint(&endpoint);
        return http::open(config, &endpoint, &secrets, deadline)
            .await
            .map_err(|error| error.without(&secrets));
    }
    let launch = config
        .launch(variable)?
        .ok_or_else(|| ConnectError::Disabled {
            server: config.name.clone(),
        })?;
    let secrets = Secrets::of_process(&launch);
    stdio::open(config, &launch, &secrets, deadline)
        .await
        .map_err(|error| error.without(&secrets))
}
