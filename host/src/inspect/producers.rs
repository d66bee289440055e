//! The languages and tools that a component claims to be made with. Nothing verifies the claim.

use std::collections::BTreeSet;

use mcp_codegen::names::shown;
use serde::Serialize;
use wasm_metadata::{ComponentNames, Producers};
use wasmparser::{KnownCustom, Parser, Payload};

/// One entry of a `producers` section.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Its name, escaped for display.
    pub name: String,
    /// Its version, escaped for display; it may be empty.
    pub version: String,
}

/// Entries that are kept: a component may have many modules.
const MAX_PRODUCERS: usize = 64;

/// The component's name, and the producers of the component and of everything in it. Skips what it cannot read:
/// unreadable claims are no reason to reject a component.
pub(super) fn of(bytes: &[u8]) -> (Option<String>, Vec<Producer>) {
    let mut name = None;
    let mut producers = BTreeSet::new();
    // Those of inner modules come as sections of their own.
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        match section.as_known() {
            KnownCustom::ComponentName(_) => {
                let names = ComponentNames::from_bytes(section.data(), section.data_offset());
                // The outermost component's section is the last.
                name = names
                    .ok()
                    .and_then(|names| names.get_name().map(|name| shown(name)))
                    .or(name);
            }
            KnownCustom::Producers(_) => {
                if let Ok(section) = Producers::from_bytes(section.data(), section.data_offset()) {
                    producers.extend(entries(&section));
                }
            }
            _ => {}
        }
    }
    (name, producers.into_iter().take(MAX_PRODUCERS).collect())
}

fn entries(section: &Producers) -> Vec<Producer> {
    let mut producers = Vec::new();
    for (field, entries) in section.iter() {
        producers.extend(entries.iter().map(|(name, version)| Producer {
            field: shown(field),
            name: shown(name),
            version: shown(version),
        }));
    }
    producers
}
