//! Names that hold a value: each is followed where it is assigned once, and where the script does not look what it
//! holds.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use oxc_syntax::symbol::SymbolId;

use super::Flow;
use super::handled::{Test, is_plain, test};
use super::value::{Value, Wrap};
use crate::literal::key;

impl<'a> Flow<'_, 'a> {
    pub(super) fn bind(&mut self, pattern: &BindingPattern<'a>, value: Value) {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                if let Some(symbol) = id.symbol_id.get() {
                    self.name(symbol, &value);
                }
            }
            BindingPattern::ObjectPattern(it) => self.object(it, &value),
            BindingPattern::ArrayPattern(it) => {
                for (place, element) in it.elements.iter().enumerate() {
                    if let (Some(element), Some(inner)) = (element, value.element_at(place)) {
                        self.bind(element, inner);
                    }
                }
            }
            BindingPattern::AssignmentPattern(it) => {
                if is_plain(&it.right) {
                    self.bind(&it.left, value);
                }
            }
        }
    }

    fn object(&mut self, pattern: &ObjectPattern<'a>, value: &Value) {
        for property in &pattern.properties {
            let Some(name) = key(&property.key, property.computed) else {
                continue;
            };
            let at = property.key.span();
            match value.outer() {
                Some(Wrap::Promise) => self.read_of_promise(value, &name, at),
                Some(Wrap::Array | Wrap::Place(_)) => {}
                None => {
                    self.read(value, &name, at);
                    if let Some(inner) = value.property(&name) {
                        self.bind(&property.value, inner);
                    }
                }
            }
        }
    }

    fn name(&mut self, symbol: SymbolId, value: &Value) {
        let scoping = self.parsed.semantic.scoping();
        if scoping.symbol_is_mutated(symbol) || !scoping.symbol_redeclarations(symbol).is_empty() {
            return;
        }
        let references = || {
            let all = scoping.get_resolved_references(symbol);
            all.filter(|reference| reference.flags().is_value())
        };
        // `typeof page`, `Array.isArray(page)`: what follows depends on it.
        let is_looked_at = references()
            .any(|reference| test(self.parsed, reference.node_id()) == Some(Test::Kind));
        if is_looked_at {
            return;
        }
        let found: Vec<_> = references().map(|reference| reference.node_id()).collect();
        for node in found {
            self.push(node, Some(value.clone()));
        }
    }

    /// The parameter of a function that stands in the source.
    pub(super) fn parameter(
        &mut self,
        function: &Argument<'a>,
        place: usize,
        value: Option<Value>,
    ) {
        let parameters = match function
            .as_expression()
            .map(Expression::get_inner_expression)
        {
            Some(Expression::ArrowFunctionExpression(it)) => &it.params,
            Some(Expression::FunctionExpression(it)) => &it.params,
            _ => return,
        };
        if let (Some(value), Some(it)) = (value, parameters.items.get(place))
            && it.initializer.as_ref().is_none_or(|it| is_plain(it))
        {
            self.bind(&it.pattern, value);
        }
    }
}
