//! What the entry of a skill is.

use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::path::SkillPath;

/// What runs when a skill runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One module of TypeScript or JavaScript: `scripts/NAME.ts`.
    Script,
    /// A WebAssembly component: `scripts/NAME.wasm`.
    Component,
}

impl Kind {
    /// `script` or `component`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Component => "component",
        }
    }

    /// `ts` or `wasm`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Script => "ts",
            Self::Component => "wasm",
        }
    }

    /// Where the entry of a skill of this name lies.
    #[must_use]
    pub fn entry(self, name: &Name) -> SkillPath {
        SkillPath::known(&format!("scripts/{name}.{}", self.extension()))
    }
}
