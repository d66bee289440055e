//! The configuration file, read again when it changes. A file that cannot be read leaves the last good one in use.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use mcp_bridge::{Config, ConfigError, Lock, LockError, look_alikes, with_causes};

/// The most names of servers that look alike and are logged.
const MOST_WARNINGS: usize = 5;

/// Where the configuration is.
pub(crate) struct Configuration {
    explicit: Option<PathBuf>,
    loaded: Mutex<Arc<Loaded>>,
}

/// One version of it.
pub(super) struct Loaded {
    pub(super) config: Config,
    /// What is wrong with the file that was to replace this one.
    pub(super) fault: Option<String>,
    /// Changes with each other set of servers.
    pub(super) version: u64,
    stamp: Option<Stamp>,
    /// What identifies each entry, by its name.
    entries: HashMap<String, Arc<str>>,
}

/// What shows that a file changed.
type Stamp = (SystemTime, u64);

impl Configuration {
    /// Reads the configuration, from this file or from where it is looked for.
    pub(crate) fn open(explicit: Option<PathBuf>) -> Result<Self, ConfigError> {
        let config = Config::discover(explicit.as_deref())?;
        let loaded = Loaded::of(config, None, 0);
        warn_of_look_alikes(&loaded);
        Ok(Self {
            explicit,
            loaded: Mutex::new(Arc::new(loaded)),
        })
    }

    /// The configuration as it is now.
    pub(super) fn now(&self) -> Arc<Loaded> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = stamp(&loaded.config) != loaded.stamp || loaded.config.origin().is_none();
        if changed {
            let next = self.again(&loaded);
            if let Some(next) = next {
                *loaded = Arc::new(next);
            }
        }
        Arc::clone(&loaded)
    }

    fn again(&self, last: &Loaded) -> Option<Loaded> {
        match Config::discover(self.explicit.as_deref()) {
            // There was none, and there is none.
            Ok(config) if config.origin().is_none() && last.config.origin().is_none() => None,
            // The file is gone. Another one that is found instead would be other servers than the user chose.
            Ok(config)
                if last.config.origin().is_some() && config.origin() != last.config.origin() =>
            {
                let gone = last.config.origin().map(|path| path.display().to_string());
                let fault = format!("`{}` does not exist any more", gone.unwrap_or_default());
                tracing::warn!("the configuration is not read again: {fault}");
                Some(Loaded::of(last.config.clone(), Some(fault), last.version))
            }
            Ok(config) => {
                let loaded = Loaded::of(config, None, last.version + 1);
                warn_of_look_alikes(&loaded);
                Some(loaded)
            }
            Err(error) => {
                let fault = with_causes(&error);
                tracing::warn!("the configuration is not read again: {fault}");
                Some(Loaded::of(last.config.clone(), Some(fault), last.version))
            }
        }
    }
}

impl Loaded {
    fn of(config: Config, fault: Option<String>, version: u64) -> Self {
        let origin = config.origin();
        let origin = origin.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let origin = origin.unwrap_or_default();
        let entries = config.names().map(|name| {
            let entry = config.entry(name);
            let entry = entry.map_or_else(|error| error.to_string(), |entry| format!("{entry:?}"));
            let text = format!("{}\0{name}\0{entry}", origin.display());
            let digest = blake3::hash(text.as_bytes()).to_hex();
            (name.to_owned(), Arc::from(digest.as_str()))
        });
        Self {
            entries: entries.collect(),
            stamp: stamp(&config),
            config,
            fault,
            version,
        }
    }

    /// The servers that are not disabled, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.config.names();
        names.filter(|name| !self.config.is_disabled(name))
    }

    /// What identifies an entry: the file, the name, and what the file says of it. Secrets are not in it.
    pub(super) fn entry(&self, name: &str) -> Arc<str> {
        let entry = self.entries.get(name);
        entry.map_or_else(Arc::default, Arc::clone)
    }

    /// The pins beside it.
    pub(super) fn lock(&self) -> Result<Lock, LockError> {
        Lock::beside(&self.config)
    }
}

/// The servers that are not disabled, each with what identifies its entry.
pub(crate) fn entries(config: Config) -> Vec<(String, Arc<str>)> {
    let loaded = Loaded::of(config, None, 0);
    let names = loaded.names();
    names
        .map(|name| (name.to_owned(), loaded.entry(name)))
        .collect()
}

/// A person who reads `mcp:github` has to know which of the two it is.
fn warn_of_look_alikes(loaded: &Loaded) {
    let names = loaded.names().map(|name| (None, name));
    for alike in look_alikes(names, MOST_WARNINGS) {
        tracing::warn!("{alike}");
    }
}

fn stamp(config: &Config) -> Option<Stamp> {
    let metadata = fs::metadata(config.origin()?).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
