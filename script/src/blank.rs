//! Makes JavaScript of TypeScript: what is only type becomes blank, so that every line and column stays. What cannot be
//! blanked (enums, parameter properties) is compiled within its lines; decorators are refused.

mod classes;
mod enums;

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::namespaces;
use crate::source::Source;
use crate::type_only;

/// What the blanker sees on its way.
#[derive(Default)]
pub(crate) struct Seen {
    /// `return` outside of functions.
    pub(crate) returns: Vec<Span>,
    /// `import()`, with the module where it is a literal.
    pub(crate) dynamic_imports: Vec<(Span, Option<String>)>,
}

pub(crate) fn types<'a>(
    program: &Program<'a>,
    scoping: &Scoping,
    source: Source<'_>,
    edits: &mut Edits,
    faults: &mut Faults,
) -> Seen {
    let mut blanker = Blanker {
        source,
        scoping,
        edits,
        faults,
        functions: 0,
        blocks: 0,
        namespaces: 0,
        seen: Seen::default(),
    };
    blanker.visit_program(program);
    blanker.seen
}

struct Blanker<'s> {
    source: Source<'s>,
    scoping: &'s Scoping,
    edits: &'s mut Edits,
    faults: &'s mut Faults,
    /// Functions around the node.
    functions: usize,
    /// Blocks around the node.
    blocks: usize,
    /// Namespaces around the node.
    namespaces: usize,
    seen: Seen,
}

impl Blanker<'_> {
    fn blank(&mut self, span: Span) {
        self.edits.blank(span.start, span.end);
    }

    /// Blanks a token that may follow.
    fn blank_token(&mut self, from: u32, token: &str) {
        if let Some(at) = self.source.token(from, token) {
            self.edits.blank(at, at + crate::place::offset(token.len()));
        }
    }

    /// A statement that ended with a type, and that no semicolon ends, would go on in the next line.
    fn end_with_semicolon(&mut self, span: Span) {
        if let Some(start) = self.edits.blank_before(span.end)
            && start > span.start
        {
            self.edits.put(start, ";");
        }
    }

    fn refuse(&mut self, span: Span, message: &str, hint: &str) {
        self.faults.error(Code::Syntax, span, message, hint);
    }
}

