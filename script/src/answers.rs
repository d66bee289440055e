//! Follows the answers of tools through a script, as far as its text is certain, and collects the properties that it
//! reads of them. What is assigned twice, mixed with other values, tested or changed is not followed: a warning that is
//! wrong is worse than none.

mod bind;
mod flow;
mod handled;
mod methods;
mod returns;
mod value;

use std::collections::HashSet;

use oxc_span::Span;
use oxc_syntax::node::NodeId;

use crate::diagnostic::{Code, quoted};
use crate::faults::Faults;
use crate::literal::Reader;
use crate::reads::Read;
use crate::syntax::Parsed;
use handled::Handled;
use value::Value;

/// Expressions that are followed in one script, at most.
const STEPS: usize = 20_000;
/// Reads of one script that are kept.
const READS: usize = 1_000;

/// The reads of each tool, by its number. `calls` are the calls of tools.
pub(crate) fn follow(
    parsed: &Parsed<'_>,
    reader: &Reader<'_>,
    calls: &[(usize, NodeId)],
    faults: &mut Faults,
) -> Vec<(usize, Read)> {
    if calls.is_empty() {
        return Vec::new();
    }
    let mut flow = Flow {
        parsed,
        handled: Handled::of(parsed),
        open: Vec::new(),
        seen: HashSet::new(),
        reads: Vec::new(),
        promises: Vec::new(),
        unsure: HashSet::new(),
    };
    for (number, (tool, call)) in calls.iter().enumerate() {
        flow.open.push((*call, Value::answer(*tool, number)));
    }
    flow.run();
    flow.finish(reader, faults)
}

struct Flow<'f, 'a> {
    parsed: &'f Parsed<'a>,
    handled: Handled,
    /// Expressions with their values, to be followed.
    open: Vec<(NodeId, Value)>,
    /// Expressions that were followed, each once for each call.
    seen: HashSet<(NodeId, usize)>,
    reads: Vec<(Value, String, Span)>,
    /// Properties that are read of a promise.
    promises: Vec<(usize, String, Span)>,
    /// Tools whose answers the script changes in ways that are not known.
    unsure: HashSet<usize>,
}

impl Flow<'_, '_> {
    fn run(&mut self) {
        for _ in 0..STEPS {
            let Some((node, value)) = self.open.pop() else {
                return;
            };
            if self.seen.insert((node, value.call)) {
                self.step(node, value);
            }
        }
    }

    fn push(&mut self, node: NodeId, value: Option<Value>) {
        if let Some(value) = value {
            self.open.push((node, value));
        }
    }

    fn read(&mut self, value: &Value, name: &str, at: Span) {
        let is_handled =
            self.handled.has(name) || value.names().any(|name| self.handled.is_changed(name));
        if !is_handled && self.reads.len() < READS {
            self.reads.push((value.clone(), name.to_owned(), at));
        }
    }

    /// A property of a promise, which was not awaited.
    fn read_of_promise(&mut self, value: &Value, name: &str, at: Span) {
        if !self.handled.has(name) && self.promises.len() < READS {
            self.promises.push((value.tool, name.to_owned(), at));
        }
    }

    fn finish(mut self, reader: &Reader<'_>, faults: &mut Faults) -> Vec<(usize, Read)> {
        self.promises.sort_by_key(|(_, _, at)| at.start);
        for (tool, name, at) in &self.promises {
            if !self.unsure.contains(tool) {
                faults.warn(
                    Code::UnknownProperty,
                    *at,
                    format!(
                        "{} is read of a promise, which does not have it",
                        quoted(name)
                    ),
                    "await the call first: (await tool(..)).property",
                );
            }
        }
        let certain = self.reads.into_iter();
        let certain = certain.filter(|(value, _, _)| !self.unsure.contains(&value.tool));
        certain
            .map(|(value, name, at)| {
                let read = Read {
                    at: reader.place(at),
                    path: value.path(),
                    name,
                };
                (value.tool, read)
            })
            .collect()
    }
}
