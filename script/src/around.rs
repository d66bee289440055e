//! What stands around a node of the tree, without what only wraps it. Follows no names.

use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;

use crate::syntax::Parsed;

/// The span of an expression with all that only wraps it, and the node around that.
pub(crate) fn outside<'a>(parsed: &Parsed<'a>, node: NodeId) -> (Span, AstKind<'a>, NodeId) {
    let nodes = parsed.semantic.nodes();
    let (mut child, mut parent) = (node, nodes.parent_node(node));
    while is_transparent(&parent.kind()) {
        (child, parent) = (parent.id(), nodes.parent_node(parent.id()));
    }
    (nodes.kind(child).span(), parent.kind(), parent.id())
}

/// A text that stands in the source.
pub(crate) fn text_of(it: &Expression<'_>) -> Option<String> {
    match it.get_inner_expression() {
        Expression::StringLiteral(it) => Some(it.value.as_str().to_owned()),
        Expression::TemplateLiteral(it) if it.expressions.is_empty() => {
            let cooked = it.quasis.first()?.value.cooked.as_ref()?;
            Some(cooked.as_str().to_owned())
        }
        _ => None,
    }
}

/// The call whose callee this node is.
pub(crate) fn called<'a>(parsed: &Parsed<'a>, node: NodeId) -> Option<&'a CallExpression<'a>> {
    match outside(parsed, node) {
        (span, AstKind::CallExpression(call), _) if call.callee.span() == span => Some(call),
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
