//! The imports and re-exports of a script: what they name, and what of them is only type. A default import of tools
//! becomes a namespace, and what exists only in types goes.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use oxc_syntax::symbol::SymbolId;

use crate::collect::{Collector, Module};
use crate::diagnostic::{Code, quoted};
use crate::edits::Edits;
use crate::exports;
use crate::faults::Faults;
use crate::members;
use crate::source::Source;
use crate::specifier::{self, Specifier};

/// An import statement of the text.
pub(crate) struct Import {
    pub(crate) span: Span,
    /// The statement in JavaScript. `None`: it is gone.
    pub(crate) text: Option<String>,
}

pub(crate) struct Imports<'i, 'c, 'a> {
    pub(crate) collector: &'i mut Collector<'c, 'a>,
    pub(crate) source: Source<'a>,
    pub(crate) edits: &'i mut Edits,
    pub(crate) faults: &'i mut Faults,
    pub(crate) list: Vec<Import>,
    /// Lines for the end of the text.
    pub(crate) tail: Vec<String>,
}

impl<'a> Imports<'_, '_, 'a> {
    pub(crate) fn read(&mut self, program: &Program<'a>) {
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(it) if it.import_kind == ImportOrExportKind::Value => {
                    self.import(it)
                }
                Statement::TSImportEqualsDeclaration(it) => self.import_equals(it),
                Statement::ExportFromDeclaration(it)
                    if it.export_kind == ImportOrExportKind::Value =>
                {
                    self.export_from(it);
                }
                Statement::ExportAllDeclaration(it)
                    if it.export_kind == ImportOrExportKind::Value =>
                {
                    self.export_all(it);
                }
                Statement::ExportNamedDeclaration(it)
                    if it.export_kind == ImportOrExportKind::Value =>
                {
                    let scoping = self.collector.parsed.semantic.scoping();
                    exports::named(it, scoping, self.source, self.edits);
                }
                Statement::ExportDefaultDeclaration(it) => {
                    let scoping = self.collector.parsed.semantic.scoping();
                    exports::default(it, scoping, self.edits);
                }
                _ => {}
            }
        }
    }

    fn import(&mut self, it: &ImportDeclaration<'a>) {
        let specifiers = it
            .specifiers
            .as_ref()
            .map_or(&[][..], |list| list.as_slice());
        let elided: Vec<bool> = specifiers.iter().map(|one| self.is_type(one)).collect();
        if !specifiers.is_empty() && elided.iter().all(|elided| *elided) {
            self.edits.remove(it.span.start, it.span.end);
            return;
        }
        if it.phase.is_some() {
            self.faults.error(
                Code::Syntax,
                it.span,
                "the engine has no `import defer` and no `import source`",
                "write `import { name } from \"...\"`",
            );
        }
        if let Some(clause) = &it.with_clause {
            self.edits.blank(it.source.span.end, clause.span.end);
        }
        let text = it.source.value.as_str();
        let Some(found) = self.specifier(&it.source) else {
            return;
        };
        let mut import = Kept::default();
        for (one, elided) in specifiers.iter().zip(elided) {
            if elided {
                exports::blank_with_comma(one.span(), self.source, self.edits);
            } else {
                self.one(it, one, &found, &mut import);
            }
        }
        if import.is_empty() {
            // What is left of it is at the end of the text.
            self.edits.remove(it.span.start, it.span.end);
            self.list.push(Import {
                span: it.span,
                text: None,
            });
        } else {
            let text = import.text(self.source.slice(it.source.span.start, it.source.span.end));
            self.list.push(Import {
                span: it.span,
                text: Some(text),
            });
        }
        if let Specifier::Run { id } = found {
            self.collector.run(text, id, it.source.span);
        }
    }

    fn one(
        &mut self,
        it: &ImportDeclaration<'a>,
        one: &ImportDeclarationSpecifier<'a>,
        found: &Specifier<'_>,
        import: &mut Kept,
    ) {
        let text = it.source.value.as_str();
        let local = one.local();
        let local_text = self.source.slice(local.span.start, local.span.end);
        let symbol = local.symbol_id.get();
        let is_default = match one {
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => true,
            ImportDeclarationSpecifier::ImportSpecifier(one) => one.imported.name() == "default",
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => false,
        };
        let module = module(found, text);
        match (one, module) {
            (ImportDeclarationSpecifier::ImportDefaultSpecifier(_), Some(module)) => {
                self.default_import(it, one, import);
                self.follow(&module, local.name.as_str(), symbol);
            }
            (_, Some(module)) if is_default => {
                self.default_import(it, one, import);
                self.follow(&module, local.name.as_str(), symbol);
            }
            (ImportDeclarationSpecifier::ImportNamespaceSpecifier(_), Some(module)) => {
                import.namespace = Some(local_text.to_owned());
                self.follow(&module, local.name.as_str(), symbol);
            }
            (ImportDeclarationSpecifier::ImportSpecifier(one), Some(module)) => {
                import
                    .named
                    .push(self.source.slice(one.span.start, one.span.end).to_owned());
                self.named(&module, &one.imported, symbol);
            }
            (ImportDeclarationSpecifier::ImportDefaultSpecifier(_), None) => {
                import.default = Some(local_text.to_owned());
            }
            (ImportDeclarationSpecifier::ImportSpecifier(one), None) if is_default => {
                import
                    .named
                    .push(self.source.slice(one.span.start, one.span.end).to_owned());
            }
            (_, None) => {
                self.faults.error(
                    Code::UnknownImport,
                    one.span(),
                    format!("{} has one export, the default", quoted(text)),
                    format!("write `import {local_text} from {}`", quoted(text)),
                );
            }
        }
    }

    /// A default import of tools, or of the host, is their namespace.
    fn default_import(
        &mut self,
        it: &ImportDeclaration<'a>,
        one: &ImportDeclarationSpecifier<'a>,
        import: &mut Kept,
    ) {
        let local = one.local();
        let local_text = self.source.slice(local.span.start, local.span.end);
        let alone = it.specifiers.as_ref().is_some_and(|list| list.len() == 1);
        if alone && matches!(one, ImportDeclarationSpecifier::ImportDefaultSpecifier(_)) {
            self.edits.insert(local.span.start, "* as ");
            import.namespace = Some(local_text.to_owned());
            return;
        }
        exports::blank_with_comma(one.span(), self.source, self.edits);
        let from = self.source.slice(it.source.span.start, it.source.span.end);
        self.tail
            .push(format!(";import * as {local_text} from {from};"));
    }

    fn named(
        &mut self,
        module: &Module,
        imported: &ModuleExportName<'a>,
        symbol: Option<SymbolId>,
    ) {
        let name = imported.name();
        let name = name.as_str();
        match module {
            Module::Tools { specifier, server } => {
                let tool = self
                    .collector
                    .tool(specifier, server, name, imported.span());
                if let Some(symbol) = symbol {
                    self.collector.calls_of_symbol(tool, symbol);
                }
            }
            Module::Host => {
                members::host_member(self.collector, self.faults, name, imported.span())
            }
        }
    }

    fn follow(&mut self, module: &Module, name: &str, symbol: Option<SymbolId>) {
        if let Some(symbol) = symbol {
            members::follow(self.collector, self.faults, module, name, symbol);
        }
    }

    /// `import github = require("mcp:github")`
    fn import_equals(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        let TSModuleReference::ExternalModuleReference(reference) = &it.module_reference else {
            return;
        };
        if it.import_kind == ImportOrExportKind::Type {
            return;
        }
        let Some(found) = self.specifier(&reference.expression) else {
            return;
        };
        let text = reference.expression.value.as_str();
        let literal = reference.expression.span;
        let from = self.source.slice(literal.start, literal.end);
        let name = self.source.slice(it.id.span.start, it.id.span.end);
        self.edits
            .replace(self.source.text, it.id.span.end, literal.start, " from ");
        self.edits.blank(literal.end, reference.span.end);
        let mut import = Kept::default();
        match (&found, module(&found, text)) {
            (_, Some(module)) => {
                self.edits.insert(it.id.span.start, "* as ");
                import.namespace = Some(name.to_owned());
                self.follow(&module, it.id.name.as_str(), it.id.symbol_id.get());
            }
            (Specifier::Run { id }, None) => {
                import.default = Some(name.to_owned());
                self.collector.run(text, id, literal);
            }
            _ => {}
        }
        self.list.push(Import {
            span: it.span,
            text: Some(import.text(from)),
        });
    }

    fn export_from(&mut self, it: &ExportFromDeclaration<'a>) {
        let types: Vec<bool> = it
            .specifiers
            .iter()
            .map(|one| one.export_kind == ImportOrExportKind::Type)
            .collect();
        if !types.is_empty() && types.iter().all(|is_type| *is_type) {
            self.edits.remove(it.span.start, it.span.end);
            return;
        }
        if let Some(clause) = &it.with_clause {
            self.edits.blank(it.source.span.end, clause.span.end);
        }
        let Some(found) = self.specifier(&it.source) else {
            return;
        };
        let text = it.source.value.as_str();
        for (one, is_type) in it.specifiers.iter().zip(types) {
            let is_default = one.local.name() == "default";
            match module(&found, text) {
                _ if is_type => exports::blank_with_comma(one.span, self.source, self.edits),
                Some(_) if is_default => self.faults.error(
                    Code::NotStatic,
                    one.span,
                    format!("all of {} is passed on", quoted(text)),
                    "name the tools: export { get_item } from \"...\"",
                ),
                Some(module) => self.named(&module, &one.local, None),
                None if is_default => {}
                None => self.faults.error(
                    Code::UnknownImport,
                    one.span,
                    format!("{} has one export, the default", quoted(text)),
                    "write `export { default } from \"...\"`",
                ),
            }
        }
        if let Specifier::Run { id } = found {
            self.collector.run(text, id, it.source.span);
        }
    }

    fn export_all(&mut self, it: &ExportAllDeclaration<'a>) {
        if self.specifier(&it.source).is_some() {
            self.faults.error(
                Code::NotStatic,
                it.span,
                format!("all of {} is passed on", quoted(it.source.value.as_str())),
                "name what is needed: export { get_item } from \"...\"",
            );
        }
    }

    /// What a module is, or a fault.
    fn specifier(&mut self, it: &StringLiteral<'a>) -> Option<Specifier<'a>> {
        let text = it.value.as_str();
        let found = specifier::parse(text);
        if matches!(found, Some(Specifier::Tools { .. })) {
            self.collector.module(text);
        }
        if found.is_none() {
            self.faults.error(
                Code::UnknownImport,
                it.span,
                format!("there is no module {}", quoted(text)),
                specifier::instead(text),
            );
        }
        found
    }

    /// Whether an import is used, and only in types.
    fn is_type(&self, one: &ImportDeclarationSpecifier<'a>) -> bool {
        if let ImportDeclarationSpecifier::ImportSpecifier(one) = one
            && one.import_kind == ImportOrExportKind::Type
        {
            return true;
        }
        let scoping = self.collector.parsed.semantic.scoping();
        one.local().symbol_id.get().is_some_and(|symbol| {
            let mut references = scoping.get_resolved_references(symbol).peekable();
            references.peek().is_some() && references.all(|reference| !reference.flags().is_value())
        })
    }
}

/// What a module's members are. A run has none.
pub(crate) fn module(found: &Specifier<'_>, specifier: &str) -> Option<Module> {
    match found {
        Specifier::Tools { server } => Some(Module::Tools {
            specifier: specifier.to_owned(),
            server: (*server).to_owned(),
        }),
        Specifier::Host => Some(Module::Host),
        Specifier::Run { .. } => None,
    }
}

/// What is left of an import.
#[derive(Default)]
struct Kept {
    default: Option<String>,
    namespace: Option<String>,
    named: Vec<String>,
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.default.is_none() && self.namespace.is_none() && self.named.is_empty()
    }

    fn text(&self, from: &str) -> String {
        let mut parts = Vec::new();
        parts.extend(self.default.clone());
        parts.extend(self.namespace.as_ref().map(|name| format!("* as {name}")));
        if !self.named.is_empty() {
            // A name may stand in a line of its own.
            let named: Vec<_> = self
                .named
                .iter()
                .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            parts.push(format!("{{ {} }}", named.join(", ")));
        }
        format!(";import {} from {from};", parts.join(", "))
    }
}
