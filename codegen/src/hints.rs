//! The annotations of a tool, in words.

use crate::tool::Annotations;

/// The server's annotations of the tool, in words. Nothing verifies them.
#[must_use]
pub fn hints(annotations: &Annotations) -> Vec<&'static str> {
    said(annotations).collect()
}

pub(crate) fn said(annotations: &Annotations) -> impl Iterator<Item = &'static str> {
    let said = [
        (annotations.read_only_hint, "Read-only.", "Not read-only."),
        (
            annotations.destructive_hint,
            "Destructive.",
            "Not destructive.",
        ),
        (
            annotations.idempotent_hint,
            "Idempotent.",
            "Not idempotent.",
        ),
        (annotations.open_world_hint, "Open world.", "Closed world."),
    ];
    said.into_iter()
        .filter_map(|(hint, yes, no)| hint.map(|hint| if hint { yes } else { no }))
}
