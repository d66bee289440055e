//! Declares less of a tool, for a reader with little room. Texts go before types, and deep types before the properties
//! of the arguments. Says what it left out.

use std::borrow::Cow;

use crate::hints::said;
use crate::shape::{Field, Function, Known, Loose, Record, Returns, Shape, Variant};
use crate::tool::Tool;

/// How much of a tool is declared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Bytes of the tool's description.
    description: usize,
    /// Texts of the arguments' own properties.
    own: Texts,
    /// Texts of the properties inside of these.
    deep: Texts,
    /// Texts of the properties of the result.
    result: Texts,
    /// Objects inside of each other: 1 for the arguments alone.
    depth: usize,
    /// The same for the result; 0: its type is not declared.
    result_depth: usize,
    /// Properties of the arguments.
    properties: usize,
}

/// How much of the text about a property is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    Whole,
    /// The first sentence, in at most so many bytes, and the facts.
    Sentence(usize),
    /// Default, bounds and the like.
    Facts,
    Nothing,
}

/// Everything.
pub(super) const WHOLE: Level = Level {
    description: usize::MAX,
    own: Texts::Whole,
    deep: Texts::Whole,
    result: Texts::Whole,
    depth: usize::MAX,
    result_depth: usize::MAX,
    properties: usize::MAX,
};

/// From everything to almost nothing.
pub(super) const LEVELS: [Level; 14] = {
    use Texts::{Facts, Nothing, Sentence};
    const fn with(level: Level, texts: [Texts; 3], depths: [usize; 2]) -> Level {
        let ([own, deep, result], [depth, result_depth]) = (texts, depths);
        Level {
            own,
            deep,
            result,
            depth,
            result_depth,
            ..level
        }
    }
    const fn of(description: usize, texts: [Texts; 3], depths: [usize; 2]) -> Level {
        let level = Level {
            description,
            ..WHOLE
        };
        with(level, texts, depths)
    }
    const fn bare(description: usize, properties: usize) -> Level {
        let level = Level {
            description,
            properties,
            ..WHOLE
        };
        with(level, [Nothing, Nothing, Nothing], [1, 0])
    }
    const ALL: usize = usize::MAX;
    [
        WHOLE,
        of(1_000, [Sentence(200), Sentence(120), Facts], [ALL, ALL]),
        of(600, [Sentence(160), Sentence(60), Nothing], [ALL, 3]),
        of(400, [Sentence(120), Facts, Nothing], [ALL, 2]),
        of(400, [Sentence(80), Facts, Nothing], [3, 1]),
        of(300, [Sentence(60), Facts, Nothing], [2, 1]),
        of(300, [Facts, Nothing, Nothing], [2, 1]),
        of(300, [Facts, Nothing, Nothing], [1, 0]),
        bare(200, ALL),
        bare(200, 30),
        bare(200, 15),
        bare(200, 7),
        bare(100, 3),
        bare(60, 0),
    ]
};

/// The most values of an enumeration at any level but the first.
const MOST_VALUES: usize = 24;

/// The most names of properties that a note has.
const MOST_NAMES: usize = 12;

/// Bytes of such a name.
const LONGEST_NAME: usize = 40;

/// What a declaration does not say.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    texts: usize,
    types: usize,
    values: usize,
    result: bool,
    properties: Vec<String>,
    more_properties: usize,
}

