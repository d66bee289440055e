//! The types of `mcp:tools`: the generated ones, and errors of this crate in the place of the generated errors. It
//! calls nothing.

pub(crate) mod bindings;
mod error;
mod file_error;
mod state_error;
mod tool_error;

pub use error::{Context, Error};
pub use file_error::FileError;
pub use state_error::StateError;
pub use tool_error::ToolError;
