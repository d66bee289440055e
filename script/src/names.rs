//! Names that every script has, and names that models reach for and that no script has.

/// Whether the engine, or its prelude, has a global of this name.
pub(crate) fn is_known(name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok()
}

/// In the order of their bytes.
pub(crate) const KNOWN: &[&str] = &[
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "BigInt",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "DOMException",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "Function",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterator",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "SyntaxError",
    "TextDecoder",
    "TextEncoder",
    "ToolError",
    "TypeError",
    "URIError",
    "URL",
    "URLSearchParams",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "arguments",
    "atob",
    "btoa",
    "clearInterval",
    "clearTimeout",
    "console",
    "crypto",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "eval",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "performance",
    "queueMicrotask",
    "setInterval",
    "setTimeout",
    "structuredClone",
    "undefined",
    "unescape",
];

/// What to write instead of a global that other hosts of JavaScript have.
pub(crate) fn missing(name: &str) -> Option<&'static str> {
    Some(match name {
        "fetch" | "XMLHttpRequest" | "WebSocket" | "EventSource" | "Headers" | "Request"
        | "Response" | "FormData" | "AbortController" | "AbortSignal" => {
            "a script has no network: call a tool of a server that does this"
        }
        "process" | "Deno" | "Bun" | "__dirname" | "__filename" => {
            "a script has no process and no environment: what it needs comes in `input`"
        }
        "window" | "self" | "global" | "document" | "navigator" | "localStorage"
        | "sessionStorage" | "alert" | "prompt" | "confirm" | "location" => {
            "a script runs in no browser and not in Node.js"
        }
        "Buffer" => "use TextEncoder, TextDecoder, atob, btoa and Uint8Array",
        "Blob" | "File" => "use Uint8Array, and the files of \"mcp-host\"",
        "Worker" | "SharedArrayBuffer" | "Atomics" | "MessageChannel" => {
            "a script has one thread: calls overlap with Promise.all"
        }
        "setImmediate" => "use setTimeout or queueMicrotask",
        "Intl" => "dates and numbers are formatted in plain JavaScript",
        "Temporal" => "use Date",
        "WebAssembly" => "a script runs no WebAssembly",
        "module" | "exports" => "write `export default`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_each_is_known_or_missing() {
        assert!(KNOWN.is_sorted());
        assert!(is_known("console") && is_known("Math") && !is_known("github"));
        for name in KNOWN {
            assert_eq!(missing(name), None, "{name}");
        }
    }
}
