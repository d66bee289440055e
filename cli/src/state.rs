//! `mcp-host state`: what skills keep between their runs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bytesize::ByteSize;
use clap::{Args, Subcommand};
use mcp_codegen::names::shown;
use mcp_host::{StateStore, StoredState, StoredStateError};
use serde_json::{Value, json};

use super::exit::{Exit, Failure};
use super::format::Format;
use super::table::table;
use super::{dirs, kept, out};

/// Bytes of keys, or of one value, that are read at most.
const LARGEST: u64 = 64 << 20;

// The arguments of `mcp-host state`.
#[derive(Args)]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    action: Action,
    /// Text, or JSON.
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// List the skills that keep state: id, size, last change, and the path of the skill.
    List,
    /// Show the keys of a skill with the size of each value, or one value.
    Show {
        /// The skill: its path, or its id from `state list`.
        skill: PathBuf,
        /// Print the value of this key instead.
        key: Option<String>,
    },
    /// Remove the state of a skill.
    Clear {
        /// The skill: its path, or its id from `state list`.
        #[arg(required_unless_present = "all")]
        skill: Option<PathBuf>,
        /// Remove the state of every skill.
        #[arg(long, conflicts_with = "skill")]
        all: bool,
    },
}

impl StateArgs {
    pub(crate) fn json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(crate) async fn run(args: &StateArgs) -> Result<Exit, Failure> {
    let store = dirs::states()
        .context("failed to find the directory of states")
        .map_err(Failure::host)?;
    let stored = store.stored().map_err(failed)?;
    match &args.action {
        Action::List => list(&stored, args.json()).await?,
        Action::Show { skill, key: None } => {
            let id = find(skill, &stored)?;
            keys(&store, &id, args.json()).await?;
        }
        Action::Show {
            skill,
            key: Some(key),
        } => {
            let id = find(skill, &stored)?;
            value(&store, &id, key).await?;
        }
        Action::Clear { skill, .. } => {
            let ids = match skill {
                Some(skill) => vec![find(skill, &stored)?],
                None => stored.into_iter().map(|stored| stored.id).collect(),
            };
            clear(&store, ids, args.json()).await?;
        }
    }
    Ok(Exit::Finished)
}

async fn list(stored: &[StoredState], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let entries: Vec<Value> = stored.iter().map(entry).collect();
        return out::json(&entries).await;
    }
    if stored.is_empty() {
        return out::page("no skill keeps state").await;
    }
    let mut text = String::new();
    for state in stored {
        let note = if state.damaged { "  damaged" } else { "" };
        text.push_str(&format!("{}{note}\n", shown(&state.id)));
        if let Some(path) = kept::skill_of(&state.id) {
            text.push_str(&format!("  skill    {}\n", shown(&path)));
        }
        text.push_str(&format!(
            "  size     {}\n  changed  {}\n",
            ByteSize(state.size).display().iec(),
            humantime::format_rfc3339_seconds(state.changed)
        ));
    }
    out::page(&text).await
}

fn entry(state: &StoredState) -> Value {
    json!({
        "id": state.id,
        "skill": kept::skill_of(&state.id),
        "file": state.path,
        "bytes": state.size,
        "changed": humantime::format_rfc3339_seconds(state.changed).to_string(),
        "damaged": state.damaged,
    })
}

async fn keys(store: &StateStore, id: &str, as_json: bool) -> Result<(), Failure> {
    let keys = store.contents(id, LARGEST).map_err(failed)?;
    let keys = keys.unwrap_or_default();
    if as_json {
        let keys: Vec<Value> = keys
            .iter()
            .map(|(key, bytes)| json!({ "key": key, "bytes": bytes }))
            .collect();
        return out::json(&json!({ "id": id, "keys": keys })).await;
    }
    let rows: Vec<_> = keys
        .iter()
        .map(|(key, bytes)| vec![format!("{bytes} B"), shown(key)])
        .collect();
    match rows.as_slice() {
        [] => out::page("no keys").await,
        rows => out::page(&table(rows)).await,
    }
}

/// The value as it is, if it is text; otherwise how long it is.
async fn value(store: &StateStore, id: &str, key: &str) -> Result<(), Failure> {
    let found = store.value(id, key, LARGEST).map_err(failed)?;
    let Some(value) = found else {
        let error = anyhow!("the state of `{id}` has no key `{key}`");
        let hint = format!("`mcp-host state show {id}` shows the keys");
        return Err(Failure::usage(error).hint(Some(hint)));
    };
    match String::from_utf8(value) {
        Ok(text) => out::result(&text).await,
        Err(error) => {
            let bytes = error.into_bytes().len();
            Err(Failure::host(anyhow!(
                "the value of `{key}` is not text: {bytes} bytes"
            )))
        }
    }
}

async fn clear(store: &StateStore, ids: Vec<String>, as_json: bool) -> Result<(), Failure> {
    let mut files = 0;
    for id in ids {
        files += store.remove(&id).map_err(failed)?;
        kept::forget(&id);
    }
    if as_json {
        return out::json(&json!({ "files": files })).await;
    }
    let plural = if files == 1 { "" } else { "s" };
    out::page(&format!("removed {files} file{plural}")).await
}

/// The id of the skill, which is one or has one.
fn find(skill: &Path, stored: &[StoredState]) -> Result<String, Failure> {
    let named = skill.to_string_lossy();
    let by_path = kept::id(skill);
    let known = stored
        .iter()
        .find(|state| state.id == named || by_path.as_ref() == Some(&state.id));
    if let Some(known) = known {
        return Ok(known.id.clone());
    }
    let near = mcp_codegen::near::nearest(&named, stored.iter().map(|state| state.id.as_str()));
    let near = near.map(|near| format!("; did you mean `{}`?", shown(near)));
    let error = anyhow!("skill `{named}` keeps no state{}", near.unwrap_or_default());
    Err(Failure::usage(error).hint(Some("`mcp-host state list` shows the skills that do")))
}

fn failed(error: StoredStateError) -> Failure {
    Failure::host(anyhow::Error::new(error).context("failed to use the state of skills"))
}
