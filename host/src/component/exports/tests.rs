//! Functions that a skill exports: JSON and WAVE in, JSON out, and schemas that say the same.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::rules::limits::Spend;
use jsonschema::Validator;
use mcp_codegen::names::shown;
use serde_json::{Value, json};
use wasmtime::component::{Component, Val};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use self::change::{Change, change};
use self::instances::instances;
use super::{Export, Invocation, InvokeError, invocation};

// The values that schemas allow are those of the codec's tests.
#[path = "../../../../codec/src/tests/change.rs"]
mod change;
#[path = "../../../../codec/src/tests/instances.rs"]
mod instances;
#[path = "../../../../codec/src/tests/scalars.rs"]
mod scalars;

const WORLD: &str = include_str!("../../../../tests/guests/skills/functions/wit/world.wit");

fn exports() -> Vec<Export> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("world.wit", WORLD).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let bytes = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    super::of(&Component::from_binary(&wasmtime::Engine::default(), &bytes).unwrap())
}

fn call(call: &str, input: Option<&str>) -> Result<Invocation, InvokeError> {
    invocation(&exports(), call, input)
}

fn refused(text: &str, input: Option<&str>) -> String {
    match call(text, input) {
        Ok(invocation) => panic!("`{text}` was taken: {:?}", invocation.arguments),
        Err(error) => error.to_string(),
    }
}

#[test]
fn whatever_the_schema_allows_is_taken_and_comes_back_as_it_was() {
    let exports = exports();
    let echo = exports
        .iter()
        .find(|export| export.name().ends_with("#echo"))
        .unwrap();
    let schemas = echo.schemas().unwrap();
    let input = jsonschema::validator_for(&schemas.input).unwrap();
    let output: Validator = jsonschema::validator_for(&schemas.output.unwrap()).unwrap();
    let mut taken = 0;
    let all = schemas.input["properties"]["all"]["properties"].as_object();
    for (name, schema) in all.unwrap() {
        for value in instances(schema) {
            let mut all = everything();
            all[name] = value;
            let value = json!({ "all": all });
            let text = value.to_string();
            let called = invocation(&exports, &echo.name(), Some(&text));
            if !input.is_valid(&value) {
                assert!(called.is_err(), "taken, though not valid: {}", shown(&text));
                continue;
            }
            let called = match called {
                Ok(called) => called,
                // What a schema cannot say.
                Err(error) if error.to_string().contains("without rounding") => continue,
                Err(error) => panic!("{error}: {text}"),
            };
            let back = called
                .signature
                .result(Some(&called.arguments[0]), &mut Spend::free());
            let back = back.unwrap().unwrap();
            assert!(output.is_valid(&back), "{back}");
            let changed = change(&value["all"], &back);
            assert_eq!(changed, Some(Change::None), "{text}\n{back}");
            taken += 1;
        }
    }
    assert!(taken > 150, "only {taken} values were valid");
}

/// All fields of `everything` that have to be there.
fn everything() -> Value {
    json!({
        "yes": true, "tiny": -128, "byte": 255, "short": -32768, "word": 65535,
        "int": i32::MIN, "count": u32::MAX, "long": -9_007_199_254_740_993_i64, "big": u64::MAX,
        "ratio": 0.1, "real": 0.1, "letter": "\u{1f980}", "text": "a\nb", "bytes": [0, 255],
        "pair": [-1, "x"], "labels": { "a": 1, "b": 2 }, "deeper": [
            null, { "tag": "none" }, { "tag": "some", "val": { "tag": "none" } },
            { "tag": "some", "val": { "tag": "some", "val": 7 } }
        ],
        "shapes": [
            { "tag": "point" }, { "tag": "circle", "val": 1.5 },
            { "tag": "labelled", "val": { "text": "t" } }
        ],
        "tint": "dark-blue", "may": ["read", "execute"],
        "ending": { "tag": "err", "val": "no" }, "bare": { "tag": "ok" }
    })
}

