//! Namespaces become the function that TypeScript makes of them, each statement in its line:
//! `var N;(function(N){` ... `const a = 1;N.a=a;` ... `})(N||(N={}));`. Refuses those whose exports can change later.

use oxc_ast::ast::*;
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::source::Source;
use crate::type_only;

/// Runs after the statements of the namespace were edited, so that their insertions stand before these.
pub(crate) fn compile(
    it: &TSNamespaceDeclaration<'_>,
    scoping: &Scoping,
    source: Source<'_>,
    edits: &mut Edits,
    faults: &mut Faults,
) {
    let TSNamespaceDeclarationBody::TSModuleBlock(block) = &it.body else {
        refuse(faults, it.span, "a namespace with a dotted name");
        return;
    };
    let merged = it
        .id
        .symbol_id
        .get()
        .is_some_and(|symbol| !scoping.symbol_redeclarations(symbol).is_empty());
    if merged {
        refuse(
            faults,
            it.id.span,
            "a namespace that is declared more than once",
        );
        return;
    }
    let name = source.slice(it.id.span.start, it.id.span.end);
    let open = block.span.start + 1;
    edits.replace(
        source.text,
        it.span.start,
        open,
        &format!("var {name};(function({name}){{"),
    );
    for statement in block
        .body
        .iter()
        .filter(|statement| !type_only::statement(statement))
    {
        match statement {
            Statement::ExportDeclaration(it) => export(name, it, edits, faults),
            _ if statement.as_module_declaration().is_some() => {
                refuse(
                    faults,
                    statement.span(),
                    "an import or a list of exports in a namespace",
                );
            }
            _ => {}
        }
    }
    edits.insert_end(block.span.end, format!(")({name}||({name}={{}}));"));
}

fn export(namespace: &str, it: &ExportDeclaration<'_>, edits: &mut Edits, faults: &mut Faults) {
    let names: Vec<&str> = match &it.declaration {
        Declaration::VariableDeclaration(found) if found.kind == VariableDeclarationKind::Const => {
            let ids = found
                .declarations
                .iter()
                .flat_map(|one| one.id.get_binding_identifiers());
            ids.map(|id| id.name.as_str()).collect()
        }
        Declaration::FunctionDeclaration(_)
        | Declaration::ClassDeclaration(_)
        | Declaration::TSEnumDeclaration(_)
        | Declaration::TSNamespaceDeclaration(_) => it
            .declaration
            .id()
            .map(|id| id.name.as_str())
            .into_iter()
            .collect(),
        _ => {
            refuse(faults, it.span, "a namespace that exports what can change");
            return;
        }
    };
    edits.blank(it.span.start, it.span.start + 6);
    for name in names {
        edits.insert_end(it.span.end, format!(";{namespace}.{name}={name};"));
    }
}

fn refuse(faults: &mut Faults, span: Span, what: &str) {
    faults.error(
        Code::Syntax,
        span,
        format!("{what} is not compiled"),
        "write an object instead: `const Name = { helper() { ... } }`, or plain functions",
    );
}
