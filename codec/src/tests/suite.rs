//! The required cases of the JSON Schema test suite, 2020-12: every valid value comes back as it was, or there is a
//! documented reason why not; nothing panics.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use mcp_codegen::{Flavour, Tool, package};
use serde_json::{Map, Value, json};

use super::component::{build_wit, tool};
use super::{Change, change, shared};
use crate::{Codec, ReturnCodec};

/// Where a tool contains the schema of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// It is the output schema.
    Output,
    /// It is the input schema.
    Input,
    /// A property of the input has it.
    Property,
}

/// The result for one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Unchanged,
    /// The same, but the whole schema is `json`.
    UnchangedJson,
    /// An optional property that was `null` is absent.
    NullToAbsent,
    /// A property that the schema does not describe is omitted.
    UndeclaredLeftOut,
    /// The types do not hold the value, and a loss of the tool reports that.
    RefusedWithLoss,
    /// An integer that an integer type or a double does not hold.
    RefusedNumber,
    /// Arguments are objects, and the value is not an object.
    NoObject,
    /// The tool is rejected: no object is valid.
    NoTool,
    /// The tool takes no arguments.
    NoParams,
    /// An invalid value is rejected.
    InvalidRefused,
    /// An invalid value is accepted: the types express less than the schema.
    InvalidAccepted,
}

struct Case {
    file: String,
    tool: String,
    place: Place,
    tests: Vec<Value>,
}

// Long: the counts of all outcomes are one table.
#[test]
fn every_required_case_is_converted_or_refused_with_a_reason() {
    let (tools, cases) = cases();
    if cases.is_empty() {
        return;
    }
    let made = package("s", &tools, Flavour::Sync).unwrap();
    let built = build_wit(&made.wit);
    let by_name: HashMap<&str, &Tool> = tools
        .iter()
        .map(|tool| (tool.name.as_str(), tool))
        .collect();
    let functions: HashMap<&str, _> = made
        .functions
        .iter()
        .map(|function| (function.tool, function))
        .collect();

    let mut counts: BTreeMap<(Place, Outcome), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let Some(function) = functions.get(case.tool.as_str()) else {
            *counts.entry((case.place, Outcome::NoTool)).or_default() += case.tests.len();
            continue;
        };
        let (params, returns) = built
            .link(&function.label, by_name[case.tool.as_str()])
            .unwrap();
        let side = if case.place == Place::Output {
            "/outputSchema"
        } else {
            "/inputSchema"
        };
        let losses = function.losses.iter().any(|loss| loss.at.starts_with(side));
        for test in &case.tests {
            let outcome = match case.place {
                Place::Output => through_returns(&returns, test, losses),
                Place::Input | Place::Property => {
                    through_params(params.as_ref(), test, losses, case.place)
                }
            };
            match outcome {
                Ok(outcome) => *counts.entry((case.place, outcome)).or_default() += 1,
                Err(why) => wrong.push(format!(
                    "{} {:?} {}: {why}",
                    case.file, case.place, test["description"]
                )),
            }
        }
    }

    for ((place, outcome), count) in &counts {
        eprintln!(
            "{:9} {:18} {count:5}",
            format!("{place:?}"),
            format!("{outcome:?}")
        );
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    // A better code generator moves cases up, from refused to unchanged. None may move down.
    let count = |place, outcomes: &[Outcome]| -> usize {
        let counts = outcomes
            .iter()
            .filter_map(|outcome| counts.get(&(place, *outcome)));
        counts.sum()
    };
    for (place, unchanged, typed, left_out, refused) in [
        (Place::Output, 707, 221, 14, 44),
        (Place::Input, 208, 111, 14, 1),
        (Place::Property, 651, 198, 14, 44),
    ] {
        assert!(
            count(place, &[Outcome::Unchanged, Outcome::UnchangedJson]) >= unchanged,
            "{place:?}"
        );
        assert!(count(place, &[Outcome::Unchanged]) >= typed, "{place:?}");
        assert!(
            count(place, &[Outcome::UndeclaredLeftOut]) <= left_out,
            "{place:?}"
        );
        assert!(
            count(place, &[Outcome::RefusedWithLoss, Outcome::RefusedNumber]) <= refused,
            "{place:?}"
        );
    }
    assert!(count(Place::Output, &[Outcome::InvalidRefused]) >= 150);
}