#[test]
fn every_type_has_a_json_form_and_64_bits_are_exact() {
    let input = json!({ "all": everything() }).to_string();
    let called = call("echo", Some(&input)).unwrap();
    let Val::Record(fields) = &called.arguments[0] else {
        panic!("{:?}", called.arguments);
    };
    let value = |name: &str| &fields.iter().find(|(label, _)| label == name).unwrap().1;
    assert_eq!(value("big"), &Val::U64(u64::MAX));
    assert_eq!(value("long"), &Val::S64(-9_007_199_254_740_993));
    assert_eq!(value("ratio"), &Val::Float32(0.1));
    assert_eq!(value("letter"), &Val::Char('\u{1f980}'));
    assert_eq!(value("maybe"), &Val::Option(None));
    let back = called
        .signature
        .result(Some(&called.arguments[0]), &mut Spend::free());
    assert_eq!(back.unwrap().unwrap(), everything());
}

#[test]
fn values_that_do_not_fit_are_refused_with_their_place() {
    let wrong = [
        (
            "big",
            json!(1.5),
            "`/all/big`: expected an integer, found `1.5`",
        ),
        ("big", json!(-1), "`/all/big`: `-1` does not fit in u64"),
        ("tiny", json!(128), "`/all/tiny`: `128` does not fit in s8"),
        (
            "ratio",
            json!(16_777_217),
            "`/all/ratio`: `16777217` does not fit in f32 without rounding",
        ),
        (
            "letter",
            json!("ab"),
            "`/all/letter`: expected one character, found 2",
        ),
        (
            "tint",
            json!("green"),
            "`/all/tint`: `green` is not one of `dark-blue`, `red`",
        ),
        (
            "may",
            json!(["read", "read"]),
            "`/all/may/1`: the flag `read` is there twice",
        ),
        (
            "shapes",
            json!([{ "tag": "circle" }]),
            "`/all/shapes/0/val`: required, but absent",
        ),
        (
            "shapes",
            json!([{ "tag": "point", "val": 1 }]),
            "`/all/shapes/0/val`: case `point` has no value",
        ),
        (
            "shapes",
            json!([{ "tag": "line" }]),
            "`/all/shapes/0/tag`: `line` is not one of `point`, `circle`, `labelled`",
        ),
        (
            "shapes",
            json!(["point"]),
            "`/all/shapes/0`: expected an object with a `tag`, found a string",
        ),
        (
            "shapes",
            json!([{ "tag": "point", "more": 1 }]),
            "`/all/shapes/0/more`: no such name; there is `tag`, `val`",
        ),
        (
            "pair",
            json!([1]),
            "`/all/pair`: expected an array of 2, found one of 1",
        ),
        (
            "shades",
            json!(1),
            "`/all/shades`: no such name here; there is `yes`, `tiny`",
        ),
    ];
    for (name, value, expected) in wrong {
        let mut all = everything();
        all[name] = value;
        let error = refused("echo", Some(&json!({ "all": all }).to_string()));
        assert!(error.contains(expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn arguments_go_by_name_or_by_place_and_options_may_be_absent() {
    let named = r#"{"repo": "a", "options": {"days": 7, "label": null}}"#;
    let placed = r#"["a", {"days": 7}]"#;
    let options = Val::Record(vec![
        ("days".to_owned(), Val::U32(7)),
        ("label".to_owned(), Val::Option(None)),
    ]);
    let expected = vec![Val::String("a".to_owned()), options, Val::Option(None)];
    let name = "api#triage";
    for input in [named, placed] {
        assert_eq!(call(name, Some(input)).unwrap().arguments, expected);
    }
    for wave in [
        r#"api#triage("a", {days: 7})"#,
        r#"test:functions/api#triage("a", {label: none, days: 7}, none)"#,
        r#"test:functions/api@1.0.0#triage("a", {days: 7})"#,
    ] {
        assert_eq!(call(wave, None).unwrap().arguments, expected, "{wave}");
    }
    let error = refused(name, Some(r#"{"repo": "a"}"#));
    assert!(
        error.contains("`/options`: required, but absent"),
        "{error}"
    );
    let error = refused(name, Some("[1, 2, 3, 4]"));
    assert!(error.contains("4 arguments for 3 parameters"), "{error}");
    let error = refused(name, Some("7"));
    assert!(
        error.contains("expected an object of the arguments by name"),
        "{error}"
    );
}

#[test]
fn wave_says_every_type_and_is_as_strict_as_json() {
    let wave = r#"echo({yes: true, tiny: -128, byte: 255, short: -32768, word: 65535, int: -2147483648,
        count: 4294967295, long: -9007199254740993, big: 18446744073709551615, ratio: 0.1, real: 0.1,
        letter: '🦀', text: "a\nb", bytes: [0, 255], pair: (-1, "x"), labels: [("a", 1), ("b", 2)],
        deeper: [none, some(none), some(some(none)), some(some(some(7)))],
        shapes: [point, circle(1.5), labelled({text: "t"})],
        tint: dark-blue, may: {read, execute}, ending: err("no"), bare: ok})"#;
    let input = json!({ "all": everything() }).to_string();
    assert_eq!(
        call(wave, None).unwrap().arguments,
        call("echo", Some(&input)).unwrap().arguments
    );
    let wrong = [
        ("divide(1)", "argument `b`: required, but absent; it is u64"),
        ("divide(1, 2, 3)", "3 arguments for 2 parameters"),
        ("divide(1, -2)", "argument `b`: expected u64, found `-2`"),
        (
            "divide(1, \"2\")",
            "argument `b`: expected u64, found `\"2\"`",
        ),
        (
            r#"api#triage("a", {days: 1, lable: "x"})"#,
            "no field `lable` in record",
        ),
        (
            r#"api#triage("a", {})"#,
            "field `days` is required, but absent; it is u32",
        ),
        (
            "divide(1,",
            "`divide(1,` is not a call: unexpected end of input",
        ),
        (
            "divide(1) 2",
            "is not a call: trailing characters after value at `2`",
        ),
    ];
    for (wave, expected) in wrong {
        let error = refused(wave, None);
        assert!(error.contains(expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn a_name_that_is_missing_or_not_the_only_one_is_answered_with_the_names_there_are() {
    assert_eq!(
        refused("triage", None),
        "`triage` is exported more than once: `test:functions/api@1.0.0#triage`, `test:functions/other@1.0.0#triage`"
    );
    assert_eq!(
        refused("triag", None),
        "the skill exports no function `triag`; it exports `divide`, `repeat`, `spin`, \
         `test:functions/api@1.0.0#echo`, `test:functions/api@1.0.0#triage`, `test:functions/api@1.0.0#nothing`, \
         `test:functions/other@1.0.0#triage`, `test:functions/other@1.0.0#real`, \
         `test:functions/other@1.0.0#open`, `test:functions/other@1.0.0#keep`"
    );
    assert_eq!(
        refused("divide(1, 2)", Some("{\"a\":1}")),
        "`divide` has its arguments in parentheses, so that the input is of no use"
    );
}

#[test]
fn resources_are_refused_with_the_reason_and_the_other_functions_stay() {
    assert_eq!(
        refused("open", None),
        "function `test:functions/other@1.0.0#open` cannot be called from outside: the result holds a resource"
    );
    assert_eq!(
        refused("keep", None),
        "function `test:functions/other@1.0.0#keep` cannot be called from outside: parameter `handle` holds a resource"
    );
    assert_eq!(call("other#triage()", None).unwrap().arguments, []);
}

#[test]
fn a_signature_is_one_line_of_wit() {
    let exports = exports();
    let divide = exports.iter().find(|export| export.name() == "divide");
    assert_eq!(
        divide.unwrap().wit(),
        "divide: func(a: u64, b: u64) -> result<u64, string>"
    );
    let schemas = divide.unwrap().schemas().unwrap();
    let whole = json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
    assert_eq!(
        schemas.input,
        json!({
            "type": "object",
            "properties": { "a": whole, "b": whole },
            "required": ["a", "b"],
            "additionalProperties": false
        })
    );
    assert_eq!(schemas.output, Some(whole));
    assert_eq!(schemas.error, Some(json!({ "type": "string" })));
}
