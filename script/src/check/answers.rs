//! Compares the properties that a script reads of an answer with the output schema of the tool. Everything is a
//! warning, and only what is certain is one: no value that the schema describes has the property.

use mcp_codegen::near;
use std::collections::HashSet;

use serde_json::Value;

use super::builtin;
use super::shape::{Schema, Type};
use crate::diagnostic::{Code, Diagnostic, cut, quoted};
use crate::reads::{Read, Step, shown};

/// Warnings of one tool that are given.
const WARNINGS: usize = 10;
/// Schemas that are looked at for one tool, and names that are compared.
const WORK: usize = 20_000;
/// The property of an answer with the handles of its files.
const FILES: &str = "attachments";
/// Levels of `$ref`, `anyOf` and `oneOf` that are followed in a row.
const DEPTH: usize = 16;
/// Alternatives of one value.
const ALTERNATIVES: usize = 64;

/// What is wrong with the reads of the answers of a tool, by its output schema. `tool` is its name in the messages.
pub fn answers(reads: &[Read], tool: &str, schema: &Value) -> Vec<Diagnostic> {
    let mut walk = Walk { left: WORK };
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for read in reads {
        if found.len() >= WARNINGS {
            break;
        }
        let lacks = walk.lacks(read, Schema::new(schema, schema));
        if let Some(hint) = lacks
            && seen.insert((&read.path, &read.name))
        {
            let message = format!(
                "the answer of {} has no property {}",
                quoted(tool),
                quoted(&read.shown())
            );
            let warning = Diagnostic::warning(Code::UnknownProperty, read.at, message);
            found.push(match hint.is_empty() {
                true => warning,
                false => warning.with_hint(hint),
            });
        }
    }
    found
}

/// Whether it is `attachments` of the answer itself, or something in there.
fn is_of_files(read: &Read) -> bool {
    match read.path.first() {
        None => read.name == FILES,
        Some(step) => matches!(step, Step::Property(name) if name == FILES),
    }
}

/// What the schema says of one value.
enum Known<'s> {
    /// Not enough.
    Nothing,
    /// It is one of these.
    One(Vec<(Type, Schema<'s>)>),
}

struct Walk {
    left: usize,
}

impl Walk {
    /// The hint for a property that no value has. `None`: one may have it.
    fn lacks(&mut self, read: &Read, root: Schema<'_>) -> Option<String> {
        // The handles of images and other bytes, which the host puts beside the declared properties.
        if is_of_files(read) {
            return None;
        }
        let mut now = self.known(root, DEPTH);
        for step in &read.path {
            let Known::One(alternatives) = now else {
                return None;
            };
            now = self.after(step, alternatives);
        }
        let Known::One(mut alternatives) = now else {
            return None;
        };
        // Reading anything of `null` throws.
        alternatives.retain(|(kind, _)| *kind != Type::Null);
        let (first, _) = alternatives.first()?;
        let mut is_certain = true;
        let mut declared = Vec::new();
        for (kind, schema) in &alternatives {
            if builtin::has(*kind, &read.name) {
                return None;
            }
            if *kind == Type::Object {
                is_certain &= schema.is_closed() || schema.is_wrapped();
                declared.extend(schema.declared(&read.name)?);
            }
        }
        self.left = self.left.checked_sub(declared.len())?;
        if *first != Type::Object && alternatives.iter().all(|(kind, _)| kind == first) {
            return Some(other_kind(read, *first));
        }
        let near = near::near(&read.name, declared.iter().copied());
        if !is_certain && near.is_empty() && !builtin::is_of_lists(&read.name) {
            return None;
        }
        Some(match (near.is_empty(), declared.is_empty()) {
            (false, _) => format!("did you mean {}", near.join(", ")),
            (true, false) => format!("there is {}", cut(&declared.join(", "))),
            (true, true) => String::new(),
        })
    }

    /// What a value is, behind references and alternatives.
    fn known<'s>(&mut self, schema: Schema<'s>, depth: usize) -> Known<'s> {
        let Some(left) = self.left.checked_sub(1) else {
            return Known::Nothing;
        };
        self.left = left;
        if schema.has_more_than_reference() {
            return Known::Nothing;
        }
        let Some(schema) = schema.resolved().filter(|_| depth > 0) else {
            return Known::Nothing;
        };
        if schema.has_conditions() {
            return Known::Nothing;
        }
        let mut lists = schema.branches();
        if let Some(list) = lists.next() {
            // What stands beside the alternatives may add to them.
            if lists.next().is_some() || schema.has_members() {
                return Known::Nothing;
            }
            let mut all = Vec::new();
            for branch in list {
                match self.known(branch, depth - 1) {
                    Known::One(more) if all.len() + more.len() <= ALTERNATIVES => all.extend(more),
                    _ => return Known::Nothing,
                }
            }
            return Known::One(all);
        }
        match schema.kinds() {
            Some(kinds) => Known::One(kinds.into_iter().map(|kind| (kind, schema)).collect()),
            None => Known::Nothing,
        }
    }

    fn after<'s>(&mut self, step: &Step, alternatives: Vec<(Type, Schema<'s>)>) -> Known<'s> {
        let mut all = Vec::new();
        for (kind, schema) in alternatives {
            let inner = match (step, kind) {
                (_, Type::Null) => continue,
                (Step::Property(name), Type::Object) => {
                    match (schema.property(name), schema.additional()) {
                        (Some(inner), _) | (None, Some(inner)) => inner,
                        (None, None) => return Known::Nothing,
                    }
                }
                (Step::Element, Type::Array) => match schema.items() {
                    Some(inner) => inner,
                    None => return Known::Nothing,
                },
                _ => return Known::Nothing,
            };
            match self.known(inner, DEPTH) {
                Known::One(more) if all.len() + more.len() <= ALTERNATIVES => all.extend(more),
                _ => return Known::Nothing,
            }
        }
        Known::One(all)
    }
}

/// The hint where the value is no object.
fn other_kind(read: &Read, kind: Type) -> String {
    let holder = match read.path.is_empty() {
        true => "the answer".to_owned(),
        false => quoted(&shown(&read.path)),
    };
    let more = match kind {
        Type::Array => ": read it of an element, as in list[0] or in list.map((item) => ..)",
        _ => "",
    };
    format!("{holder} is {}{more}", kind.name())
}

#[cfg(test)]
mod tests;
