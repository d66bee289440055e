//! Classes: modifiers and heritage become blank, parameter properties become assignments at the start of the
//! constructor. Walks no expression.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::place::offset;
use crate::source::Source;

/// Blanks `abstract` and `implements ...`.
pub(super) fn head(it: &Class<'_>, source: Source<'_>, edits: &mut Edits) {
    if it.r#abstract {
        let start = it
            .decorators
            .last()
            .map_or(it.span.start, |last| last.span.end);
        if let Some(at) = source.token(start, "abstract") {
            edits.blank(at, at + 8);
        }
    }
    let Some(last) = it.implements.last() else {
        return;
    };
    let mut end = it.span.start;
    if let Some(id) = &it.id {
        end = id.span.end;
    }
    if let Some(types) = &it.type_parameters {
        end = types.span.end;
    }
    if let Some(heritage) = &it.heritage {
        end = heritage.expression.span().end;
        end = heritage
            .type_arguments
            .as_ref()
            .map_or(end, |types| types.span.end);
    }
    if it.id.is_none() && it.type_parameters.is_none() && it.heritage.is_none() {
        // `class implements A {}`
        end = source
            .token(it.span.start, "class")
            .map_or(end, |at| at + 5);
    }
    if let Some(at) = source.token(end, "implements") {
        edits.blank(at, last.span.end);
    }
}

/// Blanks the modifiers that JavaScript lacks. Where a field without a semicolon precedes, `[` and `*` would belong to
/// it.
pub(super) fn modifiers(
    decorators: &[Decorator<'_>],
    member: Span,
    key: &PropertyKey<'_>,
    hazard: bool,
    source: Source<'_>,
    edits: &mut Edits,
) {
    let key_start = key.span().start;
    let first = source.next(decorators.last().map_or(member.start, |last| last.span.end));
    let mut at = first;
    let mut only_blank = true;
    while at < key_start {
        let word = source.word(at);
        let end = at + offset(word.len());
        match word {
            "public" | "private" | "protected" | "readonly" | "override" | "abstract"
            | "declare" => {
                edits.blank(at, end);
            }
            "" => break,
            _ => only_blank = false,
        }
        at = source.next(end);
    }
    let blanked = first < key_start && at > first;
    if blanked && only_blank && (hazard || matches!(source.word(key_start), "in" | "instanceof")) {
        edits.put(first, ";");
    }
}

/// The end of a key, with its bracket.
pub(super) fn key_end(key: &PropertyKey<'_>, computed: bool, source: Source<'_>) -> u32 {
    let end = key.span().end;
    match source.token(end, "]") {
        Some(at) if computed => at + 1,
        _ => end,
    }
}

/// `constructor(private a: string) {}` assigns `this.a = a` first, or right after `super(...)`.
pub(super) fn parameter_properties(
    it: &Class<'_>,
    source: Source<'_>,
    edits: &mut Edits,
    faults: &mut Faults,
) {
    let constructor = it.body.body.iter().find_map(|member| match member {
        ClassElement::MethodDefinition(found)
            if found.kind == MethodDefinitionKind::Constructor && found.value.body.is_some() =>
        {
            Some(found)
        }
        _ => None,
    });
    let Some((constructor, body)) =
        constructor.and_then(|found| Some((found, found.value.body.as_ref()?)))
    else {
        return;
    };
    let mut assignments = String::new();
    let mut first = None;
    for param in &constructor.value.params.items {
        if param.accessibility.is_none() && !param.readonly && !param.r#override {
            continue;
        }
        first = first.or(Some(param.span));
        if let BindingPattern::BindingIdentifier(id) = &param.pattern {
            let name = source.slice(id.span.start, id.span.end);
            assignments.push_str(&format!("this.{name}={name};"));
        }
    }
    let Some(first) = first else {
        return;
    };
    let start = body
        .directives
        .last()
        .map_or(body.span.start + 1, |last| last.span.end);
    if it.heritage.is_none() {
        edits.insert(start, format!(";{assignments}"));
        return;
    }
    let after_super = body
        .statements
        .iter()
        .find(|statement| is_super_call(statement));
    match after_super {
        Some(statement) => edits.insert(statement.span().end, format!(";{assignments}")),
        None => faults.error(
            Code::Syntax,
            first,
            "a parameter property needs `super(...)` as a statement of the constructor",
            "declare the field in the class, and assign it in the constructor: `this.name = name`",
        ),
    }
}

fn is_super_call(statement: &Statement<'_>) -> bool {
    let Statement::ExpressionStatement(it) = statement else {
        return false;
    };
    matches!(&it.expression, Expression::CallExpression(call) if matches!(call.callee, Expression::Super(_)))
}
