//! The one process that changes the store. A version is written beside the others and swapped in whole; the pointer of
//! the skill makes it the current one.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::digest;
use crate::directory::Directory;
use crate::draft::{self, Draft};
use crate::error::StoreError;
use crate::load::RECORD;
use crate::name::Name;
use crate::record::{Current, FORMAT, FileRecord, Record};
use crate::sealed;
use crate::store::{CURRENT, Store};
use crate::sweep::{self, DRAFT};
use crate::uses;

/// How long another process may write.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// The file that the process that writes has locked.
const LOCK: &str = ".lock";

/// The right to change the store. Other processes wait for it.
pub struct Writer<'a> {
    store: &'a Store,
    root: Directory,
    _locked: File,
}

/// A version that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What it is.
    pub record: Record,
}

impl Store {
    /// Waits for the right to change the store, for at most 10 s. Removes what a killed process left.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] after that time, and when the directory cannot be used.
    pub fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let path = self.path().join(LOCK);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        // A link is not followed.
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        options.mode(0o600).custom_flags(no_follow);
        let failed = |source| StoreError::io(path.clone(), source);
        let locked = options.open(&path).map_err(failed)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match locked.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    return Err(StoreError::InUse);
                }
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(20)),
            }
        }
        let root = self.root()?;
        sweep::store(&root)?;
        Ok(Writer {
            store: self,
            root,
            _locked: locked,
        })
    }
}

impl Writer<'_> {
    /// The number that the next version of this skill gets.
    ///
    /// # Errors
    ///
    /// When what the store knows of the skill is damaged.
    pub fn next(&self, name: &Name) -> Result<u32, StoreError> {
        match self.store.current(name) {
            Ok(current) => Ok(current.latest.saturating_add(1)),
            Err(StoreError::NotFound(_)) => Ok(1),
            Err(error) => Err(error),
        }
    }

    /// Saves the draft as the next version of its skill, which becomes the current one. After an error, and after a
    /// crash, the skill is as it was before.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn save(&self, draft: &Draft) -> Result<Saved, StoreError> {
        draft.check()?;
        let name = &draft.name;
        let version = self.next(name)?;
        let record = record(draft, version);
        let temporary = format!("{DRAFT}{name}");
        let saved = self.written(&temporary, draft, &record);
        if saved.is_err() {
            // The error is that of the save. What stays, the next writer removes.
            let _ = self.root.remove(&temporary);
            // The pointer may have been swapped in already: then the version stays.
            if let (Ok(current), Ok(Some(skill))) =
                (self.store.current(name), self.root.dir(name.as_str()))
            {
                let _ = sweep::skill(&skill, current.latest);
            }
        }
        saved?;
        Ok(Saved { record })
    }

    fn written(&self, temporary: &str, draft: &Draft, record: &Record) -> Result<(), StoreError> {
        let name = draft.name.as_str();
        let version = record.version.to_string();
        let current = Current::of(record, record.version);
        if record.version == 1 {
            let skill = self.root.make(temporary)?;
            let dir = skill.make(&version)?;
            write_version(&dir, draft, record)?;
            write_sealed(&skill, CURRENT, &current)?;
            skill.sync()?;
            self.root.rename(temporary, &self.root, name)?;
            return self.root.sync();
        }
        let skill = self.root.dir(name)?;
        let skill = skill.ok_or_else(|| StoreError::NotFound(draft.name.clone()))?;
        sweep::skill(&skill, record.version - 1)?;
        let dir = self.root.make(temporary)?;
        write_version(&dir, draft, record)?;
        self.root.rename(temporary, &skill, &version)?;
        skill.sync()?;
        self.point(&skill, &current)
    }

    /// Makes another version the current one. No version is changed or removed.
    ///
    /// # Errors
    ///
    /// When the skill or the version does not exist, or the version is damaged.
    pub fn set_current(&self, name: &Name, version: u32) -> Result<Record, StoreError> {
        let current = self.store.current(name)?;
        let loaded = self.store.load(name, Some(version))?;
        let skill = self.root.dir(name.as_str())?;
        let skill = skill.ok_or_else(|| StoreError::NotFound(name.clone()))?;
        self.point(&skill, &Current::of(&loaded.record, current.latest))?;
        Ok(loaded.record)
    }

    /// Swaps in the pointer of a skill. It is written in the directory of the store, which so changes with every change
    /// of a skill: see [`Store::stamp`].
    fn point(&self, skill: &Directory, current: &Current) -> Result<(), StoreError> {
        let next = format!("{DRAFT}{}.current", current.name);
        let written = write_sealed(&self.root, &next, current)
            .and_then(|()| self.root.rename(&next, skill, CURRENT))
            .and_then(|()| skill.sync())
            .and_then(|()| self.root.sync());
        if written.is_err() {
            // The error is that of the change. What stays, the next writer removes.
            let _ = self.root.unlink(&next);
        }
        written
    }

    /// Removes a skill with all its versions, also one that is damaged.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be removed.
    pub fn remove(&self, name: &Name) -> Result<(), StoreError> {
        if self.root.dir(name.as_str())?.is_none() {
            return Err(StoreError::NotFound(name.clone()));
        }
        let temporary = format!("{DRAFT}{name}");
        self.root.rename(name.as_str(), &self.root, &temporary)?;
        self.root.sync()?;
        uses::forget(&self.root, name)?;
        self.root.remove(&temporary)
    }
}

fn write_version(dir: &Directory, draft: &Draft, record: &Record) -> Result<(), StoreError> {
    let top = dir.make(draft.name.as_str())?;
    let mut made = vec![top];
    let mut names: Vec<String> = Vec::new();
    // Files of one directory are neighbours in the order of paths, but for those directly above: a stack is enough to
    // open each again where it is needed.
    for (path, bytes) in &draft.files {
        let (above, name) = path.parts();
        let same = names.iter().zip(&above).take_while(|(a, b)| a == b).count();
        while names.len() > same {
            names.pop();
            if let Some(done) = made.pop() {
                done.sync()?;
            }
        }
        for part in &above[same..] {
            let parent = &made[made.len() - 1];
            let dir = match parent.dir(part)? {
                Some(dir) => dir,
                None => parent.make(part)?,
            };
            made.push(dir);
            names.push((*part).to_owned());
        }
        made[made.len() - 1].write(name, bytes)?;
    }
    for dir in made.iter().rev() {
        dir.sync()?;
    }
    write_sealed(dir, RECORD, record)?;
    dir.sync()
}

fn write_sealed(
    dir: &Directory,
    name: &str,
    value: &impl serde::Serialize,
) -> Result<(), StoreError> {
    let bytes = sealed::write(value).map_err(|error| dir.error(name, error.into()))?;
    dir.write(name, &bytes)
}

fn record(draft: &Draft, version: u32) -> Record {
    let saved = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let files = draft.files.iter();
    Record {
        format: FORMAT,
        name: draft.name.clone(),
        version,
        kind: draft.kind,
        description: draft.description.trim().to_owned(),
        license: draft.license.clone(),
        compatibility: draft.compatibility.clone(),
        words: draft.words.clone(),
        origin: draft.origin.clone(),
        saved: saved.unwrap_or_default().as_secs(),
        tools: draft.tool_records(),
        schemas: draft::schemas(&draft.tools),
        digest: digest::all(draft.files.iter()),
        files: files
            .map(|(path, bytes)| FileRecord {
                path: path.clone(),
                bytes: bytes.len() as u64,
                blake3: blake3::hash(bytes),
            })
            .collect(),
    }
}
