//! `mcp-host skill list`: one line for each skill.

use mcp_skills::{Current, StoreError};
use serde_json::{Value, json};

use super::install;
use crate::exit::{Exit, Failure, chain};
use crate::table::table;
use crate::{out, saved};

pub(super) async fn run(json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let skills = store.list().map_err(saved::failed)?;
    if json {
        let skills: Vec<_> = skills.iter().map(entry).collect();
        out::json(&skills).await?;
    } else if skills.is_empty() {
        out::page("no skill is saved: `mcp-host skill save RUN --name NAME` saves what worked")
            .await?;
    } else {
        let rows: Vec<_> = skills.iter().map(row).collect();
        let mut text = table(&rows);
        for (skill, place) in install::out_of_date(&store) {
            let (name, place) = (&skill.name, place.display());
            text.push_str(&format!(
                "{place} is not {name}@{}: `mcp-host skill install {name}`\n",
                skill.version
            ));
        }
        out::page(&text).await?;
    }
    Ok(Exit::Finished)
}

fn row(skill: &Result<Current, StoreError>) -> Vec<String> {
    match skill {
        Ok(skill) => vec![
            format!("{}@{}", skill.name, skill.version),
            skill.kind.word().to_owned(),
            match skill.imports.len() {
                1 => "1 tool".to_owned(),
                tools => format!("{tools} tools"),
            },
            mcp_bridge::text::short(&skill.description, 120).into_owned(),
        ],
        Err(error) => vec![chain(error)],
    }
}

fn entry(skill: &Result<Current, StoreError>) -> Value {
    match skill {
        Ok(skill) => json!({
            "name": skill.name,
            "version": skill.version,
            "latest": skill.latest,
            "kind": skill.kind,
            "description": skill.description,
            "imports": skill.imports,
            "digest": skill.digest.to_hex().as_str(),
        }),
        Err(error) => json!({ "error": chain(error) }),
    }
}
