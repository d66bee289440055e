//! Conditions on arguments: true, false and unknown.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::json;

use super::*;

fn condition(checks: Vec<Check>) -> Condition {
    Condition {
        pointer: "/a".parse().unwrap(),
        checks,
        if_absent: None,
    }
}

fn holds(check: Check, value: Value) -> Truth {
    condition(vec![check]).holds(&Map::from_iter([("a".to_owned(), value)]))
}

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

const TYPE: Truth = Truth::Unknown("has another type");
const ROUNDED: Truth = Truth::Unknown("fits once it is rounded to a double");

#[test]
fn equals_compares_values_and_not_their_spelling() {
    let nested = json!({"x": [1, {"y": "z"}], "w": false});
    for (wanted, value, truth) in [
        (json!("main"), json!("main"), Truth::True),
        (json!("main"), json!("Main"), Truth::False),
        (json!("main"), json!("main\0"), Truth::False),
        (json!("main"), json!(["main"]), TYPE),
        (json!("main"), Value::Null, TYPE),
        (json!(true), json!("true"), TYPE),
        (json!(true), json!(1), TYPE),
        (json!(5), json!("5"), TYPE),
        (json!(5), Value::Number(number("5.0")), Truth::True),
        (json!(5), Value::Number(number("0.5e1")), Truth::True),
        (json!(0), Value::Number(number("-0.0")), Truth::True),
        (
            json!(9_007_199_254_740_993_i64),
            Value::Number(number("9007199254740992")),
            ROUNDED,
        ),
        (
            json!(5),
            Value::Number(number("5.0000000000000000001")),
            ROUNDED,
        ),
        (json!(5), Value::Number(number("5.0000001")), Truth::False),
        (
            json!(9_007_199_254_740_993_i64),
            Value::Number(number("9007199254740993.0")),
            Truth::True,
        ),
        (
            nested.clone(),
            json!({"w": false, "x": [1, {"y": "z"}]}),
            Truth::True,
        ),
        (nested.clone(), json!({"x": [1, {"y": "z"}]}), Truth::False),
        (nested.clone(), json!({"x": [1], "w": false}), Truth::False),
        (
            nested.clone(),
            json!({"x": [1, {"y": null}], "w": false}),
            TYPE,
        ),
        // What is certain wins over what is not.
        (
            nested.clone(),
            json!({"x": [1, {"y": null}], "w": true}),
            Truth::False,
        ),
        (
            nested,
            json!({"x": [1, {"z": "z"}], "w": false}),
            Truth::False,
        ),
    ] {
        assert_eq!(
            holds(Check::Equals(wanted.clone()), value.clone()),
            truth,
            "{wanted} {value}"
        );
    }
}

#[test]
fn one_of_needs_one_of_its_values() {
    let check = || Check::OneOf(vec![json!("a"), json!("b"), json!(1)]);
    assert_eq!(holds(check(), json!("b")), Truth::True);
    // It is no such text, and the server may take it for the number.
    assert_eq!(holds(check(), json!("c")), TYPE);
    let texts = || Check::OneOf(vec![json!("a"), json!("b")]);
    assert_eq!(holds(texts(), json!("c")), Truth::False);
    assert_eq!(holds(Check::OneOf(Vec::new()), json!("c")), Truth::False);
}

#[test]
fn glob_takes_texts_up_to_its_bound() {
    let glob = |pattern: &str, value| holds(Check::Glob(pattern.to_owned()), value);
    assert_eq!(glob("feature/*", json!("feature/a/b")), Truth::True);
    assert_eq!(glob("feature/*", json!("feature")), Truth::False);
    assert_eq!(glob("*", json!(7)), Truth::Unknown("is not a text"));
    let long = json!("x".repeat(LONGEST_TEXT + 1));
    assert_eq!(glob("*", long), Truth::Unknown("is longer than 16 KiB"));
}

