//! What a setup will do: which servers move, which stay and why, and both files after it. Reads files, and writes none.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use mcp_bridge::{EditError, client_servers, replace_servers, with_servers};
use serde_json::Value;

use super::clients::Client;
use super::files::{self, Change};
use crate::exit::Failure;

/// The name of this program's entry.
pub(super) const NAME: &str = "mcp-host";

/// What will be done.
pub(super) struct Plan {
    pub(super) client: &'static Client,
    /// The client's file.
    pub(super) file: Change,
    /// The file of this program.
    pub(super) config: Change,
    /// Names of the servers that move.
    pub(super) moved: Vec<String>,
    /// Servers that stay, and why.
    pub(super) stays: Vec<(String, String)>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// What the user asks for.
pub(super) struct Wanted<'a> {
    pub(super) client: &'static Client,
    pub(super) file: PathBuf,
    /// The project that the file belongs to.
    pub(super) project: Option<PathBuf>,
    /// The file of this program, absolute.
    pub(super) config: PathBuf,
    /// Servers that stay.
    pub(super) keep: &'a [String],
    pub(super) program: PathBuf,
}

impl Plan {
    pub(super) fn of(wanted: Wanted<'_>) -> Result<Self, Failure> {
        let Wanted {
            client,
            file,
            project,
            config,
            keep,
            program,
        } = wanted;
        let usage = |error: mcp_bridge::ConfigError| Failure::usage(error.into());
        let before = files::read(&file)?;
        let text = before.clone().unwrap_or_default();
        let found =
            client_servers(&text, &file, client.format, project.as_deref()).map_err(usage)?;
        unknown(keep, found.iter().map(|server| &*server.name))?;
        let ours_before = files::read(&config)?;
        let mut ours = ours_before.clone();
        let (mut moved, mut stays, mut variables) = (Vec::new(), Vec::new(), Vec::new());
        let mut own = None;
        for server in found {
            let name = server.name;
            match server.entry {
                Ok(entry) if name == NAME && is_serve(&entry) => own = Some(entry),
                _ if name == NAME => return Err(taken(&file)),
                Ok(entry) if is_serve(&entry) => {
                    stays.push((name, "it is this program".to_owned()))
                }
                Ok(_) if keep.contains(&name) => stays.push((name, "you keep it".to_owned())),
                Err(why) => stays.push((name, why)),
                Ok(entry) => match with_servers(ours.as_deref(), &config, &[(&name, &entry)]) {
                    Ok(text) => {
                        ours = Some(text);
                        variables.extend(server.variables);
                        moved.push(name);
                    }
                    Err(EditError::Exists { .. }) => {
                        let why = format!("`{}` has another server of this name", config.display());
                        stays.push((name, why));
                    }
                    Err(error) => return Err(Failure::usage(error.into())),
                },
            }
        }
        // The entry that is there has what earlier moves needed.
        variables.extend(own.iter().flat_map(passed_on));
        variables.sort();
        variables.dedup();
        let path = config.display().to_string();
        let args = ["serve".to_owned(), "--config".to_owned(), path];
        let entry = client.entry(&program, &args, &variables);
        let is_there = own.as_ref().is_some_and(|own| names(own, &config));
        let after = if is_there && moved.is_empty() {
            before.clone()
        } else {
            let remove: Vec<&str> = moved.iter().map(String::as_str).collect();
            let key = client.format.key;
            Some(replace_servers(&text, &file, key, &remove, NAME, &entry).map_err(usage)?)
        };
        Ok(Self {
            notes: notes(client, &text, &file),
            client,
            file: Change {
                path: file,
                before,
                after,
            },
            // A configuration that the entry names has to exist.
            config: Change {
                path: config,
                before: ours_before,
                after: ours.or_else(|| Some("{\n  \"mcpServers\": {}\n}\n".to_owned())),
            },
            moved,
            stays,
        })
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.file.is_none()
    }
}

/// Whether an entry starts `mcp-host serve`.
fn is_serve(entry: &Value) -> bool {
    let words = words(entry);
    let program = words.first().map(Path::new).and_then(Path::file_name);
    program.is_some_and(|program| program == NAME) && words.iter().any(|word| word == "serve")
}

/// Whether an entry serves this configuration.
fn names(entry: &Value, config: &Path) -> bool {
    let config = config.display().to_string();
    words(entry).contains(&config)
}

/// Program and arguments.
fn words(entry: &Value) -> Vec<String> {
    let mut words = Vec::new();
    for key in ["command", "args"] {
        match &entry[key] {
            Value::String(word) => words.push(word.clone()),
            Value::Array(items) => {
                words.extend(items.iter().filter_map(Value::as_str).map(str::to_owned))
            }
            _ => {}
        }
    }
    words
}

/// The variables that an entry of this program passes on.
fn passed_on(entry: &Value) -> Vec<String> {
    let listed = entry["env_vars"].as_array().into_iter().flatten();
    let listed = listed.filter_map(Value::as_str).map(str::to_owned);
    let pairs = entry["env"].as_object().into_iter().flatten();
    listed.chain(pairs.map(|(name, _)| name.clone())).collect()
}

fn taken(file: &Path) -> Failure {
    let error = anyhow!(
        "`{}` has a server `{NAME}` that is disabled, or is not `{NAME} serve`",
        file.display()
    );
    Failure::usage(error).hint(Some("give it another name, and run this command again"))
}

/// A name in `--keep` that the client does not have is a mistake of the user's.
fn unknown<'a>(
    keep: &[String],
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Failure> {
    for name in keep {
        if !names.clone().any(|known| known == name) {
            let near = mcp_codegen::near::nearest(name, names);
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            let error = anyhow!("the client has no server `{name}` to keep");
            return Err(Failure::usage(error).hint(hint));
        }
    }
    Ok(())
}

/// What the client's file says elsewhere that concerns the new entry.
fn notes(client: &Client, text: &str, file: &Path) -> Vec<String> {
    let mut notes = Vec::new();
    if client.name == "gemini"
        && let Ok(Some(mcp)) = mcp_bridge::config_value(text, file, "mcp")
    {
        let has = |key: &str| {
            mcp[key]
                .as_array()
                .map(|list| list.iter().any(|one| one == NAME))
        };
        if has("allowed") == Some(false) {
            notes.push(format!(
                "`mcp.allowed` of this file lists servers: add `{NAME}` to it"
            ));
        }
        if has("excluded") == Some(true) {
            notes.push(format!(
                "`mcp.excluded` of this file names `{NAME}`: remove it there"
            ));
        }
    }
    if client.name == "claude-code"
        && let Ok(Some(projects)) = mcp_bridge::config_value(text, file, "projects")
    {
        let projects = projects.as_object().into_iter().flatten();
        let with = projects.filter(|(_, project)| {
            let servers = project["mcpServers"].as_object();
            servers.is_some_and(|servers| !servers.is_empty())
        });
        match with.count() {
            0 => {}
            1 => {
                notes.push("servers of 1 project stay: they are for that project alone".to_owned())
            }
            many => notes.push(format!(
                "servers of {many} projects stay: they are for those projects alone"
            )),
        }
    }
    notes
}
