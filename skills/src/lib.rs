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

mod digest;
mod directory;
mod draft;
mod drift;
mod error;
mod fault;
mod kind;
mod load;
mod name;
mod path;
mod record;
mod sealed;
mod store;
mod sweep;
mod writer;

pub use digest::{Files, contents};
pub use draft::{BadDraft, Draft, ImportedTool};
pub use drift::Drifted;
pub use error::{Damage, StoreError};
pub use kind::Kind;
pub use load::Loaded;
pub use name::{BadName, Name};
pub use path::{BadPath, SkillPath};
pub use record::{Current, FileRecord, Metadata, Origin, Record, ToolRecord};
pub use store::{Named, Store};
pub use writer::{Saved, Writer};
