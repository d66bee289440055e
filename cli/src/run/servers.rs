//! The servers of one run: those that its skills and its grants name, and no others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mcp_bridge::{Config, ConnectError};
use mcp_codegen::names;
use mcp_host::{
    Catalog, CatalogError, Grants, ImportError, LinkError, Needs, ToolPattern, unmatched_grants,
};

use crate::dirs;
use crate::exit::{Exit, Failure};
use crate::next_step::quoted;
use crate::progress::Progress;

/// The configuration, and which of its servers this run needs.
pub(super) struct Servers {
    /// `None`: the run needs no server, so a broken configuration does not matter.
    config: Option<Config>,
    needed: BTreeSet<String>,
}

impl Servers {
    /// Starts only the servers that the skill's imports and the user's grants name.
    pub(super) fn find<'s>(
        file: Option<&Path>,
        skill: &Path,
        skills: impl Iterator<Item = (&'s Needs, &'s Grants)> + Clone,
    ) -> Result<Self, Failure> {
        let by_name =
            |needs: &Needs, grants: &Grants| needs.reads_catalog() && !grants.tools.is_empty();
        let none = skills
            .clone()
            .all(|(needs, grants)| needs.servers().is_empty() && !by_name(needs, grants));
        if none && file.is_none() {
            return Ok(Self {
                config: None,
                needed: BTreeSet::new(),
            });
        }
        let config = Config::discover_beside(file, Some(skill))
            .map_err(|error| Failure::usage(error.into()))?;
        let mut needed = BTreeSet::new();
        for (needs, grants) in skills {
            for label in needs.servers() {
                needed.extend(named(&config, label)?);
            }
            if by_name(needs, grants) {
                needed.extend(
                    config
                        .names()
                        .filter(|name| grants.names_server(name))
                        .map(str::to_owned),
                );
                // A server that a grant names without a pattern must exist.
                needed.extend(
                    grants
                        .tools
                        .iter()
                        .filter_map(ToolPattern::exact_server)
                        .filter(|name| grants.names_server(name))
                        .map(str::to_owned),
                );
            }
        }
        Ok(Self {
            config: Some(config),
            needed,
        })
    }

    /// The file of the configuration.
    pub(super) fn config(&self) -> Option<PathBuf> {
        let file = self.config.as_ref()?.origin()?;
        Some(file.canonicalize().unwrap_or_else(|_| file.to_owned()))
    }

    /// The names of all servers of the configuration.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.config.iter().flat_map(Config::names);
        names.map(str::to_owned).collect()
    }

    pub(super) async fn open(&self) -> Result<Catalog, Failure> {
        let Some(config) = self.config.as_ref().filter(|_| !self.needed.is_empty()) else {
            return Ok(Catalog::default());
        };
        let cache = dirs::response_cache(config, self.needed.iter().map(String::as_str));
        Catalog::open_with(config, &self.needed, cache.as_ref())
            .await
            .map_err(|error| match error {
                CatalogError::Config(_)
                | CatalogError::Lock(_)
                | CatalogError::Connect(ConnectError::Config(_) | ConnectError::Disabled { .. }) => {
                    Failure::usage(error.into())
                }
                CatalogError::Connect(_) => Failure::host(error.into()),
            })
    }

    /// Warns of grants and rules of the policy that match nothing here: they are often misspelled.
    pub(super) fn warn_of_rules(&self, grants: &Grants, catalog: &Catalog) {
        let Some(config) = &self.config else { return };
        let granted = unmatched_grants(&grants.tools, catalog, config.names());
        let policy = grants.policy.as_deref();
        let rules = policy.map(|policy| policy.unmatched_in(catalog, config.names()));
        for warning in granted.into_iter().chain(rules.unwrap_or_default()) {
            tracing::warn!("{warning}");
        }
    }

    /// Shows which servers the run waits for.
    pub(super) fn announce(&self, progress: &Progress) {
        if !self.needed.is_empty() {
            let names: Vec<_> = self.needed.iter().map(String::as_str).collect();
            progress.wait_for(format!("starting {}", names.join(", ")));
        }
    }

    /// How to add a server: where the configuration is, or where it was looked for.
    fn add(&self, server: &str) -> String {
        let origin = self.config.as_ref().and_then(Config::origin);
        if let Some(path) = origin {
            return format!("add `{server}` to `mcpServers` in `{}`", path.display());
        }
        let searched = self.config.iter().flat_map(Config::searched);
        let searched: Vec<_> = searched
            .map(|path| format!("`{}`", path.display()))
            .collect();
        let place = match searched.is_empty() {
            true => "an mcp.json".to_owned(),
            false => format!("one of {}, none of which exists", searched.join(", ")),
        };
        format!("add `{server}` to `mcpServers` in {place}")
    }

    /// The configuration that was read, and the one beside the skill, where that has the server.
    fn where_is(&self, server: &str, skill: &Path) -> String {
        let Some(read) = self.config.as_ref().and_then(Config::origin) else {
            return self.add(server);
        };
        let wanted = names::package_name(server);
        let is_meant = |name: &str| match (&wanted, names::package_name(name)) {
            (Ok(wanted), Ok(label)) => *wanted == label,
            _ => false,
        };
        let config = self.config.as_ref();
        let other = config.and_then(|config| config.other_beside(skill, is_meant));
        let servers = format!("the servers are those of `{}`", read.display());
        match other {
            Some(other) => format!(
                "{servers}; `{}` has `{server}`: run it with `--config {}`",
                other.display(),
                quoted(&other.to_string_lossy()),
            ),
            None => format!("{servers}: {}", self.add(server)),
        }
    }

    pub(super) fn not_linked(&self, path: &Path, error: LinkError) -> Failure {
        let hint = match &error {
            LinkError::Imports(errors)
                if let Some(server) = errors.iter().find_map(|error| match error {
                    ImportError::Server { server } => Some(server),
                    _ => None,
                }) =>
            {
                Some(self.add(server))
            }
            LinkError::Script { missing, hint, .. } if let Some(server) = missing.first() => {
                hint.clone().or_else(|| Some(self.where_is(server, path)))
            }
            error => error.hint(),
        };
        let exit = match &error {
            LinkError::Files(_) => Exit::Usage,
            error if error.is_denial() => Exit::Denied,
            LinkError::Unused { .. } => Exit::Usage,
            LinkError::Imports(_)
            | LinkError::Wasmtime(_)
            | LinkError::Cycle(_)
            | LinkError::Script { .. }
            | LinkError::Dependency { .. } => Exit::Link,
        };
        let error =
            anyhow::Error::new(error).context(format!("failed to link skill `{}`", path.display()));
        Failure::new(exit, error).hint(hint)
    }
}

/// The configuration's name for `mcp-server:LABEL`. An unknown label is not an error here: linking reports all of them.
fn named(config: &Config, label: &str) -> Result<Option<String>, Failure> {
    let mut found = config
        .names()
        .filter(|name| names::package_name(name).is_ok_and(|known| known == label));
    let first = found.next().map(str::to_owned);
    if let (Some(first), Some(second)) = (&first, found.next()) {
        return Err(Failure::usage(anyhow::anyhow!(
            "servers `{first}` and `{second}` of the configuration are both `mcp-server:{label}`; rename one"
        )));
    }
    Ok(first)
}
