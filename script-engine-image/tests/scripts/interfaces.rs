//! The log, the files and the state that the scripts of these tests have.

use super::harness::Host;
use super::harness::bindings::mcp::tools::{files, log, state};

impl log::Host for Host {
    fn log(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        let fields: String = fields
            .iter()
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        self.seen.log.push(format!("{level:?} {message}{fields}"));
    }
}

impl files::Host for Host {
    fn read_file(&mut self, path: String) -> Result<Vec<u8>, files::FileError> {
        self.files
            .get(&path)
            .cloned()
            .ok_or_else(|| files::FileError::NotFound(format!("{path} does not exist")))
    }

    fn list_dir(&mut self, _: String) -> Result<Vec<files::DirEntry>, files::FileError> {
        let entry = |(path, contents): (&String, &Vec<u8>)| files::DirEntry {
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            kind: files::EntryKind::File,
            size: u64::try_from(contents.len()).expect("usize has 64 bits"),
        };
        Ok(self.files.iter().map(entry).collect())
    }

    fn write_file(&mut self, path: String, contents: Vec<u8>) -> Result<(), files::FileError> {
        self.files.insert(path, contents);
        Ok(())
    }
}

impl state::Host for Host {
    fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, state::StateError> {
        if key.is_empty() {
            return Err(state::StateError::InvalidKey("the key is empty".to_owned()));
        }
        Ok(self.state.get(&key).cloned())
    }

    fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
        _: Option<u64>,
    ) -> Result<(), state::StateError> {
        self.state.insert(key, value);
        Ok(())
    }

    fn delete(&mut self, key: String) -> Result<bool, state::StateError> {
        Ok(self.state.remove(&key).is_some())
    }

    fn list_keys(&mut self, prefix: String) -> Result<Vec<String>, state::StateError> {
        Ok(self
            .state
            .keys()
            .filter(|key| key.starts_with(&prefix))
            .cloned()
            .collect())
    }

    fn compare_and_swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, state::StateError> {
        if self.state.get(&key) != expected.as_ref() {
            return Ok(false);
        }
        match value {
            Some(value) => drop(self.state.insert(key, value)),
            None => drop(self.state.remove(&key)),
        }
        Ok(true)
    }
}
