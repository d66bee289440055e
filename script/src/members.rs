//! What a script does with a namespace: which members it names, and where it cannot be known which. A namespace that is
//! passed on as a whole is refused.

use mcp_codegen::near;
use std::collections::HashSet;

use oxc_ast::AstKind;
use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::node::NodeId;
use oxc_syntax::symbol::SymbolId;

use crate::around::{is_transparent, text_of};
use crate::collect::{Collector, Module};
use crate::diagnostic::{Code, quoted};
use crate::faults::Faults;
use crate::literal::key;
use crate::manifest::HostName;
use crate::syntax::Parsed;

/// What one reference does.
pub(crate) enum Use {
    /// Nothing that could call a tool.
    Nothing,
    /// Names members.
    Members(Vec<Member>),
    /// Gives it another name.
    Alias(SymbolId),
    /// Anything else.
    Dynamic(Span, Why),
}

pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) span: Span,
    /// The expression that is the member.
    node: Option<NodeId>,
    /// The name that holds it.
    symbol: Option<SymbolId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Indexed,
    Passed,
    Spread,
    Rest,
    Listed,
    Assigned,
}

/// Follows a namespace through all its names.
pub(crate) fn follow(
    collector: &mut Collector<'_, '_>,
    faults: &mut Faults,
    module: &Module,
    name: &str,
    symbol: SymbolId,
) {
    let parsed = collector.parsed;
    let scoping = parsed.semantic.scoping();
    let mut seen = HashSet::from([symbol]);
    let mut open = vec![symbol];
    while let Some(symbol) = open.pop() {
        for reference in scoping.get_resolved_references(symbol) {
            if !reference.flags().is_value() {
                continue;
            }
            let found = if reference.is_write() {
                Use::Dynamic(
                    parsed.semantic.nodes().kind(reference.node_id()).span(),
                    Why::Assigned,
                )
            } else {
                use_of(parsed, reference.node_id())
            };
            if let Some(alias) = record(collector, faults, module, name, found)
                && seen.insert(alias)
            {
                open.push(alias);
            }
        }
    }
}

/// Puts a use into the manifest, or refuses it. An alias is left to the caller.
pub(crate) fn record(
    collector: &mut Collector<'_, '_>,
    faults: &mut Faults,
    module: &Module,
    name: &str,
    found: Use,
) -> Option<SymbolId> {
    match found {
        Use::Nothing => {}
        Use::Alias(symbol) => return Some(symbol),
        Use::Dynamic(span, why) => refuse(faults, name, span, why),
        Use::Members(members) => {
            for member in members {
                match module {
                    Module::Tools { specifier, server } => {
                        let tool = collector.tool(specifier, server, &member.name, member.span);
                        if let Some(node) = member.node {
                            collector.calls_of_node(tool, node);
                        }
                        if let Some(symbol) = member.symbol {
                            collector.calls_of_symbol(tool, symbol);
                        }
                    }
                    Module::Host => host_member(collector, faults, &member.name, member.span),
                }
            }
        }
    }
    None
}

/// Puts an export of `mcp-host` into the manifest.
pub(crate) fn host_member(
    collector: &mut Collector<'_, '_>,
    faults: &mut Faults,
    name: &str,
    span: Span,
) {
    match HostName::find(name) {
        Some(found) => collector.host(found, span),
        None => {
            let names = HostName::ALL.iter().map(|name| name.name());
            faults.error(
                Code::UnknownImport,
                span,
                format!("{} is not in \"mcp-host\"", quoted(name)),
                hint(name, names),
            );
        }
    }
}

/// `did you mean a, b`, or which names there are.
fn hint<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let near = near::near(name, names.iter().copied());
    if near.is_empty() {
        let listed: Vec<_> = names.iter().take(12).copied().collect();
        return format!("there is {}", listed.join(", "));
    }
    format!("did you mean {}", near.join(", "))
}

/// What the expression around a node does with its value.
pub(crate) fn use_of(parsed: &Parsed<'_>, node: NodeId) -> Use {
    let nodes = parsed.semantic.nodes();
    let mut child = node;
    let mut parent = nodes.parent_node(child);
    while is_transparent(&parent.kind()) {
        child = parent.id();
        parent = nodes.parent_node(child);
    }
    let span = nodes.kind(child).span();
    let dynamic = |why| Use::Dynamic(span, why);
    let member = |name: String, span, node| {
        let symbol = held_by(parsed, node);
        Use::Members(vec![Member {
            name,
            span,
            node: Some(node),
            symbol,
        }])
    };
    match parent.kind() {
        AstKind::StaticMemberExpression(it) => member(
            it.property.name.as_str().to_owned(),
            it.property.span,
            parent.id(),
        ),
        AstKind::ComputedMemberExpression(it) if it.object.span() == span => {
            match text_of(&it.expression) {
                Some(name) => member(name, it.expression.span(), parent.id()),
                None => Use::Dynamic(it.span, Why::Indexed),
            }
        }
        AstKind::TSQualifiedName(it) => match nodes.parent_kind(parent.id()) {
            AstKind::TSImportEqualsDeclaration(_) => member(
                it.right.name.as_str().to_owned(),
                it.right.span,
                parent.id(),
            ),
            _ => Use::Nothing,
        },
        AstKind::VariableDeclarator(it)
            if it.init.as_ref().is_some_and(|init| init.span() == span) =>
        {
            declared(parsed, it, span)
        }
        AstKind::AssignmentExpression(it) if it.right.span() == span => match &it.left {
            AssignmentTarget::ObjectAssignmentTarget(target) => assigned(target),
            _ => dynamic(Why::Passed),
        },
        AstKind::UnaryExpression(it) if it.operator != UnaryOperator::Delete => Use::Nothing,
        AstKind::ExpressionStatement(_)
        | AstKind::IfStatement(_)
        | AstKind::WhileStatement(_)
        | AstKind::ExportSpecifier(_)
        | AstKind::TSTypeQuery(_)
        | AstKind::TSTypeReference(_) => Use::Nothing,
        AstKind::ConditionalExpression(it) if it.test.span() == span => Use::Nothing,
        AstKind::LogicalExpression(it)
            if it.operator == LogicalOperator::And && it.left.span() == span =>
        {
            Use::Nothing
        }
        AstKind::BinaryExpression(it)
            if it.operator.is_equality() || it.operator == BinaryOperator::In =>
        {
            Use::Nothing
        }
        AstKind::SpreadElement(_) => dynamic(Why::Spread),
        AstKind::ForInStatement(_) | AstKind::ForOfStatement(_) => dynamic(Why::Listed),
        AstKind::CallExpression(it) if lists(&it.callee) => dynamic(Why::Listed),
        _ => dynamic(Why::Passed),
    }
}

