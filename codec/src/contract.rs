//! Recognises the types of `mcp:tools/types@0.1.0` in a component. Types of a component have no names, so their
//! structure decides. A test compares the texts with `wit/types.wit`.

use wasmtime::component::Type;

use super::describe::whole_type;

/// Whether the type is `tool-result`.
pub(super) fn is_tool_result(ty: &Type) -> bool {
    whole_type(ty, TOOL_RESULT.len()) == TOOL_RESULT
}

/// Whether the type is `tool-error`.
pub(super) fn is_tool_error(ty: &Type) -> bool {
    let tool_error = tool_error();
    whole_type(ty, tool_error.len()) == tool_error
}

/// `tool-error` as [`whole_type`] writes it.
fn tool_error() -> String {
    format!(
        "variant {{ failed({TOOL_RESULT}), invalid-arguments(string), denied(string), \
         not-found(string), budget-exhausted(string), timed-out(string), unavailable(string), \
         too-large(string), protocol(string) }}"
    )
}

/// `tool-result` as [`whole_type`] writes it.
const TOOL_RESULT: &str = "record { structured: option<string>, content: list<variant { text(string), \
     image(record { data: list<u8>, mime-type: string }), \
     audio(record { data: list<u8>, mime-type: string }), \
     resource(record { uri: string, mime-type: option<string>, contents: variant { text(string), blob(list<u8>) } }), \
     resource-link(record { uri: string, name: string, description: option<string>, mime-type: option<string> }) }> }";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use wasmtime::component::Type;

    use super::*;
    use crate::tests::component::build_wit;

    /// The type of this name in `wit/types.wit`, compiled.
    fn in_wit(name: &str) -> Type {
        let wit = format!(
            "package mcp-server:s;\n\
             interface tools {{ use mcp:tools/types@0.1.0.{{{name}}}; f: func() -> {name}; }}\n\
             world imports {{ import tools; }}"
        );
        build_wit(&wit).function("f").results().next().unwrap()
    }

    #[test]
    fn the_texts_of_the_contract_are_those_of_its_wit() {
        assert_eq!(whole_type(&in_wit("tool-result"), usize::MAX), TOOL_RESULT);
        assert_eq!(whole_type(&in_wit("tool-error"), usize::MAX), tool_error());
    }

    #[test]
    fn each_type_of_the_contract_is_recognised_as_itself_alone() {
        let (result, error) = (in_wit("tool-result"), in_wit("tool-error"));
        assert!(is_tool_result(&result) && !is_tool_result(&error));
        assert!(is_tool_error(&error) && !is_tool_error(&result));
    }
}
