//! `/mcp-tools`: the catalog of the run as files, made when they are read.
//!
//! ```text
//! /mcp-tools/SERVER/tools.json     name, function and first line of every tool
//! /mcp-tools/SERVER/tools.wit      the typed interface
//! /mcp-tools/SERVER/FUNCTION.json  one tool's definition, as the server gave it; of a function `tools` it is
//!                                  `tools.tool.json`
//! ```
//!
//! Every byte that is made is charged to the run that asks, and the work ends where the run is over. Nothing of a
//! server is touched before the run asks for that server.

mod file;
mod json;
mod package;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use self::file::File;
use super::entry::{DirEntry, Kind, MAX_FILE, directory, too_large};
use crate::catalog::{self, Catalog};
use crate::contract::FileError;
use crate::rules::limits::{Account, Spend, Stop};

pub(super) struct CatalogTree {
    catalog: Arc<Catalog>,
    /// What is known about the files of each server, in the order of the catalog.
    known: Vec<Known>,
}

/// The sizes of one server's files. They are computed once, however often the directory is listed.
#[derive(Default)]
struct Known {
    /// By the tool's index in the server's list; [`UNKNOWN`] until it is computed.
    tools: OnceLock<Box<[AtomicU64]>>,
    index: OnceLock<u64>,
    wit: OnceLock<u64>,
}

const UNKNOWN: u64 = u64::MAX;

/// The files about all tools.
const INDEX: &str = "tools";

/// The suffix of a tool whose definition would have the name of one of these files.
const OF_TOOL: &str = ".tool.json";

impl CatalogTree {
    pub(super) fn new(catalog: Arc<Catalog>) -> Self {
        let known = catalog.servers().iter().map(|_| Known::default()).collect();
        Self { catalog, known }
    }

    pub(super) fn read(
        &self,
        path: &str,
        parts: &[&str],
        account: &Account,
    ) -> Result<Vec<u8>, FileError> {
        let (entry, known, name) = match parts {
            [] => return Err(is_directory(path)),
            [server] => {
                self.server(path, server)?;
                return Err(is_directory(path));
            }
            [server, name] => {
                let (entry, known) = self.server(path, server)?;
                (entry, known, name)
            }
            _ => return Err(does_not_exist(path)),
        };
        let stopped = |stop| stopped(path, stop);
        labelled(entry, account).map_err(stopped)?;
        let file = find(entry, name).ok_or_else(|| does_not_exist(path))?;
        match file {
            File::Wit => package::write(entry, account, usize::MAX)
                .map_err(stopped)?
                .ok_or_else(|| does_not_exist(path)),
            File::Index | File::Tool(_) => {
                let size = known.size(entry, file, account).map_err(stopped)?;
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                if u64::try_from(size).map_or(true, |size| size > MAX_FILE) {
                    return Err(too_large(path, MAX_FILE));
                }
                let _held = account.charge(size).map_err(stopped)?;
                json::text(entry, file, size, account).map_err(stopped)
            }
        }
    }

    pub(super) fn list(
        &self,
        path: &str,
        parts: &[&str],
        account: &Account,
    ) -> Result<Vec<DirEntry>, FileError> {
        match parts {
            [] => Ok(self
                .catalog
                .servers()
                .iter()
                .filter(|entry| !entry.label().is_empty())
                .map(|entry| directory(entry.label().to_owned()))
                .collect()),
            [server] => {
                let (entry, known) = self.server(path, server)?;
                entries(entry, known, account).map_err(|stop| stopped(path, stop))
            }
            [server, _] => {
                self.server(path, server)?;
                Err(FileError::WrongKind(format!("`{path}` is not a directory")))
            }
            _ => Err(does_not_exist(path)),
        }
    }

    fn server(
        &self,
        path: &str,
        label: &str,
    ) -> Result<(&catalog::CatalogServer, &Known), FileError> {
        let entries = self.catalog.servers().iter().zip(&self.known);
        let mut named = entries.filter(|(entry, _)| entry.label() == label && !label.is_empty());
        named.next().ok_or_else(|| {
            FileError::NotFound(format!("`{path}`: no server `{label}` in this run"))
        })
    }
}