/// `const x = EXPRESSION`
fn declared(parsed: &Parsed<'_>, it: &VariableDeclarator<'_>, span: Span) -> Use {
    match &it.id {
        BindingPattern::BindingIdentifier(id) => match id.symbol_id.get() {
            Some(symbol) if !parsed.semantic.scoping().symbol_is_mutated(symbol) => {
                Use::Alias(symbol)
            }
            _ => Use::Dynamic(span, Why::Passed),
        },
        BindingPattern::ObjectPattern(pattern) => destructured(pattern),
        _ => Use::Dynamic(span, Why::Passed),
    }
}

/// `const { a, b: c } = EXPRESSION`
fn destructured(pattern: &ObjectPattern<'_>) -> Use {
    if let Some(rest) = &pattern.rest {
        return Use::Dynamic(rest.span, Why::Rest);
    }
    let mut members = Vec::new();
    for property in &pattern.properties {
        let Some(name) = key(&property.key, property.computed) else {
            return Use::Dynamic(property.span, Why::Indexed);
        };
        let held = match &property.value {
            BindingPattern::AssignmentPattern(it) => &it.left,
            other => other,
        };
        let symbol = match held {
            BindingPattern::BindingIdentifier(id) => id.symbol_id.get(),
            _ => None,
        };
        members.push(Member {
            name,
            span: property.key.span(),
            node: None,
            symbol,
        });
    }
    Use::Members(members)
}

/// `({ a, b: c } = EXPRESSION)`
fn assigned(target: &ObjectAssignmentTarget<'_>) -> Use {
    if let Some(rest) = &target.rest {
        return Use::Dynamic(rest.span, Why::Rest);
    }
    let mut members = Vec::new();
    for property in &target.properties {
        let (name, span) = match property {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(it) => {
                (it.binding.name.as_str().to_owned(), it.binding.span)
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(it) => {
                match key(&it.name, it.computed) {
                    Some(name) => (name, it.name.span()),
                    None => return Use::Dynamic(it.span, Why::Indexed),
                }
            }
        };
        members.push(Member {
            name,
            span,
            node: None,
            symbol: None,
        });
    }
    Use::Members(members)
}

/// The constant that holds an expression: `const list = github.list_issues`.
fn held_by(parsed: &Parsed<'_>, node: NodeId) -> Option<SymbolId> {
    let AstKind::VariableDeclarator(it) = parsed.semantic.nodes().parent_kind(node) else {
        return None;
    };
    match &it.id {
        BindingPattern::BindingIdentifier(id) => {
            let symbol = id.symbol_id.get()?;
            (!parsed.semantic.scoping().symbol_is_mutated(symbol)).then_some(symbol)
        }
        _ => None,
    }
}

/// `Object.keys`, `Object.entries`, `Object.values`, `Reflect.ownKeys`
fn lists(callee: &Expression<'_>) -> bool {
    let Expression::StaticMemberExpression(it) = callee else {
        return false;
    };
    matches!(
        it.property.name.as_str(),
        "keys" | "entries" | "values" | "ownKeys" | "getOwnPropertyNames"
    )
}

fn refuse(faults: &mut Faults, name: &str, span: Span, why: Why) {
    let name = quoted(name);
    let bare = name.trim_matches('"');
    // A module that is required has no name of its own.
    let bare = if bare.contains(':') { "server" } else { bare };
    let (message, hint) = match why {
        Why::Indexed => (
            format!(
                "{name} is indexed by a value, so that the tools that it can call are not known"
            ),
            format!("name the tools: {{ a: {bare}.a, b: {bare}.b }}[key]"),
        ),
        Why::Passed => (
            format!(
                "{name} is passed on as a whole, so that the tools that are called are not known"
            ),
            format!("pass the tools that are needed: {{ get_item: {bare}.get_item }}"),
        ),
        Why::Spread => (
            format!("{name} is spread, so that the tools that are called are not known"),
            format!("name the tools: {{ get_item: {bare}.get_item }}"),
        ),
        Why::Rest => (
            format!("the rest of {name} is taken, so that the tools that are called are not known"),
            format!("name the tools: const {{ get_item, list_items }} = {bare}"),
        ),
        Why::Listed => (
            format!("{name} is listed, so that the tools that are called are not known"),
            "a script sees the tools that it names, and no others: name them".to_owned(),
        ),
        Why::Assigned => (
            format!("{name} is an import, which cannot be assigned"),
            "use another name".to_owned(),
        ),
    };
    faults.error(Code::NotStatic, span, message, hint);
}
