//! The result of a script that exports no default: its last expression, an export, or a function that it does not call.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::symbol::SymbolId;

use crate::edits::Edits;
use crate::source::Source;
use crate::syntax::Parsed;
use crate::type_only;

/// Names of functions and constants that are the result when nothing else is.
pub(super) const RESULTS: [&str; 9] = [
    "main", "run", "handler", "execute", "script", "result", "results", "output", "answer",
];

/// Exports what the script computes last, if it is anything. Gives what has to be appended.
pub(super) fn export(parsed: &Parsed<'_>, edits: &mut Edits) -> Option<Option<String>> {
    let program = parsed.program;
    if program.body.is_empty() {
        // A lone string is a directive.
        let last = program.directives.last()?;
        edits.insert_first(last.span.start, "export default ");
        return Some(None);
    }
    if let Some(Statement::ExpressionStatement(it)) = last_statement(&program.body)
        && !is_print(&it.expression)
    {
        put_before(it, "export default ", edits);
        return Some(None);
    }
    let name = exported(&program.body).or_else(|| uncalled(parsed))?;
    Some(Some(format!(";export {{ {name} as default }};")))
}

/// The last statement that does something.
pub(super) fn last_statement<'b, 'a>(body: &'b [Statement<'a>]) -> Option<&'b Statement<'a>> {
    body.iter().rev().find(|it| {
        let is_declared = matches!(
            it,
            Statement::FunctionDeclaration(_)
                | Statement::ClassDeclaration(_)
                | Statement::EmptyStatement(_)
                | Statement::ImportDeclaration(_)
        );
        !is_declared && !type_only::statement(it)
    })
}

/// Puts `export default` or `return` before an expression.
pub(super) fn put_before(it: &ExpressionStatement<'_>, keyword: &str, edits: &mut Edits) {
    let mut start = it.span.start;
    if let Expression::UnaryExpression(unary) = &it.expression
        && is_call(&unary.argument)
    {
        // `void main()` and `!function () {}()` drop what the function gives.
        let argument = unary.argument.span().start;
        edits.blank(start, argument);
        start = argument;
    }
    // A function that is called would be read as a declaration.
    if start != it.span.start || matches!(it.expression, Expression::SequenceExpression(_)) {
        edits.insert_first(start, format!("{keyword}("));
        edits.insert(it.expression.span().end, ")");
    } else {
        edits.insert_first(start, keyword);
    }
}

fn is_call(it: &Expression<'_>) -> bool {
    match it.without_parentheses() {
        Expression::CallExpression(_) => true,
        Expression::AwaitExpression(it) => is_call(&it.argument),
        _ => false,
    }
}

/// `console.log(...)` and `log(...)` give nothing.
pub(super) fn is_print(it: &Expression<'_>) -> bool {
    let Expression::CallExpression(call) = it.without_parentheses() else {
        return matches!(it, Expression::AwaitExpression(it) if is_print(&it.argument));
    };
    match &call.callee {
        Expression::StaticMemberExpression(it) => match &it.object {
            Expression::Identifier(id) => id.name == "console" || id.name == "log",
            _ => false,
        },
        Expression::Identifier(id) => id.name == "log",
        _ => false,
    }
}

