//! Does what its input says with files.
#![forbid(unsafe_code)]

use mcp_guest_sdk::files::{self, EntryKind, FileError};
use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;
use serde_json::{Value, json};

struct Files;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Operation {
    Read { path: String },
    List { path: String },
    Write { path: String, text: String },
}

impl Skill for Files {
    const DESCRIPTION: &str =
        "Reads, lists and writes files in turn, and returns the result of each.";
    type Input = Vec<Operation>;
    type Output = Vec<Value>;

    fn run(input: Vec<Operation>) -> Result<Vec<Value>, Error> {
        Ok(input
            .iter()
            .map(|operation| perform(operation).unwrap_or_else(|error| failure(&error)))
            .collect())
    }
}

mcp_guest_sdk::export_skill!(Files);

fn perform(operation: &Operation) -> Result<Value, FileError> {
    match operation {
        Operation::Read { path } => Ok(json!({ "text": files::read_to_string(path)? })),
        Operation::List { path } => {
            let entries: Vec<Value> = files::list(path)?
                .into_iter()
                .map(|entry| {
                    let kind = match entry.kind {
                        EntryKind::File => "file",
                        EntryKind::Directory => "directory",
                        EntryKind::Other => "other",
                    };
                    json!({ "name": entry.name, "kind": kind, "size": entry.size })
                })
                .collect();
            Ok(json!({ "entries": entries }))
        }
        Operation::Write { path, text } => {
            files::write(path, text)?;
            Ok(json!({ "written": text.len() }))
        }
    }
}

fn failure(error: &FileError) -> Value {
    let kind = match error {
        FileError::NotFound(_) => "not-found",
        FileError::Denied(_) => "denied",
        FileError::WrongKind(_) => "wrong-kind",
        FileError::TooLarge(_) => "too-large",
        FileError::Io(_) => "io",
    };
    json!({ "error": kind, "message": error.to_string() })
}