impl<'a> Visit<'a> for Blanker<'_> {
    fn visit_statement(&mut self, it: &Statement<'a>) {
        if type_only::statement(it) {
            let span = it.span();
            self.edits.remove(span.start, span.end);
            return;
        }
        let is_nested = self.namespaces == 0 && (self.functions > 0 || self.blocks > 0);
        if is_nested && it.as_module_declaration().is_some() {
            self.refuse(
                it.span(),
                "an import or export stands within a block or a function",
                "move it out, to the start or the end of the script",
            );
        }
        walk::walk_statement(self, it);
        if !matches!(it, Statement::BlockStatement(_)) {
            self.end_with_semicolon(it.span());
        }
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        self.visit_expression(&it.expression);
        self.edits.blank(it.expression.span().end, it.span.end);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.visit_expression(&it.expression);
        self.edits.blank(it.expression.span().end, it.span.end);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.visit_expression(&it.expression);
        self.edits.blank(it.expression.span().end, it.span.end);
    }

    fn visit_ts_instantiation_expression(&mut self, it: &TSInstantiationExpression<'a>) {
        self.visit_expression(&it.expression);
        self.edits.blank(it.expression.span().end, it.span.end);
    }

    fn visit_ts_type_assertion(&mut self, it: &TSTypeAssertion<'a>) {
        let inner = it.expression.span();
        self.edits.blank(it.span.start, inner.start);
        let word = self.source.word(inner.start);
        let opens = self.source.slice(inner.start, inner.end).starts_with('{');
        // `return <T\n>x` would return nothing, and `() => <T>{}` would be a block.
        if opens
            || matches!(word, "function" | "class")
            || self.source.has_newline(it.span.start, inner.start)
        {
            self.edits.put(it.span.start, "(");
            self.visit_expression(&it.expression);
            self.edits.insert(it.span.end, ")");
        } else {
            self.visit_expression(&it.expression);
        }
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if it.definite {
            self.blank_token(it.id.span().end, "!");
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        let pattern = it.pattern.span();
        if it.accessibility.is_some() || it.readonly || it.r#override {
            let start = it
                .decorators
                .last()
                .map_or(it.span.start, |last| last.span.end);
            self.edits.blank(start, pattern.start);
        }
        if it.optional {
            self.blank_token(pattern.end, "?");
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_ts_this_parameter(&mut self, it: &TSThisParameter<'a>) {
        self.blank(it.span);
        self.blank_token(it.span.end, ",");
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.functions += 1;
        walk::walk_function(self, it, flags);
        self.functions -= 1;
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.functions += 1;
        walk::walk_arrow_function_expression(self, it);
        self.functions -= 1;
        let params = it.params.span;
        // `async` and the parameters have to be in one line: the parenthesis moves up.
        if let Some(types) = &it.type_parameters
            && it.r#async
            && self.source.has_newline(types.span.start, params.start)
        {
            self.edits.put(types.span.start, "(");
            self.edits.blank(params.start, params.start + 1);
        }
        // So do the parameters and the arrow: the parenthesis moves down.
        if let Some(types) = &it.return_type
            && self.source.has_newline(params.end, types.span.end)
        {
            self.edits.blank(params.end - 1, params.end);
            self.edits.put(types.span.end - 1, ")");
        }
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        if self.functions == 0 {
            self.seen.returns.push(it.span);
        }
        walk::walk_return_statement(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        let module = match &it.source {
            Expression::StringLiteral(it) => Some(it.value.as_str().to_owned()),
            _ => None,
        };
        self.seen.dynamic_imports.push((it.span, module));
        walk::walk_import_expression(self, it);
    }

    fn visit_block_statement(&mut self, it: &BlockStatement<'a>) {
        self.blocks += 1;
        walk::walk_block_statement(self, it);
        self.blocks -= 1;
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        classes::head(it, self.source, self.edits);
        for found in &it.decorators {
            self.visit_decorator(found);
        }
        if let Some(types) = &it.type_parameters {
            self.blank(types.span);
        }
        if let Some(heritage) = &it.heritage {
            self.visit_class_heritage(heritage);
        }
        self.visit_class_body(&it.body);
        classes::parameter_properties(it, self.source, self.edits, self.faults);
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        if it.value.body.is_none() {
            self.edits.remove(it.span.start, it.span.end);
            return;
        }
        let hazard = it.computed || it.value.generator;
        classes::modifiers(
            &it.decorators,
            it.span,
            &it.key,
            hazard,
            self.source,
            self.edits,
        );
        if it.optional {
            let end = classes::key_end(&it.key, it.computed, self.source);
            self.blank_token(end, "?");
        }
        walk::walk_method_definition(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.declare || it.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition {
            self.edits.remove(it.span.start, it.span.end);
            return;
        }
        classes::modifiers(
            &it.decorators,
            it.span,
            &it.key,
            it.computed,
            self.source,
            self.edits,
        );
        let end = classes::key_end(&it.key, it.computed, self.source);
        if it.optional {
            self.blank_token(end, "?");
        }
        if it.definite {
            self.blank_token(end, "!");
        }
        walk::walk_property_definition(self, it);
        self.end_with_semicolon(it.span);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.refuse(
            it.span,
            "the engine has no `accessor` fields",
            "write a getter and a setter, or a plain field",
        );
    }

    fn visit_ts_index_signature(&mut self, it: &TSIndexSignature<'a>) {
        self.edits.remove(it.span.start, it.span.end);
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(
            it.span,
            "the engine has no decorators",
            "call the function instead: `const Wrapped = decorate(Class)`",
        );
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        let local = self.blocks > 0 || self.functions > 0;
        enums::compile(
            it,
            local,
            self.scoping,
            self.source,
            self.edits,
            self.faults,
        );
        for member in &it.body.members {
            if let Some(value) = &member.initializer {
                self.visit_expression(value);
            }
        }
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.functions += 1;
        self.namespaces += 1;
        walk::walk_ts_namespace_declaration(self, it);
        self.namespaces -= 1;
        self.functions -= 1;
        namespaces::compile(it, self.scoping, self.source, self.edits, self.faults);
    }

    fn visit_ts_import_equals_declaration(&mut self, it: &TSImportEqualsDeclaration<'a>) {
        if matches!(
            it.module_reference,
            TSModuleReference::ExternalModuleReference(_)
        ) {
            return;
        }
        if let Some(at) = self.source.token(it.span.start, "import") {
            self.edits.replace(self.source.text, at, at + 6, "const");
        }
    }

    fn visit_ts_export_assignment(&mut self, it: &TSExportAssignment<'a>) {
        let export = it.span.start + 6;
        if let Some(at) = self.source.token(export, "=") {
            // `export= value`
            let text = if at == export {
                " default "
            } else {
                "default "
            };
            self.edits.replace(self.source.text, at, at + 1, text);
        }
        self.visit_expression(&it.expression);
    }
}
