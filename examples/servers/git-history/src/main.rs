//! An MCP server that serves the git history of one repository over stdio. Owns the command line. Only reads: no tool
//! changes the repository.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use rmcp::ServiceExt;

mod commit;
mod describe;
mod git;
mod log;
mod tags;
mod tools;

/// Serves the git history of a repository over MCP (stdio).
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Directory inside the repository to serve; paths in tool arguments are relative to it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let repository = git::Repository::open(&args.repo)
        .await
        .with_context(|| format!("cannot serve `{}`", args.repo.display()))?;
    let service = tools::GitHistory::new(repository)
        .serve(rmcp::transport::stdio())
        .await
        .context("the MCP handshake on stdin and stdout failed")?;
    service
        .waiting()
        .await
        .context("the server task panicked")?;
    Ok(())
}

#[cfg(test)]
mod tests;
