//! Recognises the types of `mcp:tools/types@0.1.0` in a component. Types of a component have no names, so their
//! structure decides.

use wasmtime::component::Type;

use super::describe::whole_type;

/// Whether the type is `tool-result`.
pub(super) fn is_tool_result(ty: &Type) -> bool {
    whole_type(ty, TOOL_RESULT.len()) == TOOL_RESULT
}

/// Whether the type is `tool-error`.
pub(super) fn is_tool_error(ty: &Type) -> bool {
    let tool_error = format!(
        "variant {{ failed({TOOL_RESULT}), invalid-arguments(string), denied(string), \
         not-found(string), budget-exhausted(string), timed-out(string), unavailable(string), \
         too-large(string), protocol(string) }}"
    );
    whole_type(ty, tool_error.len()) == tool_error
}

/// `tool-result` as [`whole_type`] writes it.
const TOOL_RESULT: &str = "record { structured: option<string>, content: list<variant { text(string), \
     image(record { data: list<u8>, mime-type: string }), \
     audio(record { data: list<u8>, mime-type: string }), \
     resource(record { uri: string, mime-type: option<string>, contents: variant { text(string), blob(list<u8>) } }), \
     resource-link(record { uri: string, name: string, description: option<string>, mime-type: option<string> }) }> }";
