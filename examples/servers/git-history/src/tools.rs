//! The tools as MCP shows them: names, descriptions, parameters and annotations.
//! Never runs git itself; each tool is one function of the module named after it.

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::{ServerHandler, tool, tool_handler, tool_router};

use crate::commit::{CommitDetails, GetCommit};
use crate::git::Repository;
use crate::log::{CommitPage, ListCommits};
use crate::tags::{ListTags, TagList};
use crate::{commit, describe, log, tags};

/// The MCP server: one repository and its tools.
pub(crate) struct GitHistory {
    repository: Repository,
    tools: ToolRouter<Self>,
}

impl GitHistory {
    pub(crate) fn new(repository: Repository) -> Self {
        Self {
            repository,
            tools: Self::tool_router(),
        }
    }
}

// An error becomes a result with `isError`, which a model or a skill can read and act on.
#[tool_router]
impl GitHistory {
    /// Lists commits, newest first, one page at a time. All filters must match. Merge commits are
    /// included.
    #[tool(
        title = "List commits",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn list_commits(
        &self,
        Parameters(query): Parameters<ListCommits>,
    ) -> Result<Json<CommitPage>, String> {
        log::list(&self.repository, &query)
            .await
            .map(Json)
            .map_err(|error| error.to_string())
    }

    /// Shows one commit: its whole message and the files it changed. A merge commit is compared
    /// with its first parent, a root commit with the empty tree.
    #[tool(
        title = "Get one commit",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn get_commit(
        &self,
        Parameters(query): Parameters<GetCommit>,
    ) -> Result<Json<CommitDetails>, String> {
        commit::get(&self.repository, &query)
            .await
            .map(Json)
            .map_err(|error| error.to_string())
    }

    /// Lists tags that point to commits, newest first.
    #[tool(
        title = "List tags",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn list_tags(
        &self,
        Parameters(query): Parameters<ListTags>,
    ) -> Result<Json<TagList>, String> {
        tags::list(&self.repository, &query)
            .await
            .map(Json)
            .map_err(|error| error.to_string())
    }

    /// Describes the repository in a few lines of text: branch, head, number of commits, first and
    /// last date.
    #[tool(
        title = "Describe the repository",
        annotations(read_only_hint = true, open_world_hint = false)
    )]
    async fn describe_repository(&self) -> Result<String, String> {
        describe::describe(&self.repository)
            .await
            .map_err(|error| error.to_string())
    }
}

#[tool_handler(router = self.tools)]
impl ServerHandler for GitHistory {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(
                "git-history",
                env!("CARGO_PKG_VERSION"),
            ))
            .with_instructions("Read-only access to the git history of one repository.")
    }
}
