//! The WIT of `mcp:tools@0.1.0`, which every generated package refers to.

/// Its files, each with its name, as they lie in a skill's `wit/deps/mcp-tools/`.
pub const FILES: [(&str, &str); 6] = [
    ("files.wit", include_str!("../../wit/files.wit")),
    ("log.wit", include_str!("../../wit/log.wit")),
    ("skill.wit", include_str!("../../wit/skill.wit")),
    ("state.wit", include_str!("../../wit/state.wit")),
    ("tools.wit", include_str!("../../wit/tools.wit")),
    ("types.wit", TYPES),
];

/// The interface that generated packages use types of.
pub(crate) const TYPES: &str = include_str!("../../wit/types.wit");