/// The export that is the result: one of a known name, or the only one.
fn exported(body: &[Statement<'_>]) -> Option<String> {
    let mut names: Vec<(String, String)> = Vec::new();
    for statement in body.iter().filter(|it| !type_only::statement(it)) {
        match statement {
            Statement::ExportDeclaration(it) => match &it.declaration {
                Declaration::VariableDeclaration(it) => {
                    let ids = it
                        .declarations
                        .iter()
                        .flat_map(|one| one.id.get_binding_identifiers());
                    names.extend(ids.map(|id| (id.name.to_string(), id.name.to_string())));
                }
                other => names.extend(
                    other
                        .id()
                        .map(|id| (id.name.to_string(), id.name.to_string())),
                ),
            },
            Statement::ExportNamedDeclaration(it) => {
                let values = it
                    .specifiers
                    .iter()
                    .filter(|one| one.export_kind == ImportOrExportKind::Value);
                names.extend(values.map(|one| {
                    (
                        one.exported.name().to_string(),
                        one.local.name().to_string(),
                    )
                }));
            }
            _ => {}
        }
    }
    let known = RESULTS
        .iter()
        .find_map(|known| names.iter().find(|(name, _)| name == known));
    let only = || {
        if names.len() == 1 {
            names.first()
        } else {
            None
        }
    };
    known.or_else(only).map(|(_, local)| local.clone())
}

/// A function that is declared and not called, or a last constant that is not read.
fn uncalled(parsed: &Parsed<'_>) -> Option<String> {
    let body = &parsed.program.body;
    let mut functions = Vec::new();
    for statement in body.iter().filter(|it| !type_only::statement(it)) {
        match statement {
            Statement::FunctionDeclaration(it) => {
                functions.extend(it.id.as_ref().map(|id| (id, it.span)))
            }
            Statement::VariableDeclaration(it) => {
                let held = it
                    .declarations
                    .iter()
                    .filter(|one| one.init.as_ref().is_some_and(is_function));
                functions.extend(
                    held.filter_map(|one| Some((one.id.get_binding_identifier()?, one.span))),
                );
            }
            _ => {}
        }
    }
    functions.retain(|(id, span)| {
        id.symbol_id
            .get()
            .is_some_and(|symbol| is_unused(parsed, symbol, *span))
    });
    let known = RESULTS
        .iter()
        .find_map(|known| functions.iter().find(|(id, _)| id.name == *known));
    let only = || {
        if functions.len() == 1 {
            functions.first()
        } else {
            None
        }
    };
    if let Some((id, _)) = known.or_else(only) {
        return Some(id.name.to_string());
    }
    let Some(Statement::VariableDeclaration(it)) = last_statement(body) else {
        return None;
    };
    let one = it.declarations.last()?;
    let id = one.id.get_binding_identifier()?;
    let unread = is_unused(parsed, id.symbol_id.get()?, one.span);
    (unread && one.init.is_some()).then(|| id.name.to_string())
}

fn is_function(it: &Expression<'_>) -> bool {
    matches!(
        it.without_parentheses(),
        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
    )
}

/// Whether a name is used only by what it names.
fn is_unused(parsed: &Parsed<'_>, symbol: SymbolId, own: Span) -> bool {
    let nodes = parsed.semantic.nodes();
    let mut references = parsed.semantic.scoping().get_resolved_references(symbol);
    references.all(|reference| {
        let at = nodes.kind(reference.node_id()).span();
        own.start <= at.start && at.end <= own.end
    })
}

/// The only `return`, where it is the last statement of the text.
pub(super) fn only_return<'b, 'a>(
    body: &'b [Statement<'a>],
    returns: &[Span],
) -> Option<&'b ReturnStatement<'a>> {
    match (returns, last_statement(body)) {
        ([only], Some(Statement::ReturnStatement(it))) if it.span == *only => Some(it),
        _ => None,
    }
}

pub(super) fn export_return(it: &ReturnStatement<'_>, edits: &mut Edits, source: Source<'_>) {
    let Some(value) = &it.argument else {
        edits.remove(it.span.start, it.span.end);
        return;
    };
    let start = it.span.start;
    edits.replace(source.text, start, start + 6, "export default");
    protect(value, edits, source);
}

/// Puts brackets around a value that `export default` would read as less than all of it: `a, b`, `function () {}()`.
pub(super) fn protect(value: &Expression<'_>, edits: &mut Edits, source: Source<'_>) {
    let span = value.span();
    let word = source.word(span.start);
    let is_whole = matches!(
        value,
        Expression::FunctionExpression(_)
            | Expression::ClassExpression(_)
            | Expression::ArrowFunctionExpression(_)
    );
    let is_declared = matches!(word, "function" | "class" | "async") && !is_whole;
    if is_declared || matches!(value, Expression::SequenceExpression(_)) {
        // Behind what was written over the text before.
        edits.insert(span.start, "(");
        edits.insert(span.end, ")");
    }
}
