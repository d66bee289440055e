//! Where in a configuration the parser is: for its errors, and for the warnings of keys that nothing reads.

use std::cell::RefCell;
use std::path::Path;

use crate::config::ConfigError;
use crate::nearest::nearest;

/// Where the parser is.
#[derive(Default)]
pub(super) struct Trace {
    pub(super) server: RefCell<Option<String>>,
    pub(super) key: RefCell<Option<String>>,
}

impl Trace {
    pub(super) fn explain(&self, error: &serde_json::Error, origin: &Path) -> ConfigError {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        // The position has fields of its own.
        let position = format!(" at line {line} column {column}");
        let message = without_value(text.strip_suffix(&position).unwrap_or(&text));
        // The parser says 0 where it has not read anything of the line.
        let (path, column) = (origin.to_owned(), column.max(1));
        if !error.is_data() {
            return ConfigError::Syntax {
                path,
                line,
                column,
                message,
            };
        }
        let place = match (self.server.borrow().as_ref(), self.key.borrow().as_ref()) {
            (Some(server), Some(key)) => format!("server `{server}`, key `{key}`: "),
            (Some(server), None) => format!("server `{server}`: "),
            (None, Some(key)) => format!("key `{key}`: "),
            (None, None) => String::new(),
        };
        ConfigError::Invalid {
            path,
            line,
            column,
            place,
            message,
        }
    }

    pub(super) fn warn_unknown(&self, key: &str, known: &[&str]) {
        let server = self.server.borrow();
        let server = server.as_deref();
        match nearest(key, known.iter().copied()) {
            Some(near) => {
                tracing::warn!(
                    server,
                    key,
                    "unknown key in configuration: did you mean `{near}`?"
                );
            }
            // Other programs keep their own keys at the top of this file; in an entry they matter.
            None if server.is_none() => {
                tracing::debug!(key, "key in configuration is for another program");
            }
            None => tracing::warn!(server, key, "unknown key in configuration is ignored"),
        }
    }
}

/// `invalid type: string "a password", expected a list` without the password: it is in the file at that place.
fn without_value(message: &str) -> String {
    const SHOWN: usize = 7;
    let without = |quote: &str| {
        let (before, rest) = message.split_once(quote)?;
        let (value, after) = rest.rsplit_once(&format!("{quote}, expected"))?;
        (value.len() > SHOWN).then(|| format!("{}, expected{after}", before.trim_end()))
    };
    let is_quoted = message.starts_with("invalid type") || message.starts_with("invalid value");
    let hidden = ["\"", "`"].into_iter().find_map(without);
    hidden
        .filter(|_| is_quoted)
        .unwrap_or_else(|| message.to_owned())
}
