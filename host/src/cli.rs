//! The command line: one file for each command, and what they share.

pub(crate) mod build;
pub(crate) mod cache;
pub(crate) mod call;
pub(crate) mod describe;
pub(crate) mod dev;
pub(crate) mod dirs;
pub(crate) mod exit;
pub(crate) mod fixed;
pub(crate) mod inspect;
pub(crate) mod limits;
pub(crate) mod log;
#[cfg(feature = "otlp")]
pub(crate) mod otlp;
pub(crate) mod out;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod signals;
pub(crate) mod source;
pub(crate) mod with;
