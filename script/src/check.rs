//! Compares arguments that stand in the source with the schema of the tool, and what a script reads with the schema of
//! its answer. Only what is certain is an error: that the server would refuse the call whatever else the script does.

mod answers;
mod builtin;
mod shape;

use mcp_codegen::near;
use std::cell::Cell;
use std::collections::HashMap;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, cut, quoted};
use crate::literal::{Kind, Literal, LiteralCall, Property};
use crate::place::Span;
pub use answers::answers;
use shape::{Schema, Type};

/// Faults of one call that are given.
const FAULTS: usize = 20;
/// Names of one object that the schema lacks and that are compared with those it has.
const UNKNOWN: usize = 100;
/// Levels of a schema and of a value that are compared.
const DEPTH: usize = 16;

/// What is compared of all calls of a script, in steps of about a microsecond. What is left of it then may be right.
const WORK: usize = 200_000;

/// Compared choices of a schema that are one step.
const CHOICES: usize = 16;

/// The work that is left for the calls of one script.
pub struct Work(Cell<usize>);

impl Default for Work {
    fn default() -> Self {
        Self(Cell::new(WORK))
    }
}

impl Work {
    /// Whether so many steps were left.
    fn spend(&self, steps: usize) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(steps));
        left > steps
    }
}

/// What is wrong with the arguments of a call, by the input schema of the tool. `$ref` is followed within the schema.
pub fn arguments<'s>(call: &LiteralCall, schema: &'s Value, work: &'s Work) -> Vec<Diagnostic> {
    let mut check = Check {
        root: schema,
        work,
        faults: Vec::new(),
    };
    let empty = Literal {
        at: call.at,
        kind: Kind::Object {
            properties: Vec::new(),
            open: false,
        },
    };
    let given = match &call.argument {
        Some(argument) if !matches!(argument.kind, Kind::Undefined) => argument,
        _ => &empty,
    };
    match &given.kind {
        Kind::Unknown | Kind::Object { .. } => {
            check.value(given, Schema::new(schema, schema), "", DEPTH)
        }
        _ => check.error(
            given.at,
            "the arguments of a tool are one object".to_owned(),
            Some("write { name: value }".to_owned()),
        ),
    }
    check.faults.truncate(FAULTS);
    check.faults
}

struct Check<'s> {
    root: &'s Value,
    work: &'s Work,
    faults: Vec<Diagnostic>,
}

impl<'s> Check<'s> {
    fn error(&mut self, at: Span, message: String, hint: Option<String>) {
        let fault = Diagnostic::error(Code::BadArguments, at, message);
        self.faults.push(match hint {
            Some(hint) => fault.with_hint(hint),
            None => fault,
        });
    }

