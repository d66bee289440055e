//! Saved skills: a store of versions that never change, in the layout of agentskills.io.
//!
//! It runs no skill and calls no server.
//!
//! ```text
//! Store::open -> Writer (one process, the number of the next version)
//!   Draft (name, kind, entry, tools, files) -> Draft::contents -> the digest that `SKILL.md` names
//!   Draft with `SKILL.md` -> Writer::save -> a Version on the disk, whole or not at all
//! Store::load -> Loaded: every file in memory, compared with its digest; what is run is this buffer
//! ```
//!
//! On the disk, below the directory of the store:
//!
//! ```text
//! NAME/current            which version is the current one, and what `list` shows
//! NAME/3/version          what version 3 is: a Record, with the digest of each of its files
//! NAME/3/NAME/SKILL.md    the skill as agentskills.io has it, and nothing else
//! NAME/3/NAME/scripts/NAME.ts
//! NAME/3/NAME/assets/...
//! ```
//!
//! The documents are written from the rest, and read by agents that know no MCP:
//!
//! ```text
//! Draft, runs      -> documents      SKILL.md and REFERENCE.md of a version
//! tools            -> categories -> server_md, server_reference_md      the same of a whole server
//! files, imports   -> validate       what is wrong with a directory, where, and what to do
//! ```

mod authored;
pub mod categories;
mod digest;
mod directory;
pub mod document;
mod documents;
mod draft;
mod drift;
mod effect;
mod error;
mod fault;
pub mod front_matter;
mod imports;
mod kind;
mod learned;
mod load;
mod markdown;
mod name;
mod path;
mod record;
mod redact;
mod reference;
mod room;
mod sealed;
mod server_page;
mod store;
mod sweep;
mod uses;
pub mod validate;
mod writer;

pub use authored::{Authored, authored};
pub use digest::{Files, contents};
pub use documents::{About, definitions_digest, documents, words_of_searches};
pub use draft::{BadDraft, Draft, ImportedTool};
pub use drift::Drifted;
pub use effect::Effect;
pub use error::{Damage, StoreError};
pub use imports::{imports_of, imports_text};
pub use kind::Kind;
pub use learned::learned;
pub use load::Loaded;
pub use name::{BadName, Name};
pub use path::{BadPath, SkillPath};
pub use record::{Current, FileRecord, Metadata, Origin, Record, ToolRecord};
pub use redact::HIDDEN;
pub use reference::{LONGEST as LONGEST_REFERENCE, reference_md};
pub use room::MOST_TOKENS;
pub use server_page::{ServerFacts, page_name, server_md, server_reference_md};
pub use store::{Named, Store};
pub use uses::Uses;
pub use writer::{Saved, Writer};