fn entries(
    entry: &catalog::CatalogServer,
    known: &Known,
    account: &Account,
) -> Result<Vec<DirEntry>, Stop> {
    labelled(entry, account)?;
    let mut spend = Spend::of(account);
    let mut out = Vec::new();
    let tools = entry.labels().iter();
    let fixed = [(INDEX, ".json", File::Index), (INDEX, ".wit", File::Wit)];
    let tools = tools.map(|(label, place)| {
        let extension = if label == INDEX { OF_TOOL } else { ".json" };
        (label, extension, File::Tool(place))
    });
    for (stem, extension, file) in fixed.into_iter().chain(tools) {
        if account.is_late(Instant::now()) {
            return Err(Stop::Deadline);
        }
        // The vector may have twice the capacity that it needs.
        spend.take(stem.len() + extension.len() + 2 * size_of::<DirEntry>())?;
        let size = match known.size(entry, file, account) {
            // The listing still contains a package that does not fit into the run.
            Err(Stop::Memory) if matches!(file, File::Wit) => 0,
            size => size?,
        };
        out.push(DirEntry {
            size,
            name: [stem, extension].concat(),
            kind: Kind::File,
        });
    }
    Ok(out)
}

impl Known {
    /// The file's size in bytes. 0 for a `tools.wit` that would take more work than a listing may take.
    fn size(
        &self,
        entry: &catalog::CatalogServer,
        file: File,
        account: &Account,
    ) -> Result<u64, Stop> {
        match file {
            File::Index => once(&self.index, || json::size(entry, file, account)),
            File::Wit => once(&self.wit, || {
                let text = package::write(entry, account, package::LISTED)?;
                let bytes = text.map_or(0, |text| text.len());
                Ok(u64::try_from(bytes).unwrap_or(u64::MAX))
            }),
            File::Tool(place) => {
                let tools = self.tools.get_or_init(|| {
                    let tools = entry.server().tools().iter();
                    tools.map(|_| AtomicU64::new(UNKNOWN)).collect()
                });
                let Some(kept) = tools.get(place) else {
                    return Ok(0);
                };
                let size = kept.load(Ordering::Relaxed);
                if size != UNKNOWN {
                    return Ok(size);
                }
                let size = json::size(entry, file, account)?;
                kept.store(size, Ordering::Relaxed);
                Ok(size)
            }
        }
    }
}

/// Charges the labels of the server's tools to the first run that asks for them.
fn labelled(entry: &catalog::CatalogServer, account: &Account) -> Result<(), Stop> {
    let bytes = entry.labels_to_make();
    if bytes > 0 {
        let places = entry.server().tools().len() * size_of::<AtomicU64>();
        account.take(bytes + places)?;
        entry.labels();
    }
    Ok(())
}

/// The stored value; otherwise makes it, and stores it if nothing stopped the work.
fn once(kept: &OnceLock<u64>, make: impl FnOnce() -> Result<u64, Stop>) -> Result<u64, Stop> {
    match kept.get() {
        Some(size) => Ok(*size),
        None => make().map(|size| *kept.get_or_init(|| size)),
    }
}

fn find(entry: &catalog::CatalogServer, name: &str) -> Option<File> {
    match name {
        "tools.json" => Some(File::Index),
        "tools.wit" => Some(File::Wit),
        _ => {
            let label = match name.strip_suffix(OF_TOOL) {
                Some(INDEX) => INDEX,
                _ => name.strip_suffix(".json")?,
            };
            entry.labels().place(label).map(File::Tool)
        }
    }
}

fn is_directory(path: &str) -> FileError {
    FileError::WrongKind(format!("`{path}` is a directory"))
}

fn does_not_exist(path: &str) -> FileError {
    FileError::NotFound(format!("`{path}` does not exist"))
}

fn stopped(path: &str, stop: Stop) -> FileError {
    match stop {
        Stop::Memory => FileError::TooLarge(format!(
            "`{path}` takes more memory than the run has left; raise it with `--memory`"
        )),
        Stop::Deadline => FileError::Io(format!("`{path}`: the run is over its deadline")),
    }
}

#[cfg(test)]
mod tests;
