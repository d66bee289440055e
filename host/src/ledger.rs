//! The ledger of a run: its recording, written as the run goes, with what a person decided. A run that stopped goes on
//! from it. Runs nothing and asks no one: `call_log` writes calls into it, and answers them from it.

mod book;
mod call;
mod decision;
mod entry;
mod error;
mod file;
mod glance;
mod lines;
mod read;
mod recorded;
mod view;
mod waiting;
mod walk;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::written;

pub use book::{Ledger, Standing};
pub use call::LedgerCall;
pub(crate) use decision::time;
pub use decision::{Decided, DriftedTool, Question, QuestionKind, REFUSED_BY_USER, Scope};
pub(crate) use entry::{Entry, RunGrant};
pub use error::LedgerError;
pub(crate) use file::LedgerFile;
pub(crate) use lines::{
    AnswerLine, AskLine, DroppedLine, EndLine, SentLine, StartLine, pause_line,
};
pub use view::{CallState, LedgerView};
pub use waiting::{Channel, WaitEvent};
