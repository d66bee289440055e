//! Reads a script: TypeScript becomes JavaScript of the same lines, with the manifest of what it can call and with what
//! is wrong. Does no I/O, runs nothing, and knows no server.

mod answers;
mod around;
mod base;
mod blank;
pub mod check;
mod collect;
mod diagnostic;
mod edits;
mod exports;
mod faults;
mod fences;
mod forms;
mod globals;
mod imports;
mod literal;
mod manifest;
mod members;
mod memory;
mod names;
mod namespaces;
mod nesting;
mod place;
mod read;
mod reads;
mod recover;
mod scan;
mod source;
mod specifier;
mod stack;
mod syntax;
mod type_only;

pub use diagnostic::{Code, Diagnostic, Severity, render_at};
pub use literal::{Kind, Literal, LiteralCall, Property};
pub use manifest::{HostName, Manifest, RunUse, ToolUse, Undeclared};
pub use memory::memory;
pub use place::Span;
pub use read::{MAX_SOURCE, Refused, Script, read};
pub use reads::{Read, Step};
