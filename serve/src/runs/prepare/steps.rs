//! What scripts and components have in common before they run: servers start, and work has the time of the run.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use mcp_host::{Catalog, Limits, ToolServer};

use crate::answer::Code;
use crate::answer::unavailable::unavailable;
use crate::door::Door;
use crate::learned::Watched;

/// Work on the text of a script, within the time of a run.
pub(super) async fn in_time<T: Send + 'static>(
    door: &Door,
    session: u64,
    limits: &Limits,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, (Code, String)> {
    let work = door.workers.run(door.part(session), work);
    match tokio::time::timeout(limits.timeout, work).await {
        Ok(done) => done.map_err(|error| (Code::Internal, error)),
        Err(_) => {
            let ms = limits.timeout.as_millis();
            Err((
                Code::LimitTime,
                format!("the script was not read within {ms} ms"),
            ))
        }
    }
}

/// The servers that the script names, all started at once.
pub(super) async fn catalog(
    door: &Door,
    labels: BTreeSet<&str>,
) -> Result<Catalog, (Code, String)> {
    // A server that the configuration does not have is reported with its place, when the script is linked.
    let mut names = Vec::new();
    for label in labels {
        let found = door.servers.imported(label).map_err(|both| {
            let [first, second] = both.map(|name| mcp_codegen::names::shown(&name));
            let what = format!(
                "servers `{first}` and `{second}` are both `mcp:{label}`: the user renames one of them in the configuration"
            );
            (Code::UnknownImport, what)
        })?;
        names.extend(found);
    }
    let up = join_all(names.iter().map(|name| door.servers.up(name))).await;
    let mut servers: Vec<Arc<dyn ToolServer>> = Vec::with_capacity(up.len());
    for (name, up) in names.iter().zip(up) {
        let server = up.map_err(|why| unavailable(name, &why))?;
        servers.push(Watched::watch(server, door.types()));
    }
    Catalog::of(servers).map_err(|error| (Code::Internal, error.to_string()))
}
