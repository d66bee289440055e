//! Functions that return a value: where they are called, their result is that value.

use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_span::GetSpan;
use oxc_syntax::node::NodeId;
use oxc_syntax::symbol::SymbolId;

use super::Flow;
use super::handled::function_of;
use super::value::Value;
use crate::around::{called, outside};

impl Flow<'_, '_> {
    /// The value of a `return`. A function with a second one can return something else.
    pub(super) fn returned(&mut self, statement: NodeId, value: &Value) {
        if let Some(function) = function_of(self.parsed, statement)
            && self.handled.returns_once(function)
        {
            self.result_of(function, value);
        }
    }

    /// What a function returns.
    pub(super) fn result_of(&mut self, function: NodeId, value: &Value) {
        let nodes = self.parsed.semantic.nodes();
        let (is_async, symbol) = match nodes.kind(function) {
            AstKind::ArrowFunctionExpression(it) => (it.r#async, None),
            AstKind::Function(it) if it.generator => return,
            AstKind::Function(it) if it.is_declaration() => {
                let symbol = it.id.as_ref().and_then(|id| id.symbol_id.get());
                (it.r#async, symbol)
            }
            AstKind::Function(it) => (it.r#async, None),
            _ => return,
        };
        let value = match is_async {
            true => value.promised(),
            false => Some(value.clone()),
        };
        let Some(value) = value else {
            return;
        };
        if let Some(symbol) = symbol {
            return self.calls_of(symbol, &value);
        }
        let (span, parent, id) = outside(self.parsed, function);
        match parent {
            AstKind::CallExpression(it) if it.callee.span() == span => self.push(id, Some(value)),
            AstKind::CallExpression(it) => {
                let is_first = it
                    .arguments
                    .first()
                    .is_some_and(|first| first.span() == span);
                if let Expression::StaticMemberExpression(callee) = &it.callee
                    && is_first
                {
                    match callee.property.name.as_str() {
                        "map" => self.push(id, value.listed()),
                        "then" => self.push(id, value.promised()),
                        _ => {}
                    }
                }
            }
            AstKind::VariableDeclarator(it) => {
                if let BindingPattern::BindingIdentifier(name) = &it.id
                    && let Some(symbol) = name.symbol_id.get()
                {
                    self.calls_of(symbol, &value);
                }
            }
            _ => {}
        }
    }

    fn calls_of(&mut self, symbol: SymbolId, value: &Value) {
        let scoping = self.parsed.semantic.scoping();
        if scoping.symbol_is_mutated(symbol) || !scoping.symbol_redeclarations(symbol).is_empty() {
            return;
        }
        for reference in scoping.get_resolved_references(symbol) {
            if let Some(call) = called(self.parsed, reference.node_id()) {
                self.push(call.node_id.get(), Some(value.clone()));
            }
        }
    }
}
