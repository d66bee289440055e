//! `main().then(console.log)`: the value is printed and dropped. It is the result, and is printed all the same.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use super::last::is_print;
use crate::edits::Edits;
use crate::source::Source;

/// Lets the value pass through the function that prints it.
pub(super) fn pass_on(it: &Expression<'_>, edits: &mut Edits, source: Source<'_>) {
    if let Some(printer) = printer(it, source) {
        edits.insert(printer.start, "async($value)=>{await(");
        edits.insert(printer.end, ")($value);return $value;}");
    }
}

/// The function of the last `then`, if it only prints.
fn printer(it: &Expression<'_>, source: Source<'_>) -> Option<Span> {
    let mut at = it.get_inner_expression();
    loop {
        at = match at {
            Expression::AwaitExpression(it) => it.argument.get_inner_expression(),
            Expression::UnaryExpression(it) => it.argument.get_inner_expression(),
            Expression::CallExpression(call) => {
                let Expression::StaticMemberExpression(callee) = &call.callee else {
                    return None;
                };
                match callee.property.name.as_str() {
                    "then" => {
                        let function = call.arguments.first()?.as_expression()?;
                        return prints(function, source).then(|| function.span());
                    }
                    "catch" | "finally" => callee.object.get_inner_expression(),
                    _ => return None,
                }
            }
            _ => return None,
        };
    }
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

fn returns_nothing(function: Span, source: Source<'_>) -> bool {
    !source
        .slice(function.start, function.end)
        .contains("return")
}