#[test]
fn a_range_is_inclusive_and_exact_beyond_doubles() {
    let min =
        |bound: &str, value: &str| holds(Check::Min(number(bound)), Value::Number(number(value)));
    let max =
        |bound: &str, value: &str| holds(Check::Max(number(bound)), Value::Number(number(value)));
    assert_eq!(min("5", "5"), Truth::True);
    assert_eq!(min("5", "4.9999999999999"), Truth::False);
    assert_eq!(min("5", "4.9999999999999999999"), ROUNDED);
    assert_eq!(max("9007199254740992", "9007199254740993"), ROUNDED);
    assert_eq!(max("9007199254740992", "9007199254740994"), Truth::False);
    assert_eq!(max("9007199254740993", "9007199254740993"), Truth::True);
    assert_eq!(max("-1", "-1.00000000000000000001"), Truth::True);
    assert_eq!(max("-1", "0"), Truth::False);
    assert_eq!(max("1e300", "1e301"), Truth::False);
    assert_eq!(max("1e400", "1e401"), ROUNDED);
    assert_eq!(min("1e400", "1e401"), Truth::True);
    assert_eq!(max("100", "1e-400"), Truth::True);
    assert!(matches!(
        max("5", "1e99999999999999999999"),
        Truth::Unknown(_)
    ));
    assert!(matches!(min("5", &"9".repeat(2_000)), Truth::Unknown(_)));
    assert_eq!(
        holds(Check::Max(number("5")), json!("4")),
        Truth::Unknown("is not a number")
    );
}

#[test]
fn a_value_that_is_missing_is_unknown_unless_the_rule_says_otherwise() {
    let mut absent = condition(vec![Check::Equals(json!(true))]);
    assert_eq!(absent.holds(&Map::new()), Truth::Unknown("is not given"));
    for given in [false, true] {
        absent.if_absent = Some(given);
        assert_eq!(absent.holds(&Map::new()), Truth::of(given));
        // `null` is given.
        let null = Map::from_iter([("a".to_owned(), Value::Null)]);
        assert_eq!(absent.holds(&null), TYPE);
    }
}

#[test]
fn all_checks_of_a_value_have_to_hold() {
    let both = |value: &str| {
        let checks = vec![
            Check::Under("/srv".parse().unwrap()),
            Check::Glob("*.md".to_owned()),
        ];
        condition(checks).holds(&Map::from_iter([("a".to_owned(), json!(value))]))
    };
    assert_eq!(both("/srv/a.md"), Truth::True);
    assert_eq!(both("/srv/a.sh"), Truth::False);
    assert_eq!(both("a.sh"), Truth::False);
    assert!(matches!(both("a.md"), Truth::Unknown(_)));
}

#[test]
fn deep_values_are_compared_as_deep_as_the_rule_is() {
    let mut deep = json!(1);
    for _ in 0..100_000 {
        deep = Value::Array(vec![deep]);
    }
    let mut arguments = Map::from_iter([("a".to_owned(), deep)]);
    for wanted in [json!([[2]]), json!("x")] {
        let check = Check::Equals(wanted);
        assert_eq!(condition(vec![check]).holds(&arguments), TYPE);
    }
    let mut deep = arguments.remove("a").unwrap();
    // Its own drop would use the stack.
    while let Value::Array(mut inner) = deep {
        deep = inner.pop().unwrap();
    }
}

#[test]
fn a_condition_is_shown_as_it_is_written() {
    let shown = Condition {
        pointer: "/a~1b/0".parse().unwrap(),
        checks: vec![
            Check::Equals(json!({"k": [1, "two", true]})),
            Check::OneOf(vec![json!("a\"b")]),
            Check::Glob("*.md".to_owned()),
            Check::Min(number("1")),
            Check::Max(number("2.5")),
            Check::Under("/srv/".parse().unwrap()),
        ],
        if_absent: Some(false),
    }
    .to_string();
    assert_eq!(
        shown,
        r#""/a~1b/0" = { equals = { "k" = [1, "two", true] }, one-of = ["a\"b"], glob = "*.md", min = 1, max = 2.5, under = "/srv", if-absent = false }"#
    );
}

#[test]
fn a_value_within_another_type_or_in_other_letters_is_unknown_whatever_if_absent_says() {
    let Value::Object(arguments) = json!({ "options": "{\"force\":true}", "Path": "/etc" }) else {
        unreachable!()
    };
    for (pointer, why) in [
        ("/options/force", "is within a value of another type"),
        ("/path", "is also given in other letters"),
    ] {
        for if_absent in [None, Some(false), Some(true)] {
            let condition = Condition {
                pointer: pointer.parse().unwrap(),
                checks: vec![Check::Equals(json!(true))],
                if_absent,
            };
            assert_eq!(
                condition.holds(&arguments),
                Truth::Unknown(why),
                "{pointer}"
            );
        }
    }
}
