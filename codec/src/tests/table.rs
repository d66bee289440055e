//! The cases that the guest SDK's `testing` converts too, so that a native test of a skill sees what the host would do.

use serde_json::{Value, json};

use super::component::{build, tool};

/// As `guest-sdk/src/testing/wire/tests.rs` reads it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    schema: Value,
    value: Value,
    becomes: Option<Value>,
    #[serde(default)]
    refused: bool,
}

#[test]
fn values_are_converted_as_the_shared_table_says() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../codegen/tests/values.json")).unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    let tools: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(at, case)| {
            let object =
                json!({"type": "object", "required": ["v"], "properties": {"v": case.schema}});
            tool(&format!("t{at}"), object, None)
        })
        .collect();
    let component = build(&tools);
    for (at, (case, tool)) in cases.into_iter().zip(&tools).enumerate() {
        let (codec, _) = component.link(&format!("t{at}"), tool).unwrap();
        let codec = codec.unwrap();
        let read = codec.read_json(json!({ "v": case.value }));
        let converted = match read.and_then(|guest| codec.to_json(&guest)) {
            Ok(mut object) => Some(object["v"].take()),
            Err(_) => None,
        };
        let expected = case.becomes.unwrap_or(case.value);
        assert_eq!(
            converted,
            (!case.refused).then_some(expected),
            "{}",
            case.name
        );
    }
}
