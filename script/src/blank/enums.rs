//! Enums become the object that TypeScript makes of them, each member in its line:
//! `var E;(function(E){` ... `E[E["A"] = 0] = "A";` ... `})(E||(E={}));`. Evaluates nothing itself: the values are
//! those of the parser.

use oxc_ast::ast::*;
use oxc_semantic::Scoping;
use oxc_span::GetSpan;
use oxc_syntax::constant_value::ConstantValue;

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::source::Source;

/// Members of an enum. Each is compared with the others.
const MEMBERS: usize = 1_000;

pub(super) fn compile(
    it: &TSEnumDeclaration<'_>,
    local: bool,
    scoping: &Scoping,
    source: Source<'_>,
    edits: &mut Edits,
    faults: &mut Faults,
) {
    let name = source.slice(it.id.span.start, it.id.span.end);
    let declared = it.id.symbol_id.get();
    let again = declared.is_some_and(|symbol| {
        let first = scoping.symbol_span(symbol);
        first != it.id.span
    });
    let kind = match (again, local) {
        (true, _) => String::new(),
        (false, true) => format!("let {name};"),
        (false, false) => format!("var {name};"),
    };
    let open = it.body.span.start;
    edits.replace(
        source.text,
        it.span.start,
        open + 1,
        &format!("{kind}(function({name}){{"),
    );
    edits.insert_end(it.body.span.end, format!(")({name}||({name}={{}}));"));
    if it.body.members.len() > MEMBERS {
        let message = format!("an enum of more than {MEMBERS} members is not compiled");
        let hint = "write an object instead: `const Name = { A: 1, B: 2 } as const`";
        faults.error(Code::Syntax, it.id.span, message, hint);
        return;
    }
    for member in &it.body.members {
        let key = key(&member.id);
        let quoted = quote(&key);
        let symbol = it.body.scope_id.get().and_then(|scope| {
            let names = scoping.get_bindings(scope);
            names
                .iter()
                .find(|(name, _)| name.as_str() == key)
                .map(|(_, symbol)| *symbol)
        });
        let constant = symbol.and_then(|symbol| scoping.get_enum_member_value(symbol));
        match (constant, &member.initializer) {
            (Some(ConstantValue::String(value)), _) => {
                let text = format!("{name}[{quoted}]={};", quote(value));
                edits.replace(source.text, member.span.start, member.span.end, &text);
            }
            (Some(ConstantValue::Number(value)), _) => {
                let text = format!("{name}[{name}[{quoted}]={}]={quoted};", number(*value));
                edits.replace(source.text, member.span.start, member.span.end, &text);
            }
            (None, Some(value)) if !mentions_members(it, value, source) => {
                let value = value.span();
                edits.replace(
                    source.text,
                    member.span.start,
                    value.start,
                    &format!("{name}[{name}[{quoted}]="),
                );
                edits.insert(value.end, format!("]={quoted};"));
            }
            (None, _) => faults.error(
                Code::Syntax,
                member.span,
                format!("the value of `{key}` is not known before the script runs"),
                "write an object instead: `const Name = { A: 1, B: 2 } as const`",
            ),
        }
        if let Some(at) = source.token(member.span.end, ",") {
            edits.blank(at, at + 1);
        }
    }
}

fn key(id: &TSEnumMemberName<'_>) -> String {
    match id {
        TSEnumMemberName::Identifier(it) => it.name.as_str().to_owned(),
        TSEnumMemberName::String(it) | TSEnumMemberName::ComputedString(it) => {
            it.value.as_str().to_owned()
        }
        TSEnumMemberName::ComputedTemplateString(it) => {
            let cooked = it
                .quasis
                .first()
                .and_then(|part| part.value.cooked.as_ref());
            cooked
                .map(|text| text.as_str().to_owned())
                .unwrap_or_default()
        }
    }
}

/// Whether an expression may use a member by its bare name. Text is enough to say no.
fn mentions_members(
    it: &TSEnumDeclaration<'_>,
    value: &Expression<'_>,
    source: Source<'_>,
) -> bool {
    let span = value.span();
    let text = source.slice(span.start, span.end);
    it.body
        .members
        .iter()
        .any(|member| text.contains(&key(&member.id)))
}

fn quote(text: &str) -> String {
    // JSON strings are JavaScript strings. Serializing a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        format!("{value}")
    }
}