fn cases() -> (Vec<Tool>, Vec<Case>) {
    let (mut tools, mut cases) = (Vec::new(), Vec::new());
    for file in shared("json-schema-test-suite/tests/draft2020-12") {
        let groups: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let file = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for group in groups {
            let schema = &group["schema"];
            let tests = group["tests"].as_array().unwrap();
            let mut inside = schema.clone();
            let movable = moved(&mut inside);
            let at = tools.len();
            let input = json!({"type": "object", "properties": {"v": inside}, "required": ["v"]});
            for (place, input, output) in [
                (
                    Place::Output,
                    json!({"type": "object"}),
                    Some(schema.clone()),
                ),
                (Place::Input, schema.clone(), None),
                (Place::Property, input, None),
            ] {
                if place == Place::Property && !movable {
                    continue;
                }
                let name = format!("t{at}{place:?}");
                tools.push(tool(&name, input, output));
                cases.push(Case {
                    file: file.clone(),
                    tool: name,
                    place,
                    tests: tests.clone(),
                });
            }
        }
    }
    (tools, cases)
}

/// Makes the references in a schema right for its place under `properties/v`; `false` where that cannot be done.
fn moved(schema: &mut Value) -> bool {
    match schema {
        Value::Object(map) => {
            if map.get("$id").is_some_and(Value::is_string) || map.contains_key("$dynamicRef") {
                return false;
            }
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(pointer) = reference.strip_prefix('#')
                && (pointer.is_empty() || pointer.starts_with('/'))
            {
                *reference = format!("#/properties/v{pointer}");
            }
            map.iter_mut()
                .all(|(key, value)| matches!(key.as_str(), "const" | "enum") || moved(value))
        }
        Value::Array(values) => values.iter_mut().all(moved),
        _ => true,
    }
}

fn through_returns(codec: &ReturnCodec, test: &Value, losses: bool) -> Result<Outcome, String> {
    let (inner, key) = match codec {
        ReturnCodec::Structured(codec) => (codec, None),
        ReturnCodec::Wrapped { key, codec } => (codec, Some(key)),
        ReturnCodec::ToolResult => return Err("there is an output schema".to_owned()),
    };
    let read = codec
        .read_structured(test["data"].clone())
        .map_err(|error| error.to_string());
    let back = read.and_then(|value| {
        inner
            .to_json(&value.unwrap())
            .map_err(|error| error.to_string())
    });
    let back = back.map(|back| match key {
        Some(key) => json!({key: back}),
        None => back,
    });
    judge(
        test,
        &test["data"],
        back,
        matches!(inner, Codec::Json),
        losses,
    )
}

fn through_params(
    codec: Option<&Codec>,
    test: &Value,
    losses: bool,
    place: Place,
) -> Result<Outcome, String> {
    let Some(codec) = codec else {
        return Ok(Outcome::NoParams);
    };
    let value = match place {
        Place::Property => Value::Object(Map::from_iter([("v".to_owned(), test["data"].clone())])),
        _ if test["data"].is_object() => test["data"].clone(),
        _ => return Ok(Outcome::NoObject),
    };
    let back = codec
        .read_json(value.clone())
        .and_then(|guest| codec.to_json(&guest))
        .map_err(|error| error.to_string());
    let json = match codec {
        Codec::Record(record) if place == Place::Property => {
            matches!(record.fields[0].codec, Codec::Json)
        }
        codec => matches!(codec, Codec::Json),
    };
    judge(test, &value, back, json, losses)
}

fn judge(
    test: &Value,
    value: &Value,
    back: Result<Value, String>,
    json: bool,
    losses: bool,
) -> Result<Outcome, String> {
    if test["valid"] == false {
        return Ok(if back.is_err() {
            Outcome::InvalidRefused
        } else {
            Outcome::InvalidAccepted
        });
    }
    match back {
        Ok(back) => match change(value, &back) {
            Some(Change::None) if json => Ok(Outcome::UnchangedJson),
            Some(Change::None) => Ok(Outcome::Unchanged),
            Some(Change::NullToAbsent) => Ok(Outcome::NullToAbsent),
            Some(Change::Undeclared) => Ok(Outcome::UndeclaredLeftOut),
            None => Err(format!("{value} became {back}")),
        },
        Err(error) if error.contains("does not fit in") => Ok(Outcome::RefusedNumber),
        Err(_) if losses => Ok(Outcome::RefusedWithLoss),
        Err(error) => Err(format!("{value} is refused: {error}")),
    }
}
