//! `mcp-host skill verify`: every byte of every version.

use mcp_skills::{Name, Store, StoreError};
use serde_json::json;

use crate::exit::{Exit, Failure, chain};
use crate::{out, saved};

pub(super) async fn run(name: Option<&Name>, json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let names: Vec<Result<Name, StoreError>> = match name {
        Some(name) => vec![Ok(name.clone())],
        None => {
            let listed = store.list().map_err(saved::failed)?;
            listed
                .into_iter()
                .map(|skill| skill.map(|skill| skill.name))
                .collect()
        }
    };
    let mut checked = Vec::new();
    for name in names {
        match name {
            Ok(name) => of_skill(&store, &name, &mut checked),
            Err(error) => checked.push(Err(error)),
        }
    }
    // A name that no skill has is a mistake of the caller.
    if let [Err(StoreError::NotFound(_))] = checked.as_slice()
        && let Some(Err(error)) = checked.pop()
    {
        return Err(saved::failed(error));
    }
    let is_whole = checked.iter().all(Result::is_ok);
    if json {
        let entries = checked.iter().map(|one| match one {
            Ok((name, version, digest)) => {
                json!({ "name": name, "version": version, "digest": digest, "intact": true })
            }
            Err(error) => json!({ "error": chain(error), "intact": false }),
        });
        out::json(&entries.collect::<Vec<_>>()).await?;
    } else {
        let lines: String = checked
            .iter()
            .map(|one| match one {
                Ok((name, version, _)) => format!("{name}@{version}  intact\n"),
                Err(error) => format!("{}\n", chain(error)),
            })
            .collect();
        out::page(&lines).await?;
    }
    Ok(if is_whole {
        Exit::Finished
    } else {
        Exit::Differs
    })
}

/// Name, version and digest of a version, or what is wrong with it.
type Checked = Result<(String, u32, String), StoreError>;

fn of_skill(store: &Store, name: &Name, checked: &mut Vec<Checked>) {
    let versions = match store.versions(name) {
        Ok(versions) => versions,
        Err(error) => return checked.push(Err(error)),
    };
    for version in versions {
        let loaded = version.and_then(|record| store.load(name, Some(record.version)));
        checked.push(loaded.map(|loaded| {
            let record = loaded.record;
            let digest = record.digest.to_hex().to_string();
            (name.to_string(), record.version, digest)
        }));
    }
}
