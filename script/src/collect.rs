//! Collects the manifest: each tool once. Reads no tree but the calls that it is given.

use std::collections::HashMap;

use oxc_ast::AstKind;
use oxc_ast::ast::CallExpression;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;
use oxc_syntax::symbol::SymbolId;

use crate::literal::Reader;
use crate::manifest::{HostName, Manifest, RunUse, ToolUse};
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
}

impl<'c, 'a> Collector<'c, 'a> {
    pub(crate) fn new(parsed: &'c Parsed<'a>, reader: &'c Reader<'c>) -> Self {
        Self {
            parsed,
            reader,
            manifest: Manifest::default(),
            index: HashMap::new(),
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
            });
            tools.len() - 1
        })
    }

    pub(crate) fn host(&mut self, name: HostName) {
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
        if let Some(call) = called(self.parsed, node)
            && let Some(call) = self.reader.call(call)
            && let Some(tool) = self.manifest.tools.get_mut(tool)
        {
            tool.calls.push(call);
        }
    }

    pub(crate) fn into_manifest(mut self) -> Manifest {
        self.manifest.tools.sort_by_key(|tool| tool.at);
        for tool in &mut self.manifest.tools {
            tool.calls.sort_by_key(|call| call.at);
        }
        self.manifest
    }
}

/// The call whose callee this node is.
fn called<'a>(parsed: &Parsed<'a>, node: NodeId) -> Option<&'a CallExpression<'a>> {
    let nodes = parsed.semantic.nodes();
    let (mut child, mut parent) = (node, nodes.parent_node(node));
    while is_transparent(&parent.kind()) {
        (child, parent) = (parent.id(), nodes.parent_node(parent.id()));
    }
    match parent.kind() {
        AstKind::CallExpression(call) if call.callee.span() == nodes.kind(child).span() => {
            Some(call)
        }
        _ => None,
    }
}

/// Whether a node has the value of the expression in it.
pub(crate) fn is_transparent(kind: &AstKind<'_>) -> bool {
    matches!(
        kind,
        AstKind::ParenthesizedExpression(_)
            | AstKind::TSAsExpression(_)
            | AstKind::TSSatisfiesExpression(_)
            | AstKind::TSNonNullExpression(_)
            | AstKind::TSTypeAssertion(_)
            | AstKind::TSInstantiationExpression(_)
            | AstKind::ChainExpression(_)
    )
}
