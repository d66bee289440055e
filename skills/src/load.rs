//! Reads a version as a whole, and compares every byte with what was saved. What is compared is what is returned.

use blake3::Hash;

use crate::digest::{self, Files};
use crate::directory::{Directory, NotRead};
use crate::draft::{self, ImportedTool, MOST_BYTES, MOST_FILES};
use crate::error::{Damage, StoreError};
use crate::name::Name;
use crate::path::SkillPath;
use crate::record::{FORMAT, Record};
use crate::sealed;

/// The file of a version that says what it is.
pub(crate) const RECORD: &str = "version";

/// A version in memory, as it was saved.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it is.
    pub record: Record,
    /// All its files.
    pub files: Files,
    /// The imported tools as their servers defined them when it was saved.
    pub tools: Vec<ImportedTool>,
}

impl Loaded {
    /// The bytes to run: those that were compared with the digest.
    #[must_use]
    pub fn entry(&self) -> &[u8] {
        let path = self.record.kind.entry(&self.record.name);
        self.files.get(&path).map_or(&[], Vec::as_slice)
    }

    /// The same, without the rest.
    #[must_use]
    pub fn into_entry(mut self) -> Vec<u8> {
        let path = self.record.kind.entry(&self.record.name);
        self.files.remove(&path).unwrap_or_default()
    }

    /// The recorded runs, in the order of their numbers.
    pub fn examples(&self) -> impl Iterator<Item = (&SkillPath, &[u8])> {
        let files = self.files.iter();
        files
            .filter(|(path, _)| path.is_example())
            .map(|(path, bytes)| (path, bytes.as_slice()))
    }
}

/// Reads what a version is. `dir` is that of the version.
pub(crate) fn record(dir: &Directory, name: &Name, version: u32) -> Result<Record, StoreError> {
    let file = format!("{version}/{RECORD}");
    let damaged = |damage| StoreError::Damaged {
        name: name.clone(),
        file: file.clone(),
        damage,
    };
    let bytes = dir
        .read(RECORD, sealed::LONGEST)
        .map_err(|error| not_read(error, damaged))?;
    let record: Record = sealed::read(&bytes).map_err(damaged)?;
    if record.format != FORMAT {
        return Err(damaged(Damage::Format));
    }
    if record.name != *name || record.version != version || record.files.len() > MOST_FILES {
        return Err(damaged(Damage::Changed));
    }
    Ok(record)
}

/// Reads a whole version. `expected` is the digest that the skill has for it, if it is the current one.
pub(crate) fn load(
    dir: &Directory,
    name: &Name,
    version: u32,
    expected: Option<Hash>,
) -> Result<Loaded, StoreError> {
    let record = record(dir, name, version)?;
    let damaged = |file: &str, damage| StoreError::Damaged {
        name: name.clone(),
        file: format!("{version}/{file}"),
        damage,
    };
    if expected.is_some_and(|expected| expected != record.digest) {
        return Err(damaged(RECORD, Damage::Changed));
    }
    let place = |path: &SkillPath| format!("{name}/{path}");
    let top = dir
        .dir(name.as_str())?
        .ok_or_else(|| damaged(name.as_str(), Damage::Missing))?;
    only(&top, &record, String::new(), &|below| {
        damaged(&format!("{name}/{below}"), Damage::Foreign)
    })?;
    let mut files = Files::new();
    // The sum is bounded before a byte is read.
    let mut left = MOST_BYTES as u64;
    for file in &record.files {
        left = left
            .checked_sub(file.bytes)
            .ok_or_else(|| damaged(&place(&file.path), Damage::Changed))?;
        let of_file = |damage| damaged(&place(&file.path), damage);
        let bytes = read(&top, &file.path, file.bytes).map_err(|error| not_read(error, of_file))?;
        // `Hash` compares in constant time.
        if bytes.len() as u64 != file.bytes || blake3::hash(&bytes) != file.blake3 {
            return Err(of_file(Damage::Changed));
        }
        files.insert(file.path.clone(), bytes);
    }
    if files.len() != record.files.len() || digest::all(files.iter()) != record.digest {
        return Err(damaged(RECORD, Damage::Changed));
    }
    let tools = tools(&files, &record)
        .ok_or_else(|| damaged(&place(&SkillPath::tools()), Damage::Format))?;
    let entry = record.kind.entry(name);
    if !files.contains_key(&entry) {
        return Err(damaged(&place(&entry), Damage::Missing));
    }
    Ok(Loaded {
        record,
        files,
        tools,
    })
}

/// The definitions of the tools, if they are those of the record.
fn tools(files: &Files, record: &Record) -> Option<Vec<ImportedTool>> {
    let text = files.get(&SkillPath::tools())?;
    let tools: Vec<ImportedTool> = serde_json::from_slice(text).ok()?;
    (draft::schemas(&tools) == record.schemas).then_some(tools)
}

fn read(top: &Directory, path: &SkillPath, most: u64) -> Result<Vec<u8>, NotRead> {
    let (above, name) = path.parts();
    let mut below: Option<Directory> = None;
    for part in above {
        let found = below.as_ref().unwrap_or(top).dir(part);
        let found = found.map_err(NotRead::Error)?;
        below = Some(found.ok_or(NotRead::Damage(Damage::Missing))?);
    }
    below.as_ref().unwrap_or(top).read(name, most)
}

/// Refuses what is in the directory, and in those below, and in no list: an agent that reads files would find it.
fn only(
    dir: &Directory,
    record: &Record,
    above: String,
    foreign: &dyn Fn(&str) -> StoreError,
) -> Result<(), StoreError> {
    for entry in dir.entries(MOST_FILES)? {
        let name = entry.name.as_deref().unwrap_or("?");
        let path = format!("{above}{name}");
        let mut known = record.files.iter().map(|file| file.path.as_str());
        if !entry.is_dir {
            if !known.any(|known| known == path) {
                return Err(foreign(&path));
            }
            continue;
        }
        let below = format!("{path}/");
        if !known.any(|known| known.starts_with(&below)) {
            return Err(foreign(&path));
        }
        if let Some(found) = dir.dir(name)? {
            only(&found, record, below, foreign)?;
        }
    }
    Ok(())
}

pub(crate) fn not_read(error: NotRead, damaged: impl FnOnce(Damage) -> StoreError) -> StoreError {
    match error {
        NotRead::Damage(damage) => damaged(damage),
        NotRead::Error(error) => error,
    }
}
