//! Names with which the script deals by itself: it writes such a property, or asks whether there is one. Where it does,
//! nothing is said about the name.

use std::collections::{HashMap, HashSet};

use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;

use crate::around::{outside, text_of};
use crate::syntax::Parsed;

/// `return` statements of which the function is looked for: it can be far. With more of them no function is followed.
const RETURNS: usize = 2_000;

pub(super) struct Handled {
    names: HashSet<String>,
    /// Names of properties that can hold something else than what the tool sent.
    changed: HashSet<String>,
    /// The `return` statements of each function that has some.
    returns: HashMap<NodeId, usize>,
    /// All of them.
    seen: usize,
    /// Some function writes properties, of which the names are not known, to what it is given.
    pub(super) writes_any: bool,
}

impl Handled {
    pub(super) fn of(parsed: &Parsed<'_>) -> Self {
        let mut handled = Self {
            names: HashSet::new(),
            changed: HashSet::new(),
            returns: HashMap::new(),
            seen: 0,
            writes_any: false,
        };
        let nodes = parsed.semantic.nodes();
        for node in nodes.iter() {
            handled.node(parsed, node.id(), node.kind());
        }
        handled
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether nothing is certain of what a property of this name holds.
    pub(super) fn is_changed(&self, name: &str) -> bool {
        self.changed.contains(name)
    }

    /// Whether a function has one `return`, and no other.
    pub(super) fn returns_once(&self, function: NodeId) -> bool {
        self.seen <= RETURNS && self.returns.get(&function) == Some(&1)
    }

    fn add(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    fn member(&mut self, parsed: &Parsed<'_>, id: NodeId, name: &str) {
        let (is_written, test) = (is_written(parsed, id), test(parsed, id));
        if is_written || test.is_some() {
            self.add(name);
        }
        if is_written || test == Some(Test::Kind) {
            self.changed.insert(name.to_owned());
        }
    }

    fn node(&mut self, parsed: &Parsed<'_>, id: NodeId, kind: AstKind<'_>) {
        match kind {
            AstKind::StaticMemberExpression(it) => {
                self.member(parsed, id, it.property.name.as_str());
            }
            AstKind::ComputedMemberExpression(it) => match text_of(&it.expression) {
                Some(name) => self.member(parsed, id, &name),
                None if is_written(parsed, id) && !is_own(parsed, &it.object) => {
                    self.writes_any = true;
                }
                _ => {}
            },
            AstKind::BinaryExpression(it) if it.operator == BinaryOperator::In => {
                if let Some(name) = text_of(&it.left) {
                    self.add(&name);
                }
            }
            AstKind::CallExpression(it) if asks(&it.callee) => {
                let arguments = it.arguments.iter();
                for name in arguments.filter_map(|one| text_of(one.as_expression()?)) {
                    self.add(&name);
                }
            }
            AstKind::ReturnStatement(_) => {
                self.seen += 1;
                if self.seen <= RETURNS
                    && let Some(function) = function_of(parsed, id)
                {
                    *self.returns.entry(function).or_default() += 1;
                }
            }
            _ => {}
        }
    }
}

/// The function in which a node stands.
pub(super) fn function_of(parsed: &Parsed<'_>, id: NodeId) -> Option<NodeId> {
    let mut ancestors = parsed.semantic.nodes().ancestors(id);
    let found = ancestors.find(|node| {
        matches!(
            node.kind(),
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
        )
    });
    found.map(|node| node.id())
}

/// `hasOwn`, `hasOwnProperty`, `has` and the like
fn asks(callee: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(it) = callee else {
        return false;
    };
    matches!(
        it.property.name.as_str(),
        "hasOwn" | "hasOwnProperty" | "has" | "get" | "set" | "defineProperty" | "deleteProperty"
    )
}

/// Whether an object is one that the script made itself: `const counts = {}`.
fn is_own(parsed: &Parsed<'_>, object: &Expression<'_>) -> bool {
    let Expression::Identifier(id) = object.get_inner_expression() else {
        return false;
    };
    let scoping = parsed.semantic.scoping();
    let reference = id.reference_id.get().map(|id| scoping.get_reference(id));
    let Some(symbol) = reference.and_then(|reference| reference.symbol_id()) else {
        return false;
    };
    let declaration = parsed.semantic.symbol_declaration(symbol);
    let AstKind::VariableDeclarator(it) = declaration.kind() else {
        return false;
    };
    let made = it.init.as_ref().map(Expression::get_inner_expression);
    matches!(
        made,
        Some(
            Expression::ObjectExpression(_)
                | Expression::ArrayExpression(_)
                | Expression::NewExpression(_)
        )
    )
}

/// Whether a member is what an assignment writes, or is deleted.
pub(super) fn is_written(parsed: &Parsed<'_>, member: NodeId) -> bool {
    let (span, parent, _) = outside(parsed, member);
    match parent {
        AstKind::AssignmentExpression(it) => it.left.span() == span,
        AstKind::AssignmentTargetWithDefault(it) => it.binding.span() == span,
        AstKind::ForOfStatement(it) => it.left.span() == span,
        AstKind::ForInStatement(it) => it.left.span() == span,
        AstKind::UnaryExpression(it) => it.operator == UnaryOperator::Delete,
        AstKind::AssignmentTargetPropertyProperty(it) => it.binding.span() == span,
        AstKind::UpdateExpression(_)
        | AstKind::ArrayAssignmentTarget(_)
        | AstKind::AssignmentTargetRest(_) => true,
        _ => false,
    }
}

/// What a script asks of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// Whether it is there.
    There,
    /// What it is: an array, a text.
    Kind,
}

/// What the script asks of a value where it stands here, if it asks something.
pub(super) fn test(parsed: &Parsed<'_>, value: NodeId) -> Option<Test> {
    let there = |is_test: bool| is_test.then_some(Test::There);
    let mut at = value;
    loop {
        let (span, parent, id) = outside(parsed, at);
        match parent {
            AstKind::UnaryExpression(it) => {
                return match it.operator {
                    UnaryOperator::LogicalNot | UnaryOperator::Void => Some(Test::There),
                    UnaryOperator::Typeof => Some(Test::Kind),
                    _ => None,
                };
            }
            AstKind::IfStatement(it) => return there(it.test.span() == span),
            AstKind::WhileStatement(it) => return there(it.test.span() == span),
            AstKind::DoWhileStatement(it) => return there(it.test.span() == span),
            AstKind::ForStatement(it) => {
                let condition = it.test.as_ref();
                return there(condition.is_some_and(|test| test.span() == span));
            }
            AstKind::ConditionalExpression(it) if it.test.span() == span => {
                return Some(Test::There);
            }
            AstKind::LogicalExpression(it) if it.operator == LogicalOperator::And => {
                if it.left.span() == span {
                    return Some(Test::There);
                }
            }
            AstKind::LogicalExpression(it) => {
                let is_left = it.left.span() == span;
                // Another value of the answer may stand in its place: the script tries names.
                if !is_plain(if is_left { &it.right } else { &it.left }) {
                    return Some(Test::There);
                }
            }
            AstKind::BinaryExpression(it) => return compares(it, span),
            AstKind::CallExpression(it) if it.callee.span() != span => return looks(&it.callee),
            _ => return None,
        }
        at = id;
    }
}

/// `value == null`, `value instanceof Array`
fn compares(it: &BinaryExpression<'_>, span: Span) -> Option<Test> {
    if it.operator == BinaryOperator::Instanceof {
        return Some(Test::Kind);
    }
    let is_left = it.left.span() == span;
    let other = if is_left { &it.right } else { &it.left };
    let is_nothing = match other.get_inner_expression() {
        Expression::NullLiteral(_) => true,
        Expression::Identifier(id) => id.name == "undefined",
        Expression::UnaryExpression(it) => it.operator == UnaryOperator::Void,
        _ => false,
    };
    (it.operator.is_equality() && is_nothing).then_some(Test::There)
}

/// `Array.isArray(value)`, `Boolean(value)`
fn looks(callee: &Expression<'_>) -> Option<Test> {
    match callee {
        Expression::Identifier(id) if id.name == "Boolean" => Some(Test::There),
        Expression::StaticMemberExpression(it) if it.property.name == "isArray" => Some(Test::Kind),
        _ => None,
    }
}

/// A value without properties of its own.
pub(super) fn is_plain(it: &Expression<'_>) -> bool {
    match it.get_inner_expression() {
        Expression::NullLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NumericLiteral(_)
        | Expression::StringLiteral(_) => true,
        Expression::ArrayExpression(it) => it.elements.is_empty(),
        Expression::ObjectExpression(it) => it.properties.is_empty(),
        Expression::Identifier(id) => id.name == "undefined",
        _ => false,
    }
}
