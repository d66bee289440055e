//! `mcp-host skill remove` and `rollback`.

use anyhow::anyhow;
use mcp_skills::Name;
use serde_json::json;

use super::confirm;
use crate::exit::{Exit, Failure};
use crate::{out, saved};

pub(super) async fn remove(name: &Name, yes: bool, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let shown = match store.current(name) {
        Ok(current) => format!("{name}: {} versions\n", current.latest),
        // One that is damaged can be removed too.
        Err(mcp_skills::StoreError::Damaged { .. }) => format!("{name}: damaged\n"),
        Err(error) => return Err(saved::failed(error)),
    };
    let question = "remove this skill with all its versions?";
    let what = format!("skill `{name}` is not removed");
    if !confirm::agreed(&shown, question, &what, yes).await? {
        out::say("", &what);
        return Ok(Exit::Finished);
    }
    let writer = store.writer().map_err(saved::failed)?;
    writer.remove(name).map_err(saved::failed)?;
    match json {
        true => out::json(&json!({ "name": name, "removed": true })).await?,
        false => out::page(&format!("removed {name}")).await?,
    }
    Ok(Exit::Finished)
}

pub(super) async fn rollback(name: &Name, to: Option<u32>, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let current = store.current(name).map_err(saved::failed)?;
    let to = match to.or_else(|| current.version.checked_sub(1).filter(|to| *to > 0)) {
        Some(to) => to,
        None => {
            let error = anyhow!("skill `{name}` is at its first version");
            let hint = format!("`mcp-host skill remove {name}` removes it");
            return Err(Failure::usage(error).hint(Some(hint)));
        }
    };
    let writer = store.writer().map_err(saved::failed)?;
    let record = writer.set_current(name, to).map_err(saved::failed)?;
    let version = record.version;
    match json {
        true => out::json(&json!({ "name": name, "version": version })).await?,
        false => out::page(&format!("{name} is {name}@{version} now")).await?,
    }
    Ok(Exit::Finished)
}
