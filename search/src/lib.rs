//! Finds the tool that a query means, among the tools of many MCP servers and saved skills, in memory and without I/O.
//! `serve`'s `search_tools` and `mcp-host search` use it. It reads no catalog, calls no server, and loads no model.
//!
//! [`Index::build`] reads the entries once. [`Index::search`] ranks them: by BM25F over name, server, title,
//! description and parameters, with stems, synonyms and typing errors. [`signature`] writes a hit as a callable
//! signature of at most 80 tokens. `docs/search.md` says how well it finds, and which command shows it.
//!
//! ```
//! use mcp_search::{Entry, Index, Query};
//!
//! let entry = |server, name, description| Entry { server, name, description, ..Entry::default() };
//! let index = Index::build([
//!     entry("github", "list_issues", "Lists the issues of a repository."),
//!     entry("github", "get_issue", "Gets one issue."),
//!     entry("files", "create_directory", "Makes a directory."),
//! ]);
//! let found = index.search(&Query::new("make a new folder"));
//! assert_eq!(found.hits[0].name, "create_directory");
//! let found = index.search(&Query::new("github.get_issue"));
//! assert!(found.hits[0].exact);
//! ```

mod action;
mod bounds;
mod entry;
mod index;
mod names;
mod naming;
mod postings;
mod query;
mod rank;
mod signature;

mod stems;
mod synonyms;
mod vocabulary;
mod words;

pub use bounds::Bounds;
pub use entry::{Entry, Kind, Parameter};
pub use index::{Found, Hit, Index, Query, ServerCount};
pub use names::callable;
pub use naming::{Word, words_of};
pub use signature::{Detail, Mark, Shown, estimated_tokens, signature, type_of};
