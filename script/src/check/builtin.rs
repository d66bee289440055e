//! Members that values of JavaScript have by themselves.

use super::shape::Type;

/// Whether every value of this type has the member.
pub(super) fn has(kind: Type, name: &str) -> bool {
    let own: &[&str] = match kind {
        Type::Array => ARRAY,
        Type::String => STRING,
        Type::Integer | Type::Number => NUMBER,
        Type::Null | Type::Boolean | Type::Object => &[],
    };
    OBJECT.contains(&name) || own.contains(&name)
}

/// Methods that are called on arrays and texts, and that no property of an answer is called.
pub(super) fn is_of_lists(name: &str) -> bool {
    const METHODS: &[&str] = &[
        "filter",
        "flatMap",
        "forEach",
        "map",
        "reduce",
        "slice",
        "split",
        "startsWith",
        "trim",
    ];
    METHODS.contains(&name)
}

const OBJECT: &[&str] = &[
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

const ARRAY: &[&str] = &[
    "at",
    "concat",
    "copyWithin",
    "entries",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "flat",
    "flatMap",
    "forEach",
    "includes",
    "indexOf",
    "join",
    "keys",
    "lastIndexOf",
    "length",
    "map",
    "pop",
    "push",
    "reduce",
    "reduceRight",
    "reverse",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "toReversed",
    "toSorted",
    "toSpliced",
    "unshift",
    "values",
    "with",
];

const STRING: &[&str] = &[
    "anchor",
    "at",
    "big",
    "blink",
    "bold",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "concat",
    "endsWith",
    "fixed",
    "fontcolor",
    "fontsize",
    "includes",
    "indexOf",
    "isWellFormed",
    "italics",
    "lastIndexOf",
    "length",
    "link",
    "localeCompare",
    "match",
    "matchAll",
    "normalize",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "search",
    "slice",
    "small",
    "split",
    "startsWith",
    "strike",
    "sub",
    "substr",
    "substring",
    "sup",
    "toLocaleLowerCase",
    "toLocaleUpperCase",
    "toLowerCase",
    "toUpperCase",
    "toWellFormed",
    "trim",
    "trimEnd",
    "trimLeft",
    "trimRight",
    "trimStart",
];

const NUMBER: &[&str] = &["toExponential", "toFixed", "toPrecision"];