impl LeftOut {
    /// `3 texts, 1 type; more arguments: a, b`; `None` if nothing is missing.
    pub(super) fn said(&self) -> Option<String> {
        let mut parts = Vec::new();
        for (count, what) in [
            (self.texts, "text"),
            (self.types, "inner type"),
            (self.values, "enum value"),
        ] {
            match count {
                0 => {}
                1 => parts.push(format!("1 {what}")),
                count => parts.push(format!("{count} {what}s")),
            }
        }
        if self.result {
            parts.push("the result type".to_owned());
        }
        if !self.properties.is_empty() {
            let mut names = self.properties.join(" ");
            if self.more_properties > 0 {
                names.push_str(&format!(" and {} more", self.more_properties));
            }
            parts.push(format!("arguments {names}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What is written of a tool at a level.
pub(super) struct Brief<'t> {
    pub(super) docs: String,
    pub(super) params: Option<Shape<'t>>,
    pub(super) returns: Returns<'t>,
    pub(super) left_out: LeftOut,
}

/// The tool at this level.
pub(super) fn brief<'t>(function: &Function<'t>, tool: &Tool, level: &Level) -> Brief<'t> {
    let mut left_out = LeftOut::default();
    let docs = described(tool, level.description, &mut left_out);
    let mut params = Cutter {
        texts: [level.own, level.deep],
        depth: level.depth,
        most_values: values(level),
        left_out: &mut left_out,
    };
    let shape = function.params.as_ref().map(|shape| match shape {
        Shape::Record(record) => {
            Shape::Record(Box::new(params.arguments(record, level.properties)))
        }
        shape => params.shape(shape, 0),
    });
    let mut result = Cutter {
        texts: [level.result, level.result],
        depth: level.result_depth,
        ..params
    };
    let returns = match &function.returns {
        Returns::ToolResult => Returns::ToolResult,
        _ if level.result_depth == 0 => {
            result.left_out.result = true;
            Returns::Structured(Shape::Json(Loose::ANY))
        }
        Returns::Structured(shape) => Returns::Structured(result.shape(shape, 0)),
        Returns::Wrapped { key, shape } => Returns::Wrapped {
            key,
            shape: result.shape(shape, 1),
        },
    };
    Brief {
        docs,
        params: shape,
        returns,
        left_out,
    }
}

fn values(level: &Level) -> usize {
    match level.own {
        Texts::Whole => usize::MAX,
        Texts::Sentence(_) | Texts::Facts => MOST_VALUES,
        Texts::Nothing => MOST_VALUES / 4,
    }
}

/// The description up to the end of a sentence, and the hints, which are always whole.
fn described(tool: &Tool, most: usize, left_out: &mut LeftOut) -> String {
    let mut whole = String::new();
    crate::emit::describe(&mut whole, tool);
    if whole.len() <= most {
        return whole;
    }
    left_out.texts += 1;
    let description = tool.description.as_deref().map(str::trim);
    let text = description.filter(|text| !text.is_empty());
    let text = text.or(tool.title.as_deref()).unwrap_or_default();
    let mut out = sentences(text, most).into_owned();
    for hint in said(&tool.annotations) {
        out.push(' ');
        out.push_str(hint);
    }
    out
}

/// As many whole sentences as fit, or the words that fit of the first, and `…`.
fn sentences(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(most)];
    let ends = |end: &str| head.rfind(end).map(|at| at + 1);
    let sentence = [". ", ".\n", "\n\n", "。"].into_iter().filter_map(ends);
    if let Some(end) = sentence.max().filter(|end| *end > most / 4) {
        let end = head.ceil_char_boundary(end);
        return Cow::Owned(head[..end].trim_end().to_owned());
    }
    let end = head.rfind(char::is_whitespace).unwrap_or(head.len());
    Cow::Owned(format!("{}…", head[..end].trim_end()))
}

/// Makes smaller shapes of shapes.
struct Cutter<'c> {
    /// Of the outermost object, and of those inside of it.
    texts: [Texts; 2],
    depth: usize,
    most_values: usize,
    left_out: &'c mut LeftOut,
}

