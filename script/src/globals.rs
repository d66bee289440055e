//! Names that a script uses and does not declare: those of JavaScript, exports of `mcp-host`, servers, and what does
//! not exist here. `github.list_issues()` without an import counts as one.

use mcp_codegen::near;
use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_semantic::Reference;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;

use crate::collect::{Collector, Module};
use crate::diagnostic::{Code, quoted};
use crate::edits::Edits;
use crate::faults::Faults;
use crate::imports::module;
use crate::manifest::{HostName, Undeclared};
use crate::members::{self, Use, record, use_of};
use crate::names;
use crate::specifier::{self, Specifier};
use crate::syntax::Parsed;

pub(crate) struct Globals<'g, 'c, 'a> {
    pub(crate) collector: &'g mut Collector<'c, 'a>,
    pub(crate) edits: &'g mut Edits,
    pub(crate) faults: &'g mut Faults,
    /// Lines for the end of the text.
    pub(crate) tail: Vec<String>,
    /// `module.exports = ` is the result of the script.
    pub(crate) has_module: bool,
    /// Names for which near ones were looked for.
    pub(crate) advised: usize,
}

/// So many names get near ones, each among so many names of the script.
const MOST_ADVISED: usize = 10;
const MOST_COMPARED: usize = 1_000;

impl Globals<'_, '_, '_> {
    pub(crate) fn read(&mut self) {
        let parsed = self.collector.parsed;
        let scoping = parsed.semantic.scoping();
        let mut names: Vec<(&str, Vec<&Reference>)> = scoping
            .root_unresolved_references()
            .iter()
            .map(|(name, ids)| {
                let references = ids.iter().map(|id| scoping.get_reference(*id));
                (
                    name.as_str(),
                    references
                        .filter(|reference| reference.flags().is_value())
                        .collect(),
                )
            })
            .filter(|(_, references): &(&str, Vec<&Reference>)| !references.is_empty())
            .collect();
        // In the order of the source: the map has none.
        names.sort_by_key(|(name, references)| (span(parsed, references[0]).start, *name));
        for (name, references) in names {
            self.name(name, &references);
        }
    }

    fn name(&mut self, name: &str, references: &[&Reference]) {
        let parsed = self.collector.parsed;
        let first = span(parsed, references[0]);
        match name {
            "eval" | "Function" => return self.evaluated(name, references),
            "require" => return self.required(references),
            "exports" if self.has_module && references.len() > 1 => {
                // What compilers write to it is dropped; a function is there from the start.
                self.tail.push(";function exports(){}".to_owned());
                return;
            }
            "module" | "exports" if self.has_module => return,
            _ if names::is_known(name) => return,
            _ => {}
        }
        if let Some(found) = HostName::find(name) {
            self.collector.host(found, first);
            self.tail
                .push(format!(";import {{ {name} }} from \"mcp-host\";"));
            return;
        }
        if let Some(hint) = names::missing(name) {
            if references
                .iter()
                .any(|reference| !is_asked_for(parsed, reference.node_id()))
            {
                self.undefined(name, first, hint);
            }
            return;
        }
        let written = references.iter().any(|reference| reference.is_write());
        let uses: Vec<Use> = references
            .iter()
            .map(|reference| use_of(parsed, reference.node_id()))
            .collect();
        let is_server = !written && uses.iter().any(|found| matches!(found, Use::Members(_)));
        match specifier::of_global(name) {
            Some(specifier) if is_server => {
                if let Some(Specifier::Tools { server }) = specifier::parse(&specifier) {
                    let module = Module::Tools {
                        specifier: specifier.clone(),
                        server: server.to_owned(),
                    };
                    self.server(&module, name, uses);
                    let undeclared = Undeclared {
                        name: name.to_owned(),
                        near: self.near(name),
                    };
                    self.collector.undeclared(&specifier, &undeclared);
                    self.tail
                        .push(format!(";import * as {name} from \"{specifier}\";"));
                }
            }
            _ if references
                .iter()
                .all(|reference| is_asked_for(parsed, reference.node_id())) => {}
            _ => {
                let near: Vec<_> = self.near(name).iter().map(|near| quoted(near)).collect();
                let hint = match near.is_empty() {
                    true => format!(
                        "import it: import {{ {} }} from \"mcp:SERVER\"",
                        quoted(name).trim_matches('"')
                    ),
                    false => format!("did you mean {}", near.join(", ").replace('"', "")),
                };
                self.undefined(name, first, &hint);
            }
        }
    }

    fn server(&mut self, module: &Module, name: &str, uses: Vec<Use>) {
        for found in uses {
            if let Some(alias) = record(self.collector, self.faults, module, name, found) {
                members::follow(self.collector, self.faults, module, name, alias);
            }
        }
    }

    /// The names of the script, and those that it has in any case, that are near to one.
    fn near(&mut self, name: &str) -> Vec<String> {
        self.advised += 1;
        if self.advised > MOST_ADVISED {
            return Vec::new();
        }
        let scoping = self.collector.parsed.semantic.scoping();
        let own = scoping.symbol_names().take(MOST_COMPARED);
        let hosts = HostName::ALL.iter().map(|known| known.name());
        let known = own.chain(hosts).chain(names::KNOWN.iter().copied());
        let mut near: Vec<_> = near::near(name, known)
            .into_iter()
            .map(str::to_owned)
            .collect();
        near.dedup();
        near
    }

    fn undefined(&mut self, name: &str, span: Span, hint: &str) {
        let message = format!("{} is not defined", quoted(name));
        self.faults.warn(Code::UndefinedName, span, message, hint);
    }

    fn evaluated(&mut self, name: &str, references: &[&Reference]) {
        let nodes = self.collector.parsed.semantic.nodes();
        for reference in references {
            let at = nodes.kind(reference.node_id()).span();
            let called = match nodes.parent_kind(reference.node_id()) {
                AstKind::CallExpression(it) => it.callee.span() == at,
                AstKind::NewExpression(it) => it.callee.span() == at,
                _ => name == "eval",
            };
            if called {
                self.faults.warn(
                    Code::NotStatic,
                    at,
                    format!("`{name}` makes code that was not read: it can call only the tools that the source names"),
                    "write the code in the script",
                );
            }
        }
    }

    /// `require("mcp:github")` is a namespace that is imported at the end.
    fn required(&mut self, references: &[&Reference]) {
        let parsed = self.collector.parsed;
        let nodes = parsed.semantic.nodes();
        for (number, reference) in references.iter().enumerate() {
            let node = nodes.parent_node(reference.node_id());
            let at = span(parsed, reference);
            let argument = match node.kind() {
                AstKind::CallExpression(it)
                    if it.callee.span() == at && it.arguments.len() == 1 =>
                {
                    it.arguments.first()
                }
                _ if is_asked_for(parsed, reference.node_id()) => continue,
                _ => None,
            };
            let Some(Argument::StringLiteral(literal)) = argument else {
                self.faults.error(
                    Code::NotStatic,
                    node.kind().span(),
                    "which module `require` loads is not known",
                    "write `import { name } from \"mcp:SERVER\"` at the start",
                );
                continue;
            };
            let text = literal.value.as_str();
            let Some(found) = specifier::parse(text) else {
                self.faults.error(
                    Code::UnknownImport,
                    literal.span,
                    format!("there is no module {}", quoted(text)),
                    specifier::instead(text),
                );
                continue;
            };
            self.require(number, node.id(), literal, &found);
        }
    }

    fn require(
        &mut self,
        number: usize,
        call: NodeId,
        literal: &StringLiteral<'_>,
        found: &Specifier<'_>,
    ) {
        let parsed = self.collector.parsed;
        let text = literal.value.as_str();
        let at = parsed.semantic.nodes().kind(call).span();
        let name = format!("require${number}");
        let source = parsed.source();
        self.edits.replace(source.text, at.start, at.end, &name);
        let from = source.slice(literal.span.start, literal.span.end);
        if let Some(module) = module(found, text) {
            self.server(&module, text, vec![use_of(parsed, call)]);
            self.tail.push(format!(";import * as {name} from {from};"));
        } else if let Specifier::Run { id } = found {
            self.collector.run(text, id, literal.span);
            self.tail.push(format!(";import {name} from {from};"));
        }
    }
}

fn span(parsed: &Parsed<'_>, reference: &Reference) -> Span {
    parsed.semantic.nodes().kind(reference.node_id()).span()
}

/// `typeof name`: the script asks whether it exists.
fn is_asked_for(parsed: &Parsed<'_>, node: NodeId) -> bool {
    matches!(
        parsed.semantic.nodes().parent_kind(node),
        AstKind::UnaryExpression(it) if it.operator == UnaryOperator::Typeof
    )
}
