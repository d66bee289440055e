//! The configuration file, read again when it changes. A file that cannot be read leaves the last good one in use.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use mcp_bridge::{Config, ConfigError, Lock, LockError, with_causes};

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
}

/// What shows that a file changed.
type Stamp = (SystemTime, u64);

impl Configuration {
    /// Reads the configuration, from this file or from where it is looked for.
    pub(crate) fn open(explicit: Option<PathBuf>) -> Result<Self, ConfigError> {
        let config = Config::discover(explicit.as_deref())?;
        let loaded = Loaded {
            stamp: stamp(&config),
            config,
            fault: None,
            version: 0,
        };
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
            Ok(config) => Some(Loaded {
                stamp: stamp(&config),
                config,
                fault: None,
                version: last.version + 1,
            }),
            Err(error) => {
                let fault = with_causes(&error);
                tracing::warn!("the configuration is not read again: {fault}");
                Some(Loaded {
                    stamp: stamp(&last.config),
                    config: last.config.clone(),
                    fault: Some(fault),
                    version: last.version,
                })
            }
        }
    }
}

impl Loaded {
    /// The servers that are not disabled, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.config.names();
        names.filter(|name| !self.config.is_disabled(name))
    }

    /// What identifies an entry: the file, the name, and what the file says of it. Secrets are not in it.
    pub(super) fn entry(&self, name: &str) -> String {
        let origin = self.config.origin();
        let origin = origin.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let entry = self.config.server(name);
        let entry = entry.map_or_else(|error| error.to_string(), |entry| format!("{entry:?}"));
        let text = format!("{}\0{name}\0{entry}", origin.unwrap_or_default().display());
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }

    /// The pins beside it.
    pub(super) fn lock(&self) -> Result<Lock, LockError> {
        Lock::beside(&self.config)
    }
}

fn stamp(config: &Config) -> Option<Stamp> {
    let metadata = fs::metadata(config.origin()?).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