impl Cutter<'_> {
    fn arguments<'t>(&mut self, record: &Record<'t>, most: usize) -> Record<'t> {
        let mut left = most;
        let required = record.fields.iter().filter(|field| field.required).count();
        let mut optional = most.saturating_sub(required);
        let kept = |field: &&Field<'t>| {
            let room = if field.required {
                &mut left
            } else {
                &mut optional
            };
            let is_kept = *room > 0;
            *room = room.saturating_sub(1);
            is_kept
        };
        let (kept, dropped): (Vec<_>, Vec<_>) = record.fields.iter().partition(kept);
        let names = dropped.iter().take(MOST_NAMES);
        self.left_out.properties = names
            .map(|field| {
                let name = crate::names::shown(field.wire);
                name[..name.floor_char_boundary(LONGEST_NAME)].to_owned()
            })
            .collect();
        self.left_out.more_properties = dropped.len().saturating_sub(MOST_NAMES);
        let fields = kept.into_iter().map(|field| self.field(field, 0)).collect();
        Record {
            fields,
            ..self.head(record)
        }
    }

    fn head<'t>(&mut self, record: &Record<'t>) -> Record<'t> {
        Record {
            name: record.name.clone(),
            docs: record
                .docs
                .filter(|_| matches!(self.texts[1], Texts::Whole)),
            fields: Vec::new(),
            rest: record.rest.clone(),
            open: record.open,
        }
    }

    fn field<'t>(&mut self, field: &Field<'t>, depth: usize) -> Field<'t> {
        Field {
            wire: field.wire,
            label: field.label.clone(),
            docs: self.docs(field, depth),
            shape: self.shape(&field.shape, depth + 1),
            required: field.required,
            only: field.only.clone(),
            deprecated: field.deprecated,
        }
    }

    fn docs<'t>(&mut self, field: &Field<'t>, depth: usize) -> Option<Cow<'t, str>> {
        let docs = field.docs.clone()?;
        let facts = field.facts();
        let texts = self.texts[usize::from(depth > 0)];
        let kept = match texts {
            Texts::Whole => return Some(docs),
            Texts::Sentence(most) => {
                let description = match facts {
                    Some(facts) => docs[..docs.len() - facts.len()].trim_end(),
                    None => &docs,
                };
                let sentence = sentences(first(description), most);
                let parts = [Some(&*sentence), facts].into_iter().flatten();
                let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
                parts.join("\n")
            }
            Texts::Facts => facts.unwrap_or_default().to_owned(),
            Texts::Nothing => String::new(),
        };
        if kept.len() == docs.len() {
            return Some(docs);
        }
        self.left_out.texts += 1;
        // Empty, and not missing: the description of a definition would take its place.
        Some(Cow::Owned(kept))
    }

    fn shape<'t>(&mut self, shape: &Shape<'t>, depth: usize) -> Shape<'t> {
        match shape {
            Shape::Json(_) | Shape::Bool | Shape::Int(_) | Shape::Float | Shape::String => {
                shape.clone()
            }
            Shape::Enum(cases) if cases.cases.len() > self.most_values => {
                self.left_out.values += cases.cases.len();
                Shape::String
            }
            Shape::Enum(_) => shape.clone(),
            Shape::Nullable(shape) => Shape::Nullable(Box::new(self.shape(shape, depth))),
            Shape::List(shape) => Shape::List(Box::new(self.shape(shape, depth))),
            Shape::Tuple(shapes) => {
                let shapes = shapes.iter().map(|shape| self.shape(shape, depth));
                Shape::Tuple(shapes.collect())
            }
            Shape::Map(_) | Shape::Record(_) if depth >= self.depth => {
                self.left_out.types += 1;
                Shape::Json(Loose::of(Known::Object))
            }
            Shape::Map(value) => Shape::Map(Box::new(self.shape(value, depth + 1))),
            Shape::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|field| self.field(field, depth)).collect();
                Shape::Record(Box::new(Record {
                    fields,
                    ..self.head(record)
                }))
            }
            Shape::Variant(variant) if self.is_wide(variant, depth) => {
                self.left_out.types += 1;
                Shape::Json(Loose::ANY)
            }
            Shape::Variant(variant) => {
                let mut variant = variant.clone();
                for case in &mut variant.cases {
                    case.shape = case.shape.as_ref().map(|shape| self.shape(shape, depth));
                }
                Shape::Variant(variant)
            }
        }
    }

    /// Whether the alternatives are no more than a list of objects of any kind.
    fn is_wide(&self, variant: &Variant<'_>, depth: usize) -> bool {
        let object = |shape: &Shape<'_>| matches!(shape, Shape::Record(_) | Shape::Map(_));
        let shapes = variant.cases.iter().filter_map(|case| case.shape.as_ref());
        let objects = shapes.filter(|shape| object(shape)).count();
        depth >= self.depth && objects > 1
    }
}

/// The first sentence or line.
fn first(text: &str) -> &str {
    let ends = [". ", ".\n", "\n", "。"].into_iter();
    let end = ends
        .filter_map(|end| text.find(end).map(|at| at + end.trim_end().len()))
        .min();
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests;
