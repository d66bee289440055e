//! What a cached response is found by: the server, the definition of the tool, and the arguments.

use rmcp::model::Tool;

use crate::JsonObject;
use crate::canonical;
use crate::principal::Identity;

/// What a cached response is found by.
pub(crate) type Key = [u8; 32];

/// What all keys of one tool start with: whose tool it is, and its definition.
#[derive(Clone)]
pub(crate) struct KeyStart(blake3::Hasher);

impl KeyStart {
    pub(crate) fn new(identity: &Identity, tool: &Tool) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(identity.as_bytes());
        // The name is part of the definition.
        hasher.update(crate::pins::hash(tool).as_bytes());
        Self(hasher)
    }

    pub(crate) fn key(&self, arguments: &JsonObject) -> Key {
        let mut text = Vec::with_capacity(256);
        // A vector takes every byte.
        let _ = canonical::write_object(arguments, &mut text);
        self.0.clone().update(&text).finalize().into()
    }
}
