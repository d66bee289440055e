//! Exports that are only types, and how a name goes from a list. Knows no modules.

use oxc_ast::ast::*;
use oxc_semantic::Scoping;
use oxc_span::Span;
use oxc_syntax::symbol::SymbolFlags;

use crate::edits::Edits;
use crate::source::Source;

/// `export { A, b }`
pub(crate) fn named(
    it: &ExportNamedDeclaration<'_>,
    scoping: &Scoping,
    source: Source<'_>,
    edits: &mut Edits,
) {
    let types: Vec<bool> = it
        .specifiers
        .iter()
        .map(|one| is_type(one, scoping))
        .collect();
    if !types.is_empty() && types.iter().all(|is_type| *is_type) {
        edits.remove(it.span.start, it.span.end);
        return;
    }
    for (one, _) in it
        .specifiers
        .iter()
        .zip(types)
        .filter(|(_, is_type)| *is_type)
    {
        blank_with_comma(one.span, source, edits);
    }
}

/// `export default A`, where `A` is a type.
pub(crate) fn default(it: &ExportDefaultDeclaration<'_>, scoping: &Scoping, edits: &mut Edits) {
    if let ExportDefaultDeclarationKind::Identifier(id) = &it.declaration
        && names_type(id, scoping)
    {
        edits.remove(it.span.start, it.span.end);
    }
}

fn is_type(it: &ExportSpecifier<'_>, scoping: &Scoping) -> bool {
    if it.export_kind == ImportOrExportKind::Type {
        return true;
    }
    match &it.local {
        ModuleExportName::IdentifierReference(id) => names_type(id, scoping),
        _ => false,
    }
}

/// Whether a name is declared, and not as a value.
pub(crate) fn names_type(it: &IdentifierReference<'_>, scoping: &Scoping) -> bool {
    let reference = it.reference_id.get().map(|id| scoping.get_reference(id));
    let Some(symbol) = reference.and_then(|reference| reference.symbol_id()) else {
        return false;
    };
    let flags = scoping.symbol_flags(symbol);
    !flags.intersects(SymbolFlags::Value | SymbolFlags::Import)
}

/// Blanks an entry of a list, with the comma behind it.
pub(crate) fn blank_with_comma(span: Span, source: Source<'_>, edits: &mut Edits) {
    edits.blank(span.start, span.end);
    if let Some(at) = source.token(span.end, ",") {
        edits.blank(at, at + 1);
    }
}
