//! Shows which tools a skill waits for, from the spans of its tool calls. Sees names only: no arguments and no answers.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use mcp_codegen::names::shown;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};

use super::{AGAIN, Progress, SPIN};

/// The name of the span of a tool call.
const SPAN: &str = "tools/call";

/// Follows the tool calls of a run.
pub(crate) struct CallWatch {
    progress: Progress,
    /// The calls in flight, the oldest first.
    open: Mutex<VecDeque<(u64, Called)>>,
}

/// A tool that was called, and its server.
struct Called {
    tool: String,
    server: String,
    since: Instant,
}

/// Lets only the spans of tool calls pass.
pub(crate) struct OnlyCalls;

impl Progress {
    /// The watch of tool calls for the log.
    pub(crate) fn calls(&self) -> CallWatch {
        CallWatch {
            progress: self.clone(),
            open: Mutex::default(),
        }
    }
}

impl CallWatch {
    /// Shows the oldest call, which another one just became.
    fn show(&self, open: &VecDeque<(u64, Called)>) {
        let Some((_, oldest)) = open.front() else {
            return self.progress.clear();
        };
        let what = format!(
            "waiting for tool `{}` of server `{}`",
            shown(&oldest.tool),
            shown(&oldest.server)
        );
        // A skill may make many calls of some seconds each: a pipe hears only of those that are really long.
        let spins = self.progress.shared.spins;
        let due = if spins { SPIN } else { AGAIN };
        self.progress.start(&what, oldest.since, due, false);
        self.count(open);
    }

    /// Says how many calls are in flight besides the one that is shown.
    fn count(&self, open: &VecDeque<(u64, Called)>) {
        if open.len() > 1 {
            self.progress
                .detail(&format!("{} calls in all", open.len()));
        }
    }
}

impl<S: Subscriber> Layer<S> for CallWatch {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut called = Called {
            tool: String::new(),
            server: String::new(),
            since: Instant::now(),
        };
        attributes.record(&mut called);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.push_back((id.into_u64(), called));
        match open.len() {
            1 => self.show(&open),
            _ => self.count(&open),
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(other, _)| *other == id.into_u64());
        if let Some(at) = at {
            open.remove(at);
        }
        if at == Some(0) {
            self.show(&open);
        }
    }
}

impl<S> Filter<S> for OnlyCalls {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        metadata.is_span() && metadata.name() == SPAN
    }
}

impl Visit for Called {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "gen_ai.tool.name" => value.clone_into(&mut self.tool),
            "mcp_host.server.name" => value.clone_into(&mut self.server),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
