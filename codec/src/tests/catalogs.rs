//! Differential test against the `jsonschema` crate over real catalogs: a value that is valid for a tool's schema comes
//! back from the guest's types as it was, and one that is not is refused with its place.

use std::fs;

use mcp_codegen::shape::Loss;
use mcp_codegen::{Catalog, function};
use serde_json::Value;
use wasmtime::component::Type;

use super::component::{build, fits, labels};
use super::instances::instances;
use super::{Change, change, shared};
use crate::{Codec, ReturnCodec};

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    schemas: usize,
    /// Schemas without a value: their tool takes or gives nothing that is typed.
    no_codec: usize,
    valid: usize,
    unchanged: usize,
    null_to_absent: usize,
    undeclared: usize,
    /// Valid, but not within the types; a loss of the tool says so.
    refused_with_loss: usize,
    /// Integers for which a double (`integer` beside `number`) is too small.
    inexact: usize,
}

#[test]
fn valid_values_of_real_schemas_come_back_as_they_were() {
    let mut counts = Counts::default();
    let mut wrong = Vec::new();
    let mut poor = Vec::new();
    for file in shared("schemas") {
        let catalog = Catalog::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        let built = build(&catalog.tools);
        for (label, tool) in labels(&catalog.tools).iter().zip(&catalog.tools) {
            let at = format!("{}/{}", file.file_stem().unwrap().display(), tool.name);
            let (params, returns) = built
                .link(label, tool)
                .unwrap_or_else(|mismatch| panic!("{at}: {mismatch:?}"));
            let ty = built.function(label);
            let losses = function(label, tool).unwrap().losses;
            let params_ty = ty.params().next().map(|(_, ty)| ty);
            let result_ty = ty.results().next().and_then(|ty| match ty {
                Type::Result(result) => result.ok(),
                _ => None,
            });
            let sides = [
                (
                    "/inputSchema",
                    Some(&tool.input_schema),
                    params.map(Side::Params),
                    params_ty,
                ),
                (
                    "/outputSchema",
                    tool.output_schema.as_ref(),
                    Some(Side::Returns(returns)),
                    result_ty,
                ),
            ];
            for (side, schema, codec, ty) in sides {
                let Some(schema) = schema else { continue };
                counts.schemas += 1;
                let (Some(codec), Some(ty)) = (codec, ty) else {
                    counts.no_codec += 1;
                    continue;
                };
                let losses: Vec<&Loss> = losses
                    .iter()
                    .filter(|loss| loss.at.starts_with(side))
                    .collect();
                let valid = one(&at, schema, &codec, &ty, &losses, &mut counts, &mut wrong);
                if valid < 4 {
                    poor.push(format!("{at}{side}: {valid} values"));
                }
            }
        }
    }
    if counts.schemas == 0 {
        return;
    }
    eprintln!(
        "{counts:#?}\n{} schemas with few valid values: {poor:#?}",
        poor.len()
    );
    assert!(
        wrong.is_empty(),
        "{}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert_eq!(
        counts.schemas, 1_102,
        "778 tools, 324 with an output schema"
    );
    assert!(counts.valid > 60_000, "{counts:?}");
    // The rest is what `change` allows and what a loss announces; both are rare.
    assert!(counts.unchanged * 100 > counts.valid * 99, "{counts:?}");
    assert!(
        counts.refused_with_loss < 10 && counts.inexact < 20,
        "{counts:?}"
    );
    assert!(
        poor.iter().all(|poor| !poor.ends_with(": 0 values")),
        "{poor:#?}"
    );
}

enum Side {
    Params(Codec),
    Returns(ReturnCodec),
}

impl Side {
    fn round_trip(&self, ty: &Type, value: &Value) -> Result<Value, String> {
        let (codec, key) = match self {
            Self::Params(codec) | Self::Returns(ReturnCodec::Structured(codec)) => (codec, None),
            Self::Returns(ReturnCodec::Wrapped { key, codec }) => (codec, Some(key)),
            Self::Returns(ReturnCodec::ToolResult) => return Err("`tool-result`".to_owned()),
        };
        let guest = match self {
            Self::Params(codec) => codec.read_json(value.clone()),
            Self::Returns(codec) => codec.read_structured(value.clone()).map(Option::unwrap),
        };
        let guest = guest.map_err(|error| error.to_string())?;
        assert!(fits(ty, &guest), "{guest:?} is not of its type");
        let back = codec.to_json(&guest).map_err(|error| error.to_string())?;
        Ok(match key {
            Some(key) => Value::Object([(key.clone(), back)].into_iter().collect()),
            None => back,
        })
    }
}

fn one(
    at: &str,
    schema: &Value,
    codec: &Side,
    ty: &Type,
    losses: &[&Loss],
    counts: &mut Counts,
    wrong: &mut Vec<String>,
) -> usize {
    let validator =
        jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{at}: {error}"));
    let mut valid = 0;
    for value in instances(schema) {
        if !validator.is_valid(&value) {
            continue;
        }
        valid += 1;
        counts.valid += 1;
        let back = match codec.round_trip(ty, &value) {
            Ok(back) => back,
            Err(error) if error.contains("does not fit in f64 without rounding") => {
                counts.inexact += 1;
                continue;
            }
            Err(_) if !losses.is_empty() => {
                counts.refused_with_loss += 1;
                continue;
            }
            Err(error) => {
                wrong.push(format!("{at}: {value} is refused: {error}"));
                continue;
            }
        };
        match change(&value, &back) {
            Some(Change::None) => counts.unchanged += 1,
            Some(Change::NullToAbsent) => counts.null_to_absent += 1,
            Some(Change::Undeclared) => {
                counts.undeclared += 1;
                if losses.is_empty() {
                    wrong.push(format!("{at}: {value} became {back}"));
                }
            }
            None => wrong.push(format!("{at}: {value} became {back}")),
        }
        if let Err(error) = validator.validate(&back) {
            wrong.push(format!(
                "{at}: {value} became {back}, and that is invalid: {error}"
            ));
        }
    }
    valid
}
