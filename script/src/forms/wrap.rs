//! A script that returns outside of functions becomes the body of one. Imports go to the end of the text, exports lose
//! their keyword.

use oxc_ast::ast::*;
use oxc_span::GetSpan;

use super::last;
use crate::edits::Edits;
use crate::imports::Import;
use crate::syntax::Parsed;

pub(super) fn in_function(
    parsed: &Parsed<'_>,
    imports: &[Import],
    has_default: bool,
    edits: &mut Edits,
) -> Vec<String> {
    let source = parsed.source();
    let body = &parsed.program.body;
    let is_import = |it: &Statement<'_>| {
        let span = it.span();
        imports.iter().any(|import| import.span == span)
    };
    let Some(first) = body.iter().find(|it| !is_import(it)) else {
        return Vec::new();
    };
    let start = first.span().start;
    let end = body.last().map_or(start, |last| last.span().end);
    let mut tail = Vec::new();
    for import in imports.iter().filter(|import| import.span.start > start) {
        edits.remove(import.span.start, import.span.end);
        tail.extend(import.text.clone());
    }
    for statement in body {
        let span = statement.span();
        match statement {
            Statement::ExportDeclaration(_) => edits.blank(span.start, span.start + 6),
            Statement::ExportNamedDeclaration(_) | Statement::ExportFromDeclaration(_) => {
                edits.remove(span.start, span.end);
            }
            Statement::ExportDefaultDeclaration(it) if !crate::type_only::statement(statement) => {
                edits.replace(
                    source.text,
                    span.start,
                    it.declaration.span().start,
                    "return ",
                );
                // A declaration needs no semicolon, and what is returned does.
                edits.insert(span.end, ";");
            }
            Statement::TSExportAssignment(it) => {
                edits.replace(
                    source.text,
                    span.start,
                    it.expression.span().start,
                    "return ",
                );
            }
            _ => {}
        }
    }
    if !has_default
        && let Some(Statement::ExpressionStatement(it)) = last::last_statement(body)
        && !last::is_print(&it.expression)
    {
        last::put_before(it, "return ", edits);
    }
    edits.insert_first(start, "export default (async () => {");
    edits.insert(end, "})();");
    tail
}
