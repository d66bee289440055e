//! What the result of a script is, in all forms in which scripts are written: `export default`, `return` outside of a
//! function, `module.exports`, a function that the script does not call, the last expression. Knows no tools.

mod last;
mod printed;
mod wrap;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::imports::Import;
use crate::syntax::Parsed;

/// What was found.
pub(crate) struct Form {
    /// `module.exports = ` is the result.
    pub(crate) has_module: bool,
    /// Lines for the end of the text.
    pub(crate) tail: Vec<String>,
}

pub(crate) fn result<'a>(
    parsed: &Parsed<'a>,
    returns: &[Span],
    imports: &[Import],
    edits: &mut Edits,
    faults: &mut Faults,
) -> Form {
    let body = &parsed.program.body;
    let mut form = Form {
        has_module: false,
        tail: Vec::new(),
    };
    let mut defaults = body.iter().filter(|it| is_default(it));
    let has_default = defaults.next().is_some();
    if let Some(second) = defaults.next() {
        faults.error(
            Code::Syntax,
            second.span(),
            "the script has a second default export",
            "export one value by default: an object can hold both",
        );
    }
    for statement in body {
        if let Statement::TSExportAssignment(it) = statement {
            last::protect(&it.expression, edits, parsed.source());
        }
    }
    if !returns.is_empty() {
        form.tail = match last::only_return(body, returns) {
            Some(found) if !has_default => {
                last::export_return(found, edits, parsed.source());
                Vec::new()
            }
            _ => wrap::in_function(parsed, imports, has_default, edits),
        };
    } else if !has_default {
        if let Some((statement, value)) =
            body.iter().rev().find_map(|it| module_exports(it, parsed))
        {
            edits.replace(
                parsed.source().text,
                statement.start,
                value.span().start,
                "export default ",
            );
            last::protect(value, edits, parsed.source());
            form.has_module = true;
        } else if let Some(tail) = last::export(parsed, edits) {
            if let Some(Statement::ExpressionStatement(it)) = last::last_statement(body)
                && tail.is_none()
            {
                printed::pass_on(&it.expression, edits, parsed.source());
            }
            form.tail.extend(tail);
        } else {
            let end = body.last().map_or(0, |last| last.span().end);
            faults.warn(
                Code::NoResult,
                Span::empty(end.saturating_sub(1)),
                "the script has no result",
                "end it with `export default value`",
            );
        }
    }
    form
}

fn is_default(statement: &Statement<'_>) -> bool {
    let names_default =
        |list: &[ExportSpecifier<'_>]| list.iter().any(|one| one.exported.name() == "default");
    match statement {
        Statement::ExportDefaultDeclaration(_) => !crate::type_only::statement(statement),
        Statement::TSExportAssignment(_) => true,
        Statement::ExportNamedDeclaration(it) => names_default(&it.specifiers),
        Statement::ExportFromDeclaration(it) => names_default(&it.specifiers),
        _ => false,
    }
}

/// `module.exports = VALUE`, `exports.run = VALUE`: the statement and the value.
fn module_exports<'b, 'a>(
    statement: &'b Statement<'a>,
    parsed: &Parsed<'a>,
) -> Option<(Span, &'b Expression<'a>)> {
    let Statement::ExpressionStatement(it) = statement else {
        return None;
    };
    let Expression::AssignmentExpression(assignment) = &it.expression else {
        return None;
    };
    let AssignmentTarget::StaticMemberExpression(target) = &assignment.left else {
        return None;
    };
    let unresolved = |id: &IdentifierReference<'_>| {
        let reference = id
            .reference_id
            .get()
            .map(|id| parsed.semantic.scoping().get_reference(id));
        reference.is_some_and(|reference| reference.symbol_id().is_none())
    };
    let is_result = |name: &str| name == "default" || last::RESULTS.contains(&name);
    let found = match &target.object {
        Expression::Identifier(id) if id.name == "module" => {
            target.property.name == "exports" && unresolved(id)
        }
        Expression::Identifier(id) if id.name == "exports" => {
            is_result(&target.property.name) && unresolved(id)
        }
        Expression::StaticMemberExpression(inner) => match &inner.object {
            Expression::Identifier(id)
                if id.name == "module" && inner.property.name == "exports" =>
            {
                is_result(&target.property.name) && unresolved(id)
            }
            _ => false,
        },
        _ => false,
    };
    found.then(|| (it.span, &assignment.right))
}
