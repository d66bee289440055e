//! `main().then(console.log).catch(console.error)`: the value is printed and dropped, as is a failure. Both are still
//! printed. The value is the result, and the failure is that of the script.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use super::last::is_print;
use crate::edits::Edits;
use crate::source::Source;

/// Lets a value and a failure pass through the functions that print them.
pub(super) fn pass_on(it: &Expression<'_>, edits: &mut Edits, source: Source<'_>) {
    let mut at = it.get_inner_expression();
    loop {
        at = match at {
            Expression::AwaitExpression(it) => it.argument.get_inner_expression(),
            Expression::UnaryExpression(it) => it.argument.get_inner_expression(),
            Expression::CallExpression(call) => {
                let Expression::StaticMemberExpression(callee) = &call.callee else {
                    return;
                };
                let function = call.arguments.first().and_then(Argument::as_expression);
                match (callee.property.name.as_str(), function) {
                    ("then", Some(function)) => {
                        if prints(function, source) {
                            around(function, edits, VALUE);
                        }
                        return;
                    }
                    ("catch", Some(function)) => {
                        if !only_prints(function) {
                            return;
                        }
                        around(function, edits, FAILURE);
                    }
                    ("finally", _) => {}
                    _ => return,
                }
                callee.object.get_inner_expression()
            }
            _ => return,
        };
    }
}

/// What stands before and behind a function that prints.
type Around = [&'static str; 2];
const VALUE: Around = ["async($value)=>{await(", ")($value);return $value;}"];
/// What the function throws itself is less than the failure, as where it calls `process.exit`.
const FAILURE: Around = [
    "async($error)=>{try{await(",
    ")($error)}finally{throw $error}}",
];

fn around(function: &Expression<'_>, edits: &mut Edits, [before, behind]: Around) {
    let Span { start, end, .. } = function.span();
    edits.insert(start, before);
    edits.insert(end, behind);
}

/// `console.log`, or a function that returns nothing of its own.
fn prints(function: &Expression<'_>, source: Source<'_>) -> bool {
    match function.get_inner_expression() {
        Expression::StaticMemberExpression(it) => {
            matches!(&it.object, Expression::Identifier(id) if id.name == "console")
        }
        Expression::ArrowFunctionExpression(it) => match it.body.as_expression() {
            Some(value) => is_print(value),
            None => returns_nothing(it.span, source),
        },
        Expression::FunctionExpression(it) => !it.generator && returns_nothing(it.span, source),
        _ => false,
    }
}

/// `console.error`, or a function that prints, ends the process, and does nothing else.
fn only_prints(function: &Expression<'_>) -> bool {
    let body = match function.get_inner_expression() {
        Expression::StaticMemberExpression(it) => {
            return matches!(&it.object, Expression::Identifier(id) if id.name == "console");
        }
        Expression::ArrowFunctionExpression(it) => match &it.body {
            ArrowFunctionBody::FunctionBody(body) => body,
            other => return other.as_expression().is_some_and(is_print),
        },
        Expression::FunctionExpression(it) => match &it.body {
            Some(body) if !it.generator => body,
            _ => return false,
        },
        _ => return false,
    };
    let mut statements = body.statements.iter();
    // An empty function drops the failure on purpose.
    !body.statements.is_empty()
        && statements.all(|statement| match statement {
            Statement::ExpressionStatement(it) => {
                is_print(&it.expression) || is_exit(&it.expression)
            }
            _ => false,
        })
}

/// `process.exit(1)`, `process.exitCode = 1`
fn is_exit(it: &Expression<'_>) -> bool {
    let object = match it {
        Expression::CallExpression(call) => match &call.callee {
            Expression::StaticMemberExpression(it) => &it.object,
            _ => return false,
        },
        Expression::AssignmentExpression(it) => match &it.left {
            AssignmentTarget::StaticMemberExpression(it) => &it.object,
            _ => return false,
        },
        _ => return false,
    };
    matches!(object, Expression::Identifier(id) if id.name == "process")
}

fn returns_nothing(function: Span, source: Source<'_>) -> bool {
    !source
        .slice(function.start, function.end)
        .contains("return")
}
