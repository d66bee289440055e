//! One step: what the expression around a value does with it.

use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;

use super::Flow;
use super::handled::{is_plain, is_written};
use super::value::{Value, Wrap};
use crate::around::{called, outside, text_of};

impl<'a> Flow<'_, 'a> {
    pub(super) fn step(&mut self, node: NodeId, value: Value) {
        let (span, parent, id) = outside(self.parsed, node);
        match parent {
            AstKind::AwaitExpression(_) => self.push(id, Some(value.awaited())),
            AstKind::StaticMemberExpression(it) => {
                self.member(id, it.property.name.as_str(), it.property.span, &value);
            }
            AstKind::ComputedMemberExpression(it) if it.object.span() == span => {
                self.computed(id, it, &value);
            }
            AstKind::VariableDeclarator(it) if is_init(it, span) => self.bind(&it.id, value),
            AstKind::ForOfStatement(it) if it.right.span() == span => self.for_of(it, &value),
            AstKind::CallExpression(it) if it.callee.span() != span => {
                self.argument(it, span, &value);
            }
            AstKind::NewExpression(_) => self.escape(&value),
            AstKind::ArrayExpression(it) => self.array(id, it, span, &value),
            AstKind::SpreadElement(_) => self.spread(id, value),
            AstKind::LogicalExpression(it) => {
                let is_left = it.left.span() == span;
                let kept = match it.operator {
                    LogicalOperator::And => !is_left,
                    LogicalOperator::Or | LogicalOperator::Coalesce => {
                        is_left && is_plain(&it.right)
                    }
                };
                self.push(id, kept.then_some(value));
            }
            AstKind::ConditionalExpression(it) => {
                let other = if it.consequent.span() == span {
                    &it.alternate
                } else {
                    &it.consequent
                };
                let kept = it.test.span() != span && is_plain(other);
                self.push(id, kept.then_some(value));
            }
            AstKind::ReturnStatement(_) => self.returned(id, &value),
            AstKind::ArrowFunctionExpression(_) => self.result_of(id, &value),
            _ => {}
        }
    }

    fn member(&mut self, member: NodeId, name: &str, at: Span, value: &Value) {
        if is_written(self.parsed, member) {
            return;
        }
        let call = called(self.parsed, member);
        match (value.outer(), call) {
            (Some(Wrap::Promise), call) => self.of_promise(name, at, call, value),
            (Some(Wrap::Place(_)), _) | (Some(Wrap::Array), None) => {}
            (Some(Wrap::Array), Some(call)) => self.method(name, call, value),
            (None, Some(call)) => {
                self.read(value, name, at);
                self.method(name, call, value);
            }
            (None, None) => {
                self.read(value, name, at);
                self.push(member, value.property(name));
            }
        }
    }

    fn computed(&mut self, member: NodeId, it: &ComputedMemberExpression<'a>, value: &Value) {
        if let Some(name) = text_of(&it.expression) {
            return self.member(member, &name, it.expression.span(), value);
        }
        if is_written(self.parsed, member) {
            self.unsure.insert(value.tool);
            return;
        }
        let element = match place_of(&it.expression) {
            Some(place) => value.element_at(place),
            None => value.element(),
        };
        self.push(member, element);
    }

    fn for_of(&mut self, it: &ForOfStatement<'a>, value: &Value) {
        let Some(element) = value.element() else {
            return;
        };
        let element = match it.r#await {
            true => element.awaited(),
            false => element,
        };
        if let ForStatementLeft::VariableDeclaration(declared) = &it.left
            && let [only] = declared.declarations.as_slice()
        {
            self.bind(&only.id, element);
        }
    }

    fn array(&mut self, id: NodeId, it: &ArrayExpression<'a>, span: Span, value: &Value) {
        for (place, element) in it.elements.iter().enumerate() {
            match element.as_expression() {
                Some(found) if found.span() == span => {
                    return self.push(id, value.at_place(place));
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    /// `[...list]` is a list of the same elements.
    fn spread(&mut self, id: NodeId, value: Value) {
        let nodes = self.parsed.semantic.nodes();
        let parent = nodes.parent_node(id);
        if let AstKind::ArrayExpression(it) = parent.kind()
            && it.elements.len() == 1
        {
            self.push(parent.id(), Some(value));
        }
    }
}

fn is_init(it: &VariableDeclarator<'_>, span: Span) -> bool {
    it.init.as_ref().is_some_and(|init| init.span() == span)
}

/// `0` in `list[0]`
fn place_of(it: &Expression<'_>) -> Option<usize> {
    let Expression::NumericLiteral(it) = it.get_inner_expression() else {
        return None;
    };
    it.raw.as_ref()?.as_str().parse().ok()
}
