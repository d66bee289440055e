//! Numbers and strings: the smallest integer type that holds the bounds, and enums.

use std::borrow::Cow;

use serde_json::Value;

use super::arms::{Arm, values};
use super::keywords::Keywords;
use super::place::Place;
use super::walk::Lower;
use crate::names;
use crate::shape::{Enum, EnumCase, Int, JsonType, Known, Shape};

/// 2^53 - 1, which generators write for "any integer".
const SAFE: i128 = 9_007_199_254_740_991;
/// The most cases of an enum: more are a data set, which bindings generators do not support.
const MOST_CASES: usize = 2_000;

impl<'a> Lower<'a> {
    /// The shape of a number of this type with these schemas.
    pub(super) fn number(layers: &[Keywords<'_>], ty: JsonType) -> Shape<'a> {
        if ty == JsonType::Integer {
            Shape::Int(Bounds::of(layers).int())
        } else {
            Shape::Float
        }
    }

    /// The shape of a number that any of these arms allows.
    pub(super) fn numbers(arms: &[Arm<'a>]) -> Shape<'a> {
        if arms.iter().any(|arm| arm.ty != Some(JsonType::Integer)) {
            return Shape::Float;
        }
        let bounds = arms
            .iter()
            .map(|arm| Bounds::of(&arm.layers.all))
            .reduce(Bounds::or);
        Shape::Int(bounds.unwrap_or(Bounds::NONE).int())
    }

    /// The shape of a string that any of these arms allows: an enum where each arm lists its values.
    pub(super) fn string(&mut self, arms: &[Arm<'a>], place: Place<'_, 'a>) -> Shape<'a> {
        let mut cases: Vec<&'a str> = Vec::new();
        for arm in arms {
            match values(&arm.layers.all, JsonType::String) {
                Some(values) => cases.extend(values.into_iter().filter_map(Value::as_str)),
                None => return Shape::String,
            }
        }
        if cases.is_empty() {
            return self.json_of(Known::Never, "no value is valid");
        }
        let definition = arms.first().and_then(|arm| arm.layers.name);
        self.cases(cases.len(), cases.into_iter(), place.name(definition))
    }

    /// The shape of a string that is one of these.
    pub(super) fn cases(
        &mut self,
        count: usize,
        cases: impl Iterator<Item = &'a str>,
        name: Cow<'a, str>,
    ) -> Shape<'a> {
        if count > MOST_CASES {
            self.lose(format!(
                "an enum of more than {MOST_CASES} values is a `string`"
            ));
            return Shape::String;
        }
        let cases = names::labels(cases)
            .into_iter()
            .map(|(label, wire)| EnumCase { wire, label })
            .collect();
        Shape::Enum(Box::new(Enum { name, cases }))
    }
}

/// The least and the greatest value, both included.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: Option<i128>,
    pub(super) greatest: Option<i128>,
}

impl Bounds {
    /// A bound this far from zero means "no bound".
    pub(super) const UNBOUNDED: u128 = SAFE.unsigned_abs();
    const NONE: Self = Self {
        least: None,
        greatest: None,
    };

    /// The bounds that all layers give an integer.
    pub(super) fn of(layers: &[Keywords<'_>]) -> Self {
        let mut out = Self::NONE;
        for layer in layers {
            // In draft-04, `true` means that the bound itself is excluded; later drafts give a bound of its own.
            let excludes =
                |keyword: Option<&Value>| keyword.and_then(Value::as_bool).unwrap_or(false);
            let above = |value, exclusive| integer(value, Toward::Greater, exclusive);
            let below = |value, exclusive| integer(value, Toward::Less, exclusive);
            out.raise(
                layer
                    .minimum
                    .and_then(|value| above(value, excludes(layer.exclusive_minimum))),
            );
            out.raise(layer.exclusive_minimum.and_then(|value| above(value, true)));
            out.lower(
                layer
                    .maximum
                    .and_then(|value| below(value, excludes(layer.exclusive_maximum))),
            );
            out.lower(layer.exclusive_maximum.and_then(|value| below(value, true)));
        }
        if let Some(values) = values(layers, JsonType::Integer) {
            let numbers = || {
                values
                    .iter()
                    .filter_map(|value| integer(value, Toward::Greater, false))
            };
            out.raise(numbers().min());
            out.lower(numbers().max());
        }
        out
    }

    fn raise(&mut self, least: Option<i128>) {
        self.least = self.least.max(least);
    }

    fn lower(&mut self, greatest: Option<i128>) {
        self.greatest = match (self.greatest, greatest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn or(self, other: Self) -> Self {
        let both = |a: Option<i128>, b: Option<i128>, pick: fn(i128, i128) -> i128| {
            a.zip(b).map(|(a, b)| pick(a, b))
        };
        Self {
            least: both(self.least, other.least, i128::min),
            greatest: both(self.greatest, other.greatest, i128::max),
        }
    }

    /// The smallest type that holds every value.
    pub(super) fn int(self) -> Int {
        const UNSIGNED: [Int; 4] = [Int::U8, Int::U16, Int::U32, Int::U64];
        const SIGNED: [Int; 4] = [Int::S8, Int::S16, Int::S32, Int::S64];
        let least = self.least.filter(|least| *least > -SAFE);
        let greatest = self.greatest.filter(|greatest| *greatest < SAFE);
        let (least, greatest, candidates) = match (least, greatest) {
            (Some(least), greatest) if least >= 0 => {
                (least, greatest.unwrap_or(u64::MAX.into()), UNSIGNED)
            }
            (Some(least), Some(greatest)) => (least, greatest, SIGNED),
            (_, _) => return Int::S64,
        };
        let holds = |int: &Int| int.range().0 <= least && greatest <= int.range().1;
        candidates.into_iter().find(holds).unwrap_or(candidates[3])
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Toward {
    Less,
    Greater,
}

/// The integer at a bound, or next to it. `None` if the bound is not a number, or exceeds every integer type.
fn integer(bound: &Value, toward: Toward, exclusive: bool) -> Option<i128> {
    let step = if toward == Toward::Greater { 1 } else { -1 };
    if let Some(whole) = bound
        .as_i64()
        .map(i128::from)
        .or_else(|| bound.as_u64().map(i128::from))
    {
        return Some(if exclusive { whole + step } else { whole });
    }
    let float = bound.as_f64().filter(|float| float.abs() < 1e19)?;
    let rounded = if toward == Toward::Greater {
        float.ceil()
    } else {
        float.floor()
    };
    // No `as`: the text of a whole number is exact.
    let whole: i128 = format!("{rounded:.0}").parse().ok()?;
    Some(if exclusive && rounded.to_bits() == float.to_bits() {
        whole + step
    } else {
        whole
    })
}
