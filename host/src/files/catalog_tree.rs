//! `/mcp-tools`: the catalog of the run as files, made when they are read.
//!
//! ```text
//! /mcp-tools/SERVER/tools.json     name, function and first line of every tool
//! /mcp-tools/SERVER/tools.wit      the typed interface
//! /mcp-tools/SERVER/FUNCTION.json  one tool's definition, as the server gave it
//! ```

use std::sync::Arc;

use mcp_codegen::names;
use serde_json::{Value, json};

use super::{Entry, FileError, Kind, directory};
use crate::catalog::{Catalog, ToolServer};
use crate::link::definition;

pub(super) struct CatalogTree {
    catalog: Arc<Catalog>,
}

impl CatalogTree {
    pub(super) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    pub(super) fn read(&self, path: &str, parts: &[&str]) -> Result<Vec<u8>, FileError> {
        let [server, file] = parts else {
            self.list(path, parts)?;
            return Err(FileError::WrongKind(format!("`{path}` is a directory")));
        };
        content(self.server(path, server)?, file)
            .ok_or_else(|| FileError::NotFound(format!("`{path}` does not exist")))
    }

    pub(super) fn list(&self, path: &str, parts: &[&str]) -> Result<Vec<Entry>, FileError> {
        match parts {
            [] => Ok(self
                .catalog
                .servers()
                .filter(|(label, _)| !label.is_empty())
                .map(|(label, _)| directory(label.to_owned()))
                .collect()),
            [server] => {
                let server = self.server(path, server)?;
                let functions = labels(server)
                    .into_iter()
                    .map(|(label, _)| format!("{label}.json"));
                Ok(["tools.json".to_owned(), "tools.wit".to_owned()]
                    .into_iter()
                    .chain(functions)
                    .map(|name| Entry {
                        size: content(server, &name).map_or(0, |bytes| bytes.len() as u64),
                        name,
                        kind: Kind::File,
                    })
                    .collect())
            }
            [server, _] => {
                self.server(path, server)?;
                Err(FileError::WrongKind(format!("`{path}` is not a directory")))
            }
            _ => Err(FileError::NotFound(format!("`{path}` does not exist"))),
        }
    }

    fn server(&self, path: &str, label: &str) -> Result<&Arc<dyn ToolServer>, FileError> {
        self.catalog.by_label(label).ok_or_else(|| {
            FileError::NotFound(format!("`{path}`: no server `{label}` in this run"))
        })
    }
}

fn labels(server: &Arc<dyn ToolServer>) -> Vec<(String, &str)> {
    names::tool_labels(server.tools().iter().map(|tool| tool.name.as_ref()))
}

fn content(server: &Arc<dyn ToolServer>, file: &str) -> Option<Vec<u8>> {
    let value = match file {
        "tools.json" => index(server),
        "tools.wit" => {
            let tools: Vec<_> = server.tools().iter().map(definition).collect();
            let package =
                mcp_codegen::package(server.name(), &tools, mcp_codegen::Flavour::Sync).ok()?;
            return Some(package.wit.into_bytes());
        }
        _ => {
            let label = file.strip_suffix(".json")?;
            let labels = labels(server);
            let (_, name) = labels.iter().find(|(known, _)| known == label)?;
            let tool = server.tools().iter().find(|tool| tool.name == *name)?;
            serde_json::to_value(tool).ok()?
        }
    };
    let mut bytes = serde_json::to_vec_pretty(&value).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

fn index(server: &Arc<dyn ToolServer>) -> Value {
    let tools: Vec<_> = labels(server)
        .into_iter()
        .map(|(label, name)| {
            let tool = server.tools().iter().find(|tool| tool.name == name);
            let first_line = tool
                .and_then(|tool| tool.description.as_deref())
                .and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
            json!({ "tool": name, "function": label, "description": first_line })
        })
        .collect();
    json!({ "server": server.name(), "tools": tools })
}
