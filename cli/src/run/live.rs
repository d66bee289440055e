//! A skill that is linked with its servers, for `mcp-host skill`: what it can call, and runs that are recorded.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use mcp_host::{
    Catalog, Determinism, Environment, Limits, Linked, Recording, Report, Request, Skill, link_with,
};
use mcp_skills::ImportedTool;

use super::place;
use super::ready::Ready;
use crate::exit::Failure;
use crate::progress::Progress;
use crate::run_args::RunArgs;
use crate::signals::{StopSender, stopped};
use crate::{kept, plan};

pub(crate) use place::Place;

/// A skill that is linked with its servers.
pub(crate) struct Live {
    pub(crate) skill: Arc<Skill>,
    pub(crate) linked: Linked,
    pub(crate) catalog: Arc<Catalog>,
    limits: Limits,
}

/// Links a skill with its servers. What drifted is no error.
pub(crate) async fn live(
    args: &RunArgs,
    place: &Place<'_>,
    progress: &Progress,
) -> Result<Live, Failure> {
    let plan = plan::resolve(args).await?;
    let ready = Ready::make(args, &plan, place, progress).await?;
    let catalog = Arc::new(ready.catalog);
    let environment = Environment {
        catalog: Arc::clone(&catalog),
        grants: Arc::new(plan.grants),
        state: kept::state(&args.skill),
        servers: ready.servers.names(),
        ..Environment::default()
    };
    let linked = link_with(&ready.skill, &environment, &[], ready.prepared);
    Ok(Live {
        linked: linked.map_err(|error| ready.servers.not_linked(&place.path, error))?,
        skill: ready.skill,
        catalog,
        limits: ready.limits,
    })
}

impl Live {
    /// The tools that it imports, as their servers define them now.
    pub(crate) fn tools(&self) -> Vec<ImportedTool> {
        let tools = self.linked.tools().into_iter();
        let tools = tools.filter_map(|linked| {
            let mut known = self.catalog.known_tools(&linked.server)?.iter();
            let tool = known.find(|known| known.name == linked.tool)?;
            Some(ImportedTool {
                server: linked.server,
                tool: tool.clone(),
            })
        });
        tools.collect()
    }

    /// Runs it with the input of a recorded run, and records that.
    pub(crate) async fn again(
        &self,
        example: &Recording,
        out: impl Write + Send + 'static,
        stop: &StopSender,
    ) -> Result<Report, Failure> {
        let invocation = example.invocation(&self.skill);
        let invocation = invocation.map_err(|error| Failure::usage(error.into()))?;
        let request = match &invocation {
            Some(invocation) => Request::Function(invocation),
            None => Request::Input(example.input()),
        };
        let stopped = stopped(stop);
        let (limits, fixed) = (&self.limits, Determinism::default());
        let ran = mcp_host::record(&self.linked, &request, limits, fixed, out, stopped).await;
        ran.context("failed to run the skill with the input of an example")
            .map_err(Failure::host)
    }

    /// Lets the servers end.
    pub(crate) async fn close(self) {
        drop(self.linked);
        if let Some(catalog) = Arc::into_inner(self.catalog) {
            catalog.close().await;
        }
    }
}
