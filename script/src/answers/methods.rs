//! Calls around a value: methods of arrays and promises, and functions that it is given to.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use super::Flow;
use super::value::Value;

impl<'a> Flow<'_, 'a> {
    /// A method of an array. Whether an answer has an array there is asked when its schema is known.
    pub(super) fn method(&mut self, name: &str, call: &CallExpression<'a>, value: &Value) {
        let id = call.node_id.get();
        let first = call.arguments.first();
        let places: &[usize] = match name {
            "map" | "forEach" | "filter" | "find" | "findLast" | "findIndex" | "findLastIndex"
            | "some" | "every" | "flatMap" => &[0],
            "reduce" | "reduceRight" => &[1],
            "sort" | "toSorted" => &[0, 1],
            _ => &[],
        };
        if let Some(function) = first {
            for place in places {
                self.parameter(function, *place, value.element());
            }
        }
        match name {
            "filter" | "slice" | "sort" | "toSorted" | "reverse" | "toReversed" => {
                self.push(id, Some(value.clone()));
            }
            "find" | "findLast" | "at" | "pop" | "shift" => self.push(id, value.element()),
            _ => {}
        }
    }

    /// A member of a promise: only its own methods are there.
    pub(super) fn of_promise(
        &mut self,
        name: &str,
        at: Span,
        call: Option<&CallExpression<'a>>,
        value: &Value,
    ) {
        match (name, call) {
            ("then", Some(call)) => {
                if let Some(function) = call.arguments.first() {
                    self.parameter(function, 0, Some(value.awaited()));
                }
            }
            ("finally", Some(call)) => self.push(call.node_id.get(), Some(value.clone())),
            ("then" | "catch" | "finally" | "constructor" | "toString", _) => {}
            _ => self.read_of_promise(value, name, at),
        }
    }

    /// A function that gets the value.
    pub(super) fn argument(&mut self, call: &CallExpression<'a>, span: Span, value: &Value) {
        let id = call.node_id.get();
        let is_first = call
            .arguments
            .first()
            .is_some_and(|first| first.span() == span);
        let (object, name) = match &call.callee {
            Expression::Identifier(it) => ("", it.name.as_str()),
            Expression::StaticMemberExpression(it) => match &it.object {
                Expression::Identifier(object) => (object.name.as_str(), it.property.name.as_str()),
                _ => return self.escape(value),
            },
            _ => return self.escape(value),
        };
        match (object, name) {
            ("Promise", "all") if is_first => self.push(id, value.all()),
            ("Promise", "resolve") if is_first => self.push(id, value.promised()),
            ("Array", "from") if is_first && call.arguments.len() == 1 => {
                self.push(id, Some(value.clone()));
            }
            ("Object", "freeze") | ("", "structuredClone") if is_first => {
                self.push(id, Some(value.clone()));
            }
            ("Object", "assign" | "defineProperty" | "defineProperties") if is_first => {
                self.unsure.insert(value.tool);
            }
            ("JSON" | "console" | "Object" | "Array" | "Promise" | "Math", _)
            | ("", "String" | "Number" | "Boolean" | "log") => {}
            _ => self.escape(value),
        }
    }

    /// A function of the script may write to the value.
    pub(super) fn escape(&mut self, value: &Value) {
        if self.handled.writes_any {
            self.unsure.insert(value.tool);
        }
    }
}
