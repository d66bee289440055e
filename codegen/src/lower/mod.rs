//! JSON Schema -> [`Shape`]. Owns every decision about the type that a schema becomes. Knows no WIT syntax, reads only
//! its tool, and never fails for a part of a schema: what WIT cannot express becomes [`Shape::Json`], with a [`Loss`].

mod arms;
mod array;
mod beside;
mod keywords;
mod layers;
mod object;
mod place;
mod plain;
mod properties;
mod refs;
pub(crate) use beside::Beside;
pub(crate) use refs::BYTES_OF_WORK;

mod scalar;
mod tell_apart;
mod text;
mod union;
mod walk;

use std::borrow::Cow;

use serde_json::Value;

use self::arms::Arm;
use self::layers::Layers;
use self::place::Place;
use self::walk::{Lower, Step};
use crate::shape::{Function, JsonType, Loose, Returns, Shape};
use crate::tool::{Refusal, Tool};

/// The most schema nodes of one tool that get types, counted at each use and not at the definition.
const MOST_NODES: usize = 10_000;
/// The most levels of a schema: each may take four levels of WIT types, and a component's types may nest a hundred
/// deep.
const DEEPEST: usize = 20;

/// The cost of one value, besides the weight of its schemas.
const VALUE: usize = 4;

/// The function of one tool. Depends only on the tool and on `label`, so it is the same for the tool alone and among
/// others.
///
/// # Errors
///
/// [`Refusal`] if no call of the tool could be valid.
pub fn function<'t>(label: &str, tool: &'t Tool) -> Result<Function<'t>, Refusal> {
    labelled(Cow::Owned(label.to_owned()), tool, usize::MAX, Beside::Wit).0
}

/// The same for a label that is borrowed or owned, with at most this much work: about one unit for each keyword,
/// property, value and line of text, each time that a walk passes. Returns the work as well. If it exceeds `most`, the
/// function is incomplete and must not be used.
pub(crate) fn labelled<'t>(
    label: Cow<'t, str>,
    tool: &'t Tool,
    most: usize,
    beside: Beside,
) -> (Result<Function<'t>, Refusal>, usize) {
    let refuse = |reason| Refusal {
        tool: tool.name.clone(),
        reason,
    };
    let mut input = Lower::new(&tool.input_schema, "/inputSchema", most, beside);
    let params = input.params(Place::Root(&label, "params")).map_err(refuse);
    let mut effort = input.definitions.effort();
    let mut losses = input.into_losses();
    let params = match params {
        Ok(params) => params,
        Err(refusal) => return (Err(refusal), effort),
    };
    let returns = match &tool.output_schema {
        None => Returns::ToolResult,
        Some(schema) => {
            let left = most.saturating_sub(effort);
            let mut output = Lower::new(schema, "/outputSchema", left, beside);
            let returns = output.returns(Place::Root(&label, "result"));
            effort = effort.saturating_add(output.definitions.effort());
            losses.append(&mut output.into_losses());
            returns
        }
    };
    let function = Function {
        label,
        tool: &tool.name,
        params,
        returns,
        losses,
    };
    (Ok(function), effort)
}

impl<'a> Lower<'a> {
    /// The shape of the arguments. MCP arguments are an object, whatever the schema states.
    fn params(&mut self, place: Place<'_, 'a>) -> Result<Option<Shape<'a>>, String> {
        if let Some(keywords) = self.only_object(self.root) {
            let none = properties::none(std::slice::from_ref(&keywords));
            return Ok((!none).then(|| self.plain_object(&keywords, place)));
        }
        let objects = match self.objects() {
            Ok(objects) => objects,
            Err(why) => return Ok(Some(self.json(&why))),
        };
        match objects.as_slice() {
            [] => Err(
                "its inputSchema allows no object, and the arguments of a tool are one".to_owned(),
            ),
            [arm] if arm.ty.is_some() && properties::none(&arm.layers.all) => Ok(None),
            _ => Ok(Some(self.union(objects, place))),
        }
    }

    /// The arms of the whole schema that may be an object.
    fn objects(&mut self) -> Result<Vec<Arm<'a>>, String> {
        let mut layers = Layers::default();
        layers.add(&self.definitions, &[self.root])?;
        let mut arms = self.arms(vec![layers])?;
        arms.retain(|arm| matches!(arm.ty, None | Some(JsonType::Object)));
        Ok(arms)
    }

    /// The shape of the result, without the wrapper object that FastMCP puts around results that are not objects.
    fn returns(&mut self, place: Place<'_, 'a>) -> Returns<'a> {
        match self.value(&[&[self.root]], place).0 {
            Shape::Record(mut record) => match object::unwrapped(&mut record) {
                Some(field) => Returns::Wrapped {
                    key: field.wire,
                    shape: field.shape,
                },
                None => Returns::Structured(Shape::Record(record)),
            },
            shape => Returns::Structured(shape),
        }
    }

    /// The shape of a value for which one of these conjunctions of schemas applies, and its documentation.
    fn value(
        &mut self,
        alternatives: &[&[&'a Value]],
        place: Place<'_, 'a>,
    ) -> (Shape<'a>, Option<Cow<'a, str>>) {
        // A walk that exceeds its work ends at once, and its result is dropped.
        if self.definitions.labour(VALUE).is_err() {
            return (Shape::Json(Loose::ANY), None);
        }
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            if self.nodes == MOST_NODES + 1 {
                self.lose(format!(
                    "the schema has more than {MOST_NODES} parts; what comes after them is `json`"
                ));
            }
            return (Shape::Json(Loose::ANY), None);
        }
        if self.depth == DEEPEST {
            return (
                self.json(&format!("nested deeper than {DEEPEST} levels")),
                None,
            );
        }
        self.depth += 1;
        let short = match alternatives {
            [[schema]] => self.plain(schema, place),
            _ => None,
        };
        let (shape, docs) = short.unwrap_or_else(|| self.whole_value(alternatives, place));
        self.depth -= 1;
        (shape, self.definitions.afford(docs))
    }

    fn whole_value(
        &mut self,
        alternatives: &[&[&'a Value]],
        place: Place<'_, 'a>,
    ) -> (Shape<'a>, Option<Cow<'a, str>>) {
        let mut layers = Vec::with_capacity(alternatives.len());
        for schemas in alternatives {
            let mut conjunction = Layers::default();
            if let Err(why) = conjunction.add(&self.definitions, schemas) {
                return (self.json(&why), None);
            }
            layers.push(conjunction);
        }
        let own = layers.first().map_or(0, |layers| layers.all.len());
        match self.arms(layers) {
            Ok(arms) => {
                if arms.iter().any(|arm| arm.guessed && arm.ty.is_some()) {
                    self.lose(
                        "values of other types than the keywords are about are not expressed"
                            .to_owned(),
                    );
                }
                let docs = text::Docs::of_arms(&arms, own, self.beside);
                let shape = self.union(arms, place);
                let docs = docs.and_then(|docs| docs.beside(&shape));
                (shape, docs)
            }
            Err(why) => (self.json(&why), None),
        }
    }

    /// The same for one part of the current value, at `steps` from it.
    fn child(
        &mut self,
        steps: &[Step<'a>],
        alternatives: &[&[&'a Value]],
        place: Place<'_, 'a>,
    ) -> (Shape<'a>, Option<Cow<'a, str>>) {
        let depth = self.at.len();
        self.at.extend_from_slice(steps);
        let out = self.value(alternatives, place);
        self.at.truncate(depth);
        out
    }
}
