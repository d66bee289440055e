//! `mcp-host skill describe`: a whole server as SKILL.md and REFERENCE.md, for agents that read files and have a shell.
//! Calls no tool.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use mcp_bridge::{Client, Config, ConnectOptions, Lock, NamedFileError, durable, named_file};
use mcp_codegen::Tool;
use mcp_codegen::names::shown;
use mcp_host::definition;
use mcp_skills::categories::{Category, Given, LONGEST, categories};
use mcp_skills::front_matter::{self, SERVER};
use mcp_skills::{
    ImportedTool, Name, ServerFacts, SkillPath, definitions_digest, page_name, server_md,
    server_reference_md,
};
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::out;
use crate::progress::Progress;
use crate::server::common::not_connected;

pub(super) const HELP: &str = "\
Examples:
  mcp-host skill describe github
  mcp-host skill describe github --out .agents/skills
  mcp-host skill describe github --categories github.toml --out .agents/skills

A file of categories has one table for each heading; `*` stands for any characters:
  [[category]]
  title = \"Issues\"
  tools = [\"*issue*\", \"add_comment\"]
  keywords = [\"bug\", \"ticket\"]";

// The arguments of `mcp-host skill describe`.
#[derive(Args)]
pub(super) struct DescribeArgs {
    /// The server's name in the configuration.
    server: String,
    /// The categories of the tools, in TOML. Otherwise they come from the names of the tools.
    #[arg(long, value_name = "FILE")]
    categories: Option<PathBuf>,
    /// Write NAME/SKILL.md and NAME/references/REFERENCE.md below this directory. Otherwise SKILL.md goes to stdout.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The `mcpServers` configuration. Otherwise ./mcp.json, ./.mcp.json, then mcp-host/mcp.json in the user's
    /// configuration directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The texts of both files.
struct Pages {
    name: Name,
    skill: String,
    reference: String,
}

pub(super) async fn run(
    args: &DescribeArgs,
    progress: &Progress,
    json: bool,
) -> Result<Exit, Failure> {
    let given = args.categories.as_deref().map(given).transpose()?;
    let name = page_name(&args.server).ok_or_else(|| {
        Failure::usage(anyhow!(
            "`{}` makes no name of a skill",
            shown(&args.server)
        ))
    })?;
    let directory = args.out.as_deref().map(|out| out.join(name.as_str()));
    if let Some(directory) = &directory {
        may_write(directory, &args.server)?;
    }
    let (tools, schemas) = tools(args, progress).await?;
    if tools.is_empty() {
        let error = anyhow!(
            "server `{}` has no tool that may be called",
            shown(&args.server)
        );
        return Err(Failure::usage(error).hint(Some("`mcp-host server check` says why")));
    }
    let categories = sorted(given.as_ref(), &tools);
    let facts = ServerFacts {
        name: &name,
        server: &args.server,
        tools: &tools,
        categories: &categories,
        schemas: &schemas,
    };
    let pages = Pages {
        skill: server_md(&facts),
        reference: server_reference_md(&facts),
        name,
    };
    match &directory {
        Some(directory) => write(directory, &pages).map_err(Failure::host)?,
        None if !json => out::page(&pages.skill).await?,
        None => {}
    }
    if json {
        out::json(&summary(&pages, directory.as_deref(), &tools, &categories)).await?;
    } else if let Some(directory) = &directory {
        let what = format!(
            "wrote {} tools in {} categories to {}",
            tools.len(),
            categories.len(),
            directory.display()
        );
        out::say("", &what);
    }
    Ok(Exit::Finished)
}

/// The file of categories.
fn given(path: &Path) -> Result<Given, Failure> {
    let context = || format!("failed to read the categories from `{}`", path.display());
    let text = named_file::read_text(path, LONGEST)
        .with_context(context)
        .map_err(Failure::usage)?;
    Given::parse(&text)
        .with_context(context)
        .map_err(Failure::usage)
}

/// The tools that may be called, and the digest of their definitions.
async fn tools(args: &DescribeArgs, progress: &Progress) -> Result<(Vec<Tool>, String), Failure> {
    let config = Config::discover(args.config.as_deref());
    let config = config.map_err(|error| Failure::usage(error.into()))?;
    let server = config.server(&args.server);
    let server = server.map_err(|error| Failure::usage(error.into()))?;
    let lock = Lock::beside(&config).and_then(Lock::check);
    let lock = lock.map_err(|error| Failure::usage(error.into()))?;
    progress.wait_for(format!("starting {}", args.server));
    let client = Client::connect(server, ConnectOptions::new(&lock, None)).await;
    progress.clear();
    let client = client.map_err(not_connected)?;
    for drift in client.drifts() {
        let refusal = drift.refusal(client.name());
        out::say("warning: ", &format!("a tool is left out: {refusal}"));
    }
    let imported = client.tools().iter().map(|tool| ImportedTool {
        server: args.server.clone(),
        tool: tool.clone(),
    });
    let imported: Vec<ImportedTool> = imported.collect();
    let tools = client.tools().iter().map(definition).collect();
    client.close().await;
    Ok((tools, definitions_digest(&imported)))
}

fn sorted(given: Option<&Given>, tools: &[Tool]) -> Vec<Category> {
    let Some(given) = given else {
        return categories(tools);
    };
    let (categories, unused) = given.sort(tools);
    for pattern in unused {
        let pattern = mcp_bridge::text::short(&pattern, 80).into_owned();
        out::say(
            "warning: ",
            &format!("no tool has a name like `{pattern}` of the categories"),
        );
    }
    categories
}

/// Whether the directory is free, or has the page of this server.
fn may_write(directory: &Path, server: &str) -> Result<(), Failure> {
    let shown = directory.display();
    let hint = "remove it, or name another directory with `--out`";
    match fs::symlink_metadata(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.is_dir() => {}
        _ => {
            let error = anyhow!("`{shown}` is no directory");
            return Err(Failure::usage(error).hint(Some(hint)));
        }
    }
    const MOST: u64 = 1 << 20;
    let page = named_file::read_text(&directory.join("SKILL.md"), MOST);
    let is_ours = match page {
        Ok(text) => front_matter::read(&text).is_ok_and(|page| {
            page.front
                .metadata
                .get(SERVER)
                .is_some_and(|of| of == server)
        }),
        Err(error) if NamedFileError::is_not_found(&error) => {
            fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
        }
        Err(_) => false,
    };
    match is_ours {
        true => Ok(()),
        false => {
            let error = anyhow!(
                "`{shown}` exists, and is not the description of server `{}`",
                mcp_codegen::names::shown(server)
            );
            Err(Failure::usage(error).hint(Some(hint)))
        }
    }
}

/// Writes both files, each whole or not at all. SKILL.md comes last: it leads to the other.
fn write(directory: &Path, pages: &Pages) -> anyhow::Result<()> {
    for (path, text) in [
        (SkillPath::reference_md(), &pages.reference),
        (SkillPath::skill_md(), &pages.skill),
    ] {
        let path = directory.join(path.as_str());
        let context = || format!("failed to write `{}`", path.display());
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).with_context(context)?;
        }
        durable::write(&path, text.as_bytes()).with_context(context)?;
    }
    Ok(())
}

fn summary(
    pages: &Pages,
    directory: Option<&Path>,
    tools: &[Tool],
    categories: &[Category],
) -> serde_json::Value {
    let categories = categories.iter().map(|category| {
        let names = category.tools.iter().filter_map(|at| tools.get(*at));
        let names: Vec<&str> = names.map(|tool| tool.name.as_str()).collect();
        json!({"title": category.title, "keywords": category.keywords, "tools": names})
    });
    let categories: Vec<_> = categories.collect();
    let mut summary = json!({"name": pages.name, "directory": directory, "categories": categories});
    if directory.is_none() {
        summary["skill"] = pages.skill.clone().into();
        summary["reference"] = pages.reference.clone().into();
    }
    summary
}
