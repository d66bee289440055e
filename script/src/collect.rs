//! Collects the manifest: each tool once. Reads no tree but the calls that it is given.

use std::collections::HashMap;

use oxc_span::Span;
use oxc_syntax::node::NodeId;
use oxc_syntax::symbol::SymbolId;

use crate::around::called;
use crate::literal::Reader;
use crate::manifest::{HostName, Manifest, RunUse, ToolUse, Undeclared};
use crate::reads::Read;
use crate::syntax::Parsed;

/// What a module or a namespace stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    Tools { specifier: String, server: String },
    Host,
}

pub(crate) struct Collector<'c, 'a> {
    pub(crate) parsed: &'c Parsed<'a>,
    reader: &'c Reader<'c>,
    manifest: Manifest,
    index: HashMap<(String, String), usize>,
    /// The calls of the tools, by their numbers.
    calls: Vec<(usize, NodeId)>,
}

impl<'c, 'a> Collector<'c, 'a> {
    pub(crate) fn new(parsed: &'c Parsed<'a>, reader: &'c Reader<'c>) -> Self {
        Self {
            parsed,
            reader,
            manifest: Manifest::default(),
            index: HashMap::new(),
            calls: Vec::new(),
        }
    }

    /// The index of a tool.
    pub(crate) fn tool(&mut self, specifier: &str, server: &str, name: &str, at: Span) -> usize {
        let tools = &mut self.manifest.tools;
        let key = (specifier.to_owned(), name.to_owned());
        *self.index.entry(key).or_insert_with(|| {
            tools.push(ToolUse {
                specifier: specifier.to_owned(),
                server: server.to_owned(),
                name: name.to_owned(),
                at: self.reader.place(at),
                calls: Vec::new(),
                reads: Vec::new(),
                undeclared: None,
            });
            tools.len() - 1
        })
    }

    pub(crate) fn host(&mut self, name: HostName, at: Span) {
        let at = self.reader.place(at);
        let first = self.manifest.host_at.entry(name).or_insert(at);
        *first = at.min(*first);
        self.manifest.host.insert(name);
    }

    pub(crate) fn run(&mut self, specifier: &str, id: &str, at: Span) {
        let runs = &mut self.manifest.runs;
        if !runs.iter().any(|known| known.specifier == specifier) {
            runs.push(RunUse {
                specifier: specifier.to_owned(),
                id: id.to_owned(),
                at: self.reader.place(at),
            });
        }
    }

    /// Keeps the calls of a name that holds a tool.
    pub(crate) fn calls_of_symbol(&mut self, tool: usize, symbol: SymbolId) {
        let parsed = self.parsed;
        for reference in parsed.semantic.scoping().get_resolved_references(symbol) {
            self.calls_of_node(tool, reference.node_id());
        }
    }

    /// Keeps the call of an expression that is a tool.
    pub(crate) fn calls_of_node(&mut self, tool: usize, node: NodeId) {
        let Some(call) = called(self.parsed, node) else {
            return;
        };
        self.calls.push((tool, call.node_id.get()));
        if let Some(call) = self.reader.call(call)
            && let Some(tool) = self.manifest.tools.get_mut(tool)
        {
            tool.calls.push(call);
        }
    }

    /// The tools of a module are used by a name that nothing declares.
    pub(crate) fn undeclared(&mut self, specifier: &str, undeclared: &Undeclared) {
        let tools = self.manifest.tools.iter_mut();
        for tool in tools.filter(|tool| tool.specifier == specifier) {
            tool.undeclared = Some(undeclared.clone());
        }
    }

    /// A module of tools is imported.
    pub(crate) fn module(&mut self, specifier: &str) {
        self.manifest.modules.insert(specifier.to_owned());
    }

    /// The calls of tools, with the numbers of the tools.
    pub(crate) fn calls(&self) -> &[(usize, NodeId)] {
        &self.calls
    }

    /// `reads` has the reads of each tool, by its number.
    pub(crate) fn into_manifest(mut self, reads: Vec<(usize, Read)>) -> Manifest {
        for (tool, read) in reads {
            if let Some(tool) = self.manifest.tools.get_mut(tool) {
                tool.reads.push(read);
            }
        }
        self.manifest.tools.sort_by_key(|tool| tool.at);
        for tool in &mut self.manifest.tools {
            tool.calls.sort_by_key(|call| call.at);
            tool.reads.sort_by_key(|read| read.at);
        }
        self.manifest
    }
}
