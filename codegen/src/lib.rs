//! Turns the tools of an MCP server into a typed WIT package.
//!
//! A tool's JSON Schemas become a [`shape::Function`]: one description that both the WIT text ([`package`]) and the
//! host's codec are made from, so that they cannot disagree. [`function`] makes it for one tool alone.
//!
//! The library touches neither disk nor network, and everything that it reads is hostile: schemas cost bounded time
//! and memory, names become valid labels, descriptions stay in their comments.
//!
//! ```
//! use mcp_codegen::{Catalog, Flavour, package};
//!
//! let catalog = Catalog::parse(r#"{"tools": [{
//!     "name": "getIssue",
//!     "inputSchema": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
//! }]}"#)?;
//! let package = package("tracker", &catalog.tools, Flavour::Sync)?;
//! assert!(package.wit.contains("get-issue: func(params: get-issue-params) -> result<tool-result, tool-error>;"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod budget;
pub mod c;
pub mod contract;
pub mod declarations;
mod docs;
mod emit;
mod exports;
mod hints;
pub mod javascript;
mod lower;
pub mod mend;
pub mod names;
pub mod near;
pub mod numbers;
pub mod shape;
mod tool;
pub mod typescript;

pub use budget::{Budget, NotMade};
pub use declarations::{declarations, declarations_for};
pub use docs::without_docs;
pub use emit::{Flavour, Package, PackageError, Writer, package, package_of, render, signature};
pub use exports::{Export, exports, is_identifier};
pub use hints::hints;
pub use lower::function;
pub use tool::entry::{Entry, argument_flaws, entry, kind, name_fault};
pub use tool::{Annotations, Catalog, CatalogError, Refusal, Tool};
