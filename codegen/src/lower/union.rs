//! Combines the arms of a schema: into one shape, an option, or a variant.

use super::arms::Arm;
use super::layers;
use super::place::Place;
use super::tell_apart::tell_apart;
use super::walk::Lower;
use crate::names;
use crate::shape::{JsonType, Known, Loose, Shape, Test, Variant, VariantCase};

impl<'a> Lower<'a> {
    /// The shape of a value that any of these arms allows.
    pub(super) fn union(&mut self, mut arms: Vec<Arm<'a>>, place: Place<'_, 'a>) -> Shape<'a> {
        if arms.is_empty() {
            return self.json_of(Known::Never, "no value is valid");
        }
        if arms.iter().any(|arm| arm.ty.is_none()) {
            return self.json("a value of any type");
        }
        let all = arms.len();
        arms.retain(|arm| arm.ty != Some(JsonType::Null));
        let nullable = arms.len() < all;
        let shape = if arms.is_empty() {
            self.json_of(Known::Never, "nothing but `null` is valid")
        } else {
            self.without_null(arms, place)
        };
        match shape {
            Shape::Json(loose) => Shape::Json(Loose {
                nullable: nullable || loose.nullable,
                ..loose
            }),
            shape if nullable => Shape::Nullable(Box::new(shape)),
            shape => shape,
        }
    }

    fn without_null(&mut self, arms: Vec<Arm<'a>>, place: Place<'_, 'a>) -> Shape<'a> {
        let groups = groups(arms);
        if let [(kind, arms)] = groups.as_slice()
            && (*kind != Kind::Object || arms.len() == 1)
        {
            return self.group(*kind, arms, place);
        }
        let mut cases: Vec<(String, Test, Kind, Vec<Arm<'a>>)> = Vec::new();
        for (kind, arms) in groups {
            if kind != Kind::Object || arms.len() == 1 {
                cases.push((
                    kind.label().to_owned(),
                    Test::Type(kind.test(&arms)),
                    kind,
                    arms,
                ));
                continue;
            }
            match tell_apart(&self.definitions, &arms) {
                Some(apart) => {
                    if apart.incomplete {
                        self.lose("the property that tells the alternatives apart is not required, but has to be there".to_owned());
                    }
                    cases.extend(
                        apart
                            .arms
                            .into_iter()
                            .map(|(hint, test, arm)| (hint, test, kind, vec![arm])),
                    );
                }
                None => cases.push((
                    kind.label().to_owned(),
                    Test::Type(JsonType::Object),
                    kind,
                    arms,
                )),
            }
        }
        if let [(_, _, kind, arms)] = cases.as_slice() {
            return self.group(*kind, arms, place);
        }
        self.variant(cases, place)
    }

    fn variant(
        &mut self,
        cases: Vec<(String, Test, Kind, Vec<Arm<'a>>)>,
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        // Hints from different values are unique already; `labels` requires unique names.
        let hints = unique(cases.iter().map(|(hint, ..)| hint.clone()));
        let labels = names::labels(hints.iter().map(String::as_str));
        let mut out = Vec::with_capacity(cases.len());
        for ((label, _), (_, test, kind, arms)) in labels.into_iter().zip(cases) {
            let shape = self.group(kind, &arms, Place::Arm(&place, &label));
            out.push(VariantCase {
                label: label.into_owned(),
                shape: Some(shape),
                test,
            });
        }
        Shape::Variant(Box::new(Variant {
            name: place.name(None),
            cases: out,
        }))
    }

    /// The shape of arms of one JSON type that make one case.
    pub(super) fn group(
        &mut self,
        kind: Kind,
        arms: &[Arm<'a>],
        place: Place<'_, 'a>,
    ) -> Shape<'a> {
        for keyword in arms
            .iter()
            .flat_map(|arm| &arm.layers.all)
            .filter_map(|layer| layer.inexpressible)
        {
            self.lose(format!("`{keyword}` is not expressed"));
        }
        for (keyword, value) in arms
            .iter()
            .flat_map(|arm| &arm.layers.all)
            .filter_map(|layer| layer.ill_typed)
        {
            self.lose(format!(
                "`{keyword}` is {}, and says nothing",
                layers::kind(value)
            ));
        }
        match kind {
            Kind::Bool => Shape::Bool,
            Kind::Number => Self::numbers(arms),
            Kind::String => self.string(arms, place),
            Kind::Array => self.array(arms, place),
            Kind::Object => self.object(arms, place),
        }
    }
}

/// The JSON types that a variant distinguishes by type alone. An integer is a number.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Bool,
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Bool => "boolean",
        }
    }

    fn test(self, arms: &[Arm<'_>]) -> JsonType {
        match self {
            Self::Object => JsonType::Object,
            Self::Array => JsonType::Array,
            Self::String => JsonType::String,
            Self::Number if arms.iter().all(|arm| arm.ty == Some(JsonType::Integer)) => {
                JsonType::Integer
            }
            Self::Number => JsonType::Number,
            Self::Bool => JsonType::Bool,
        }
    }
}

/// The arms by kind, in the order in which kinds first occur. Equal arms are included once.
fn groups(arms: Vec<Arm<'_>>) -> Vec<(Kind, Vec<Arm<'_>>)> {
    let mut out: Vec<(Kind, Vec<Arm<'_>>)> = Vec::with_capacity(1);
    for arm in arms {
        let kind = match arm.ty {
            Some(JsonType::Object) => Kind::Object,
            Some(JsonType::Array) => Kind::Array,
            Some(JsonType::String) => Kind::String,
            Some(JsonType::Integer | JsonType::Number) => Kind::Number,
            Some(JsonType::Bool) => Kind::Bool,
            Some(JsonType::Null) | None => continue,
        };
        match out.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, arms)) => {
                if arms
                    .iter()
                    .all(|known| known.layers.identity() != arm.layers.identity())
                {
                    arms.push(arm);
                }
            }
            None => out.push((kind, vec![arm])),
        }
    }
    out
}

fn unique(hints: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for hint in hints {
        let mut free = hint.clone();
        let mut count = 2;
        while out.contains(&free) {
            free = format!("{hint}-{count}");
            count += 1;
        }
        out.push(free);
    }
    out
}
