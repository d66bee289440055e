//! Namespaces become the function that TypeScript makes of them. Refuses those whose exports change later.

use oxc_ast::ast::*;

use crate::diagnostic::Code;
use crate::edits::Edits;
use crate::faults::Faults;
use crate::source::Source;

pub(crate) fn compile(
    it: &TSNamespaceDeclaration<'_>,
    _source: Source<'_>,
    _edits: &mut Edits,
    faults: &mut Faults,
) {
    faults.error(
        Code::Syntax,
        it.span,
        "the engine has no namespaces",
        "write an object instead: `const Name = { helper() { ... } }`, or plain functions",
    );
}
