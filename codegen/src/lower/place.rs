//! The place of a type in a tool, from which its name is made. Names here are wishes: the package writer resolves
//! duplicates.

use std::borrow::Cow;

use crate::names;

/// The place of one value. Kept as a chain on the stack, because most values need no type name.
#[derive(Clone, Copy)]
pub(super) enum Place<'p, 'a> {
    /// The whole arguments or the whole result: the function's label, and `params` or `result`.
    Root(&'p str, &'static str),
    /// A property with its label.
    Property(&'p Place<'p, 'a>, &'p Cow<'a, str>),
    /// An element of a list or a value of a map.
    Item(&'p Place<'p, 'a>),
    /// An arm of a variant with its label.
    Arm(&'p Place<'p, 'a>, &'p str),
}

impl<'a> Place<'_, 'a> {
    /// The type name for this place: `create-issue-params`, or `label` for an element of `labels`. A schema that was
    /// reached by reference gets the name of its definition.
    pub(super) fn name(&self, definition: Option<&'a str>) -> Cow<'a, str> {
        let defined = definition
            .map(names::label)
            .filter(|_| !matches!(self, Self::Root(..)));
        match (defined, self) {
            (Some(name), _) => self.specific(name),
            (None, Self::Root(label, what)) => [label, "-", what].concat().into(),
            // The arms of a variant are variations of one thing, and share their properties.
            (None, Self::Property(of @ Self::Arm(..), label)) => {
                format!("{}-{label}", of.name(None)).into()
            }
            (None, Self::Property(_, label)) => self.specific((*label).clone()),
            (None, Self::Item(of)) => match of {
                Self::Property(_, label) => self.specific(names::singular(label).into()),
                of => format!("{}-item", of.name(None)).into(),
            },
            (None, Self::Arm(of, label)) => format!("{}-{label}", of.name(None)).into(),
        }
    }

    /// A name that means nothing by itself, or something else in WIT, gets the name of its owner as a prefix.
    fn specific(&self, name: Cow<'a, str>) -> Cow<'a, str> {
        const VAGUE: [&str; 12] = [
            "type", "result", "list", "string", "data", "value", "json", "map", "option", "tuple",
            "item", "from",
        ];
        if !VAGUE.contains(&&*name) {
            return name;
        }
        match self {
            Self::Root(..) => name,
            Self::Property(of, _) | Self::Item(of) | Self::Arm(of, _) => {
                let of = of.name(None);
                let of = of.strip_suffix("-params").unwrap_or(&of);
                format!("{of}-{name}").into()
            }
        }
    }
}
