//! Numbers are never rounded, cut or wrapped: they arrive as they were sent, or not at all.

use mcp_codegen::shape::Int;
use serde_json::Value;
use wasmtime::component::Val;

use crate::Codec;

fn read(codec: &Codec, text: &str) -> Result<Val, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    codec.read_json(value).map_err(|error| error.to_string())
}

fn write(codec: &Codec, value: Val) -> Result<String, String> {
    let value = codec.to_json(&value).map_err(|error| error.to_string())?;
    Ok(value.to_string())
}

#[test]
fn integers_beyond_the_precision_of_doubles_are_exact_both_ways() {
    for text in ["9007199254740993", "18446744073709551615", "0", "1"] {
        let value = read(&Codec::Int(Int::U64), text).unwrap();
        assert_eq!(value, Val::U64(text.parse().unwrap()));
        assert_eq!(write(&Codec::Int(Int::U64), value).unwrap(), text);
    }
    for text in [
        "-9007199254740993",
        "-9223372036854775808",
        "9223372036854775807",
    ] {
        let value = read(&Codec::Int(Int::S64), text).unwrap();
        assert_eq!(value, Val::S64(text.parse().unwrap()));
        assert_eq!(write(&Codec::Int(Int::S64), value).unwrap(), text);
    }
}

#[test]
fn integers_outside_their_type_are_refused() {
    let ints = [
        Int::U8,
        Int::U16,
        Int::U32,
        Int::U64,
        Int::S8,
        Int::S16,
        Int::S32,
        Int::S64,
    ];
    for int in ints {
        let (least, most) = int.range();
        for inside in [least, most] {
            let text = inside.to_string();
            let value = read(&Codec::Int(int), &text).unwrap();
            assert_eq!(write(&Codec::Int(int), value).unwrap(), text);
        }
        for outside in [least - 1, most + 1] {
            let error = read(&Codec::Int(int), &outside.to_string()).unwrap_err();
            assert!(
                error.contains(&format!("does not fit in {}", int.keyword())),
                "{error}"
            );
        }
    }
}

#[test]
fn whole_numbers_are_integers_however_they_are_written() {
    let int = Codec::Int(Int::S64);
    assert_eq!(read(&int, "1.0"), Ok(Val::S64(1)));
    assert_eq!(read(&int, "-0.0"), Ok(Val::S64(0)));
    assert_eq!(read(&int, "-0"), Ok(Val::S64(0)));
    assert_eq!(read(&int, "1e3"), Ok(Val::S64(1000)));
    assert_eq!(
        read(&int, "9007199254740991.0"),
        Ok(Val::S64((1 << 53) - 1))
    );
    // The double of this text is 2^53, and so is that of its neighbour. The text is exact.
    assert_eq!(
        read(&int, "9007199254740993.0"),
        Ok(Val::S64((1 << 53) + 1))
    );
    assert_eq!(
        read(&int, "-92.23372036854775808e17"),
        Ok(Val::S64(i64::MIN))
    );
    assert_eq!(read(&int, "0e999999999999999999999"), Ok(Val::S64(0)));
    for text in [
        "9223372036854775808.0",
        "123456789012345678901234567890",
        "1e300",
        "1e999999999999999999999",
    ] {
        let error = read(&int, text).unwrap_err();
        assert!(error.contains("does not fit in s64"), "{error}");
    }
    for text in [
        "1.5",
        "-0.1",
        "1e-7",
        "4.00000000000000000001",
        "1e-999999999999999999999",
    ] {
        let error = read(&int, text).unwrap_err();
        assert!(error.contains("expected an integer, found `"), "{error}");
    }
    let error = read(&int, "\"1\"").unwrap_err();
    assert_eq!(error, "the top level: expected an integer, found a string");
}

#[test]
fn doubles_come_back_bit_for_bit() {
    for double in [
        0.1,
        1e-7,
        5e-324,
        1e300,
        f64::MAX,
        -2.25,
        123_456.789,
        0.0,
        -0.0,
        3.0,
        1e20,
        9_007_199_254_740_992.0,
    ] {
        let text = write(&Codec::Float, Val::Float64(double)).unwrap();
        let Val::Float64(back) = read(&Codec::Float, &text).unwrap() else {
            panic!("not a float");
        };
        assert_eq!(back.to_bits(), double.to_bits(), "{text}");
    }
    assert_eq!(write(&Codec::Float, Val::Float64(3.0)).unwrap(), "3");
    assert_eq!(write(&Codec::Float, Val::Float64(-0.0)).unwrap(), "-0.0");
}

#[test]
fn doubles_that_json_does_not_have_are_refused() {
    for (double, name) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let list = Codec::List(Box::new(Codec::Float));
        let error = write(
            &list,
            Val::List(vec![Val::Float64(0.5), Val::Float64(double)]),
        )
        .unwrap_err();
        assert_eq!(error, format!("`/1`: JSON has no number `{name}`"));
    }
}

#[test]
fn numbers_that_a_double_would_change_are_refused() {
    assert_eq!(
        read(&Codec::Float, "9007199254740992"),
        Ok(Val::Float64(9_007_199_254_740_992.0))
    );
    assert_eq!(
        read(&Codec::Float, "-9223372036854775808"),
        Ok(Val::Float64(-9_223_372_036_854_775_808.0))
    );
    for text in [
        "9007199254740993",
        "-9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890123456789012345678901234567890",
        "0.12345678901234567890",
        "3.14159265358979323846",
        "1e+400",
        "-1e-400",
        "3e-324",
    ] {
        let error = read(&Codec::Float, text).unwrap_err();
        assert_eq!(
            error,
            format!("the top level: `{text}` does not fit in f64 without rounding")
        );
    }
}

#[test]
fn decimal_that_is_the_text_of_a_double_is_that_double() {
    // As `%.17g` and `%.20f` of C write them, with zeros at the end, and the smallest doubles.
    for (text, double) in [
        ("0.1", 0.1),
        ("0.10000000000000001", 0.1),
        ("0.10000000000000000555", 0.1),
        ("0.1000000000000000000000", 0.1),
        ("1.5E+3", 1500.0),
        ("100000000000000000000.0", 1e20),
        ("5e-324", 5e-324),
        ("0.000", 0.0),
        ("0e400", 0.0),
    ] {
        assert_eq!(
            read(&Codec::Float, text),
            Ok(Val::Float64(double)),
            "{text}"
        );
    }
}

#[test]
fn json_text_keeps_its_numbers_as_they_are_written() {
    for text in [
        "18446744073709551616",
        // The parser writes the sign of an exponent that has none.
        "[-9223372036854775809,0.10,1e-7,1e+400,-0]",
        r#"{"a":"123456789012345678901234567890"}"#,
        r#"["\"",1]"#,
        r#"{"b":{"\"a":[1,123456789012345678901234567890]}}"#,
        "0.123456789012345678901234567890",
    ] {
        assert_eq!(write(&Codec::Json, Val::String(text.into())).unwrap(), text);
        let back = read(&Codec::Json, text).unwrap();
        assert_eq!(back, Val::String(text.into()));
    }
    for text in ["", "[1", "NaN", "{'a':1}", "1 2", "\"\\\"", "-"] {
        let error = write(&Codec::Json, Val::String(text.into())).unwrap_err();
        assert!(
            error.starts_with("the top level: not JSON text: "),
            "{text}: {error}"
        );
    }
}
