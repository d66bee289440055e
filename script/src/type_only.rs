//! Which statements are only types. Changes nothing.

use oxc_ast::ast::*;

/// Whether nothing of a statement runs.
pub(crate) fn statement(it: &Statement<'_>) -> bool {
    if let Some(found) = it.as_declaration() {
        return declaration(found);
    }
    let is_type = |kind: ImportOrExportKind| kind == ImportOrExportKind::Type;
    match it.as_module_declaration() {
        Some(ModuleDeclaration::ImportDeclaration(it)) => is_type(it.import_kind),
        Some(ModuleDeclaration::ExportAllDeclaration(it)) => is_type(it.export_kind),
        Some(ModuleDeclaration::ExportNamedDeclaration(it)) => is_type(it.export_kind),
        Some(ModuleDeclaration::ExportFromDeclaration(it)) => is_type(it.export_kind),
        Some(ModuleDeclaration::ExportDeclaration(it)) => declaration(&it.declaration),
        Some(ModuleDeclaration::ExportDefaultDeclaration(it)) => match &it.declaration {
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => true,
            ExportDefaultDeclarationKind::FunctionDeclaration(it) => it.body.is_none(),
            _ => false,
        },
        Some(ModuleDeclaration::TSNamespaceExportDeclaration(_)) => true,
        Some(ModuleDeclaration::TSExportAssignment(_)) | None => false,
    }
}

fn declaration(it: &Declaration<'_>) -> bool {
    if it.declare() || it.is_type() {
        return true;
    }
    match it {
        Declaration::FunctionDeclaration(it) => it.body.is_none(),
        Declaration::TSGlobalDeclaration(_) | Declaration::TSExternalModuleDeclaration(_) => true,
        Declaration::TSNamespaceDeclaration(it) => namespace(it),
        Declaration::TSImportEqualsDeclaration(it) => it.import_kind == ImportOrExportKind::Type,
        _ => false,
    }
}

fn namespace(it: &TSNamespaceDeclaration<'_>) -> bool {
    match &it.body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => namespace(inner),
        TSNamespaceDeclarationBody::TSModuleBlock(block) => block.body.iter().all(statement),
    }
}