    /// `path` is `labels[0]`, or empty for the arguments themselves.
    fn value(&mut self, given: &Literal, schema: Schema<'s>, path: &str, depth: usize) {
        if depth == 0
            || self.faults.len() >= FAULTS
            || matches!(given.kind, Kind::Unknown | Kind::Undefined)
            || !self.work.spend(1)
        {
            return;
        }
        let Some(schema) = schema.resolved() else {
            return;
        };
        if schema.is_nothing() {
            self.error(given.at, format!("{} is not allowed", named(path)), None);
            return;
        }
        if let Some(types) = schema.types()
            && !types.iter().any(|wanted| Type::fits(*wanted, &given.kind))
        {
            let wanted: Vec<_> = types.iter().map(|wanted| wanted.name()).collect();
            let got = Type::of(&given.kind);
            self.error(
                given.at,
                format!(
                    "{} has to be {}, and is {got}",
                    named(path),
                    wanted.join(" or ")
                ),
                None,
            );
            return;
        }
        self.choices(given, schema, path);
        for part in schema.all_of() {
            self.value(given, part, path, depth - 1);
        }
        self.branches(given, schema, path, depth);
        self.range(given, schema, path);
        match &given.kind {
            Kind::Object { properties, open } => {
                self.object(given, properties, *open, schema, path, depth)
            }
            Kind::Array { items, open } => {
                let inner = schema.items();
                for (number, item) in items.iter().enumerate().take_while(|_| !open) {
                    if let Some(inner) = inner {
                        self.value(item, inner, &format!("{path}[{number}]"), depth - 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// `enum` and `const`
    fn choices(&mut self, given: &Literal, schema: Schema<'s>, path: &str) {
        let Some(choices) = schema.choices() else {
            return;
        };
        if !self.work.spend(choices.len().div_ceil(CHOICES)) {
            return;
        }
        let Some(value) = shape::json(&given.kind) else {
            return;
        };
        if choices.iter().any(|choice| shape::equal(choice, &value)) {
            return;
        }
        let listed: Vec<String> = choices.iter().take(12).map(ToString::to_string).collect();
        let near = match &given.kind {
            Kind::String(text) => {
                near::near(text, choices.iter().filter_map(|choice| choice.as_str()))
            }
            _ => Vec::new(),
        };
        let hint = match near.first() {
            Some(near) => format!("did you mean {}", quoted(near)),
            None => format!("it can be {}", cut(&listed.join(", "))),
        };
        self.error(
            given.at,
            format!("{} cannot be {}", named(path), cut(&value.to_string())),
            Some(hint),
        );
    }

    /// `anyOf` and `oneOf`: wrong where each branch is. The fault is that of the branch that comes nearest.
    fn branches(&mut self, given: &Literal, schema: Schema<'s>, path: &str, depth: usize) {
        for list in schema.branches() {
            let mut best: Option<Vec<Diagnostic>> = None;
            let mut fits = false;
            for branch in list {
                let mut inner = Check {
                    root: self.root,
                    work: self.work,
                    faults: Vec::new(),
                };
                inner.value(given, branch, path, depth - 1);
                inner
                    .faults
                    .retain(|fault| fault.severity == crate::diagnostic::Severity::Error);
                if inner.faults.is_empty() {
                    fits = true;
                    break;
                }
                if best
                    .as_ref()
                    .is_none_or(|best| shape::nearer(&inner.faults, best, given.at))
                {
                    best = Some(inner.faults);
                }
            }
            if !fits && let Some(best) = best {
                self.faults.extend(best);
            }
        }
    }

    fn range(&mut self, given: &Literal, schema: Schema<'s>, path: &str) {
        if let Kind::Number(value) = given.kind
            && let Some(wanted) = schema.out_of_range(value)
        {
            self.error(
                given.at,
                format!("{} has to be {wanted}, and is {value}", named(path)),
                None,
            );
        }
    }

    fn object(
        &mut self,
        given: &Literal,
        properties: &[Property],
        open: bool,
        schema: Schema<'s>,
        path: &str,
        depth: usize,
    ) {
        let last: HashMap<&str, usize> = properties
            .iter()
            .enumerate()
            .map(|(number, one)| (one.name.as_str(), number))
            .collect();
        let is_given = |name: &str| {
            let found = last.get(name).map(|number| &properties[*number]);
            found.is_some_and(|one| one.value.kind != Kind::Undefined)
        };
        let declared = schema.property_names();
        let mut unknown = 0;
        let mut misspelt = Vec::new();
        for (number, one) in properties.iter().enumerate() {
            // Of equal names the last counts.
            if last.get(one.name.as_str()) != Some(&number) {
                continue;
            }
            let inner = if path.is_empty() {
                one.name.clone()
            } else {
                format!("{path}.{}", one.name)
            };
            if let Some(schema) = schema.property(&one.name) {
                self.value(&one.value, schema, &inner, depth - 1);
                continue;
            }
            unknown += 1;
            if one.value.kind == Kind::Undefined || schema.has_patterns() || unknown > UNKNOWN {
                continue;
            }
            let absent = declared.iter().copied().filter(|name| !is_given(name));
            let near = near::near(&one.name, absent);
            misspelt.extend(near.first().map(|meant| (quoted(&one.name), *meant)));
            let message = format!("there is no argument {}", quoted(&inner));
            if schema.is_closed() {
                let hint = match near.is_empty() {
                    true => format!("there is {}", cut(&declared.join(", "))),
                    false => format!("did you mean {}", near.join(", ")),
                };
                self.error(one.at, message, (!declared.is_empty()).then_some(hint));
            } else if !near.is_empty() && schema.is_whole() {
                let fault = Diagnostic::warning(Code::BadArguments, one.at, message);
                self.faults
                    .push(fault.with_hint(format!("did you mean {}", near.join(", "))));
            }
        }
        if open {
            return;
        }
        let missing: Vec<&str> = schema.required().filter(|name| !is_given(name)).collect();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().take(12).map(|name| quoted(name)).collect();
            let at = if path.is_empty() {
                "the arguments lack"
            } else {
                "the object lacks"
            };
            let meant = missing.iter().map(|name| {
                let mut found = misspelt.iter();
                let (given, _) = found.find(|(_, meant)| meant == name)?;
                Some(format!(
                    "{given} is no argument: did you mean {}",
                    quoted(name)
                ))
            });
            let meant: Option<Vec<_>> = meant.collect();
            let hint = meant.map(|meant| cut(&meant.join(", ")).to_owned());
            self.error(given.at, format!("{at} {}", names.join(", ")), hint);
        }
    }
}

fn named(path: &str) -> String {
    if path.is_empty() {
        "the argument".to_owned()
    } else {
        quoted(path)
    }
}

#[cfg(test)]
mod tests;
