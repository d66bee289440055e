//! Reads the keywords of a JSON Schema that decide on a literal. What it does not know allows everything.

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::literal::Kind;
use crate::place::Span;

/// References that are followed in a row.
const REFERENCES: usize = 16;

#[derive(Clone, Copy)]
pub(super) struct Schema<'s> {
    root: &'s Value,
    at: &'s Value,
}

impl<'s> Schema<'s> {
    pub(super) fn new(root: &'s Value, at: &'s Value) -> Self {
        Self { root, at }
    }

    fn with(self, at: &'s Value) -> Self {
        Self { at, ..self }
    }

    fn get(self, keyword: &str) -> Option<&'s Value> {
        self.at.get(keyword)
    }

    /// Behind its `$ref`. `None`: it is not known where that leads.
    pub(super) fn resolved(mut self) -> Option<Self> {
        for _ in 0..REFERENCES {
            let Some(reference) = self.get("$ref") else {
                return Some(self);
            };
            let pointer = reference.as_str()?.strip_prefix('#')?;
            self = self.with(self.root.pointer(pointer)?);
        }
        None
    }

    /// `false` allows nothing.
    pub(super) fn is_nothing(self) -> bool {
        self.at == &Value::Bool(false)
    }

    pub(super) fn types(self) -> Option<Vec<Type>> {
        let nullable = self.get("nullable") == Some(&Value::Bool(true));
        let mut types: Vec<Type> = match self.get("type")? {
            Value::String(name) => vec![Type::named(name)?],
            Value::Array(names) => names
                .iter()
                .map(|name| Type::named(name.as_str()?))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        if nullable {
            types.push(Type::Null);
        }
        Some(types)
    }

    /// The values of `enum`, or of `const`.
    pub(super) fn choices(self) -> Option<Vec<&'s Value>> {
        match (self.get("enum"), self.get("const")) {
            (Some(Value::Array(values)), _) => Some(values.iter().collect()),
            (_, Some(value)) => Some(vec![value]),
            _ => None,
        }
    }

    pub(super) fn all_of(self) -> impl Iterator<Item = Self> {
        let parts = self.get("allOf").and_then(Value::as_array);
        parts.into_iter().flatten().map(move |part| self.with(part))
    }

    /// The lists of `anyOf` and `oneOf`.
    pub(super) fn branches(self) -> impl Iterator<Item = Vec<Self>> {
        let lists = ["anyOf", "oneOf"]
            .into_iter()
            .filter_map(move |keyword| self.get(keyword)?.as_array());
        lists.map(move |list| list.iter().map(|branch| self.with(branch)).collect())
    }

    pub(super) fn items(self) -> Option<Self> {
        // Of a tuple, not all items have this schema.
        if self.get("prefixItems").is_some() {
            return None;
        }
        let items = self.get("items")?;
        (!items.is_array()).then(|| self.with(items))
    }

    pub(super) fn property(self, name: &str) -> Option<Self> {
        let found = self.get("properties")?.get(name)?;
        Some(self.with(found))
    }

    pub(super) fn property_names(self) -> Vec<&'s str> {
        let properties = self.get("properties").and_then(Value::as_object);
        properties
            .map(|list| list.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    pub(super) fn required(self) -> impl Iterator<Item = &'s str> {
        let names = self.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether no property but the declared ones is allowed.
    pub(super) fn is_closed(self) -> bool {
        self.get("additionalProperties") == Some(&Value::Bool(false))
    }

    /// Whether the server put another value into an object of its own, `{ result: value }`: FastMCP says so.
    pub(super) fn is_wrapped(self) -> bool {
        self.get("x-fastmcp-wrap-result") == Some(&Value::Bool(true))
    }

    /// The names of all properties, if one with this name cannot be among those that are not declared.
    pub(super) fn declared(self, name: &str) -> Option<Vec<&'s str>> {
        let names = self.property_names();
        let may_have_more = match self.get("additionalProperties") {
            Some(Value::Bool(false)) => false,
            // Without properties it is a map.
            None => names.is_empty(),
            Some(_) => true,
        };
        (!may_have_more && !self.has_patterns() && !names.contains(&name)).then_some(names)
    }

    /// The schema of all properties that are not declared.
    pub(super) fn additional(self) -> Option<Self> {
        let found = self.get("additionalProperties")?;
        (found.is_object() && !self.has_patterns()).then(|| self.with(found))
    }

    /// Whether keywords beside `properties` decide what a value is.
    pub(super) fn has_conditions(self) -> bool {
        const KEYWORDS: &[&str] = &[
            "allOf",
            "if",
            "dependentSchemas",
            "dependencies",
            "$dynamicRef",
            "unevaluatedProperties",
        ];
        KEYWORDS.iter().any(|keyword| self.get(keyword).is_some())
    }

    /// Whether other keywords stand beside a `$ref`.
    pub(super) fn has_more_than_reference(self) -> bool {
        self.get("$ref").is_some() && (self.has_members() || self.branches().next().is_some())
    }

    pub(super) fn has_members(self) -> bool {
        self.get("properties").is_some() || self.get("items").is_some()
    }

    /// What a value can be, where the schema says it. A schema with properties and without a type describes an object.
    pub(super) fn kinds(self) -> Option<Vec<Type>> {
        if let Some(types) = self.types() {
            return Some(types);
        }
        if self.get("type").is_none() && self.get("properties").is_some() {
            return Some(vec![Type::Object]);
        }
        let choices = self.choices()?;
        let types = choices.into_iter().map(|choice| match choice {
            Value::String(_) => Some(Type::String),
            Value::Number(_) => Some(Type::Number),
            Value::Bool(_) => Some(Type::Boolean),
            Value::Null => Some(Type::Null),
            Value::Array(_) | Value::Object(_) => None,
        });
        types.collect()
    }

    pub(super) fn has_patterns(self) -> bool {
        self.get("patternProperties").is_some()
    }

    /// Whether all properties are declared here, and not in a part of it.
    pub(super) fn is_whole(self) -> bool {
        let parts = [
            "allOf",
            "anyOf",
            "oneOf",
            "if",
            "dependentSchemas",
            "then",
            "else",
        ];
        let other = matches!(self.get("additionalProperties"), Some(Value::Object(inner)) if !inner.is_empty());
        !other && parts.iter().all(|keyword| self.get(keyword).is_none())
    }

    /// What a number has to be, where it is not.
    pub(super) fn out_of_range(self, value: f64) -> Option<String> {
        let bound = |keyword: &str| self.get(keyword).and_then(Value::as_f64);
        if let Some(least) = bound("minimum")
            && value < least
        {
            return Some(format!("at least {least}"));
        }
        if let Some(most) = bound("maximum")
            && value > most
        {
            return Some(format!("at most {most}"));
        }
        if let Some(least) = bound("exclusiveMinimum")
            && value <= least
        {
            return Some(format!("more than {least}"));
        }
        if let Some(most) = bound("exclusiveMaximum")
            && value >= most
        {
            return Some(format!("less than {most}"));
        }
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    pub(super) fn fits(self, given: &Kind) -> bool {
        match given {
            Kind::Null => self == Self::Null,
            Kind::Bool(_) => self == Self::Boolean,
            // What is no number in JSON is null.
            Kind::Number(value) if !value.is_finite() => self == Self::Null,
            Kind::Number(value) => {
                self == Self::Number || (self == Self::Integer && value.fract() == 0.0)
            }
            Kind::String(_) | Kind::Text => self == Self::String,
            Kind::Array { .. } => self == Self::Array,
            Kind::Object { .. } => self == Self::Object,
            Kind::Undefined | Kind::Unknown => true,
        }
    }

    /// What a value is.
    pub(super) fn of(given: &Kind) -> &'static str {
        match given {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(value) if value.fract() == 0.0 => "an integer",
            Kind::Number(_) => "a number",
            Kind::String(_) | Kind::Text => "a string",
            Kind::Array { .. } => "an array",
            Kind::Object { .. } => "an object",
            Kind::Undefined | Kind::Unknown => "unknown",
        }
    }
}

/// A value that is known to its end.
pub(super) fn json(given: &Kind) -> Option<Value> {
    match given {
        Kind::Null => Some(Value::Null),
        Kind::Bool(value) => Some(Value::Bool(*value)),
        Kind::Number(value) => serde_json::Number::from_f64(*value).map(Value::Number),
        Kind::String(text) => Some(Value::String(text.clone())),
        _ => None,
    }
}

/// Equal as JSON Schema has it: 1 is 1.0.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Whether the faults of one branch come nearer to what was meant: deeper than the value itself, or fewer.
pub(super) fn nearer(one: &[Diagnostic], other: &[Diagnostic], at: Span) -> bool {
    let itself = |list: &[Diagnostic]| {
        list.iter()
            .any(|fault| fault.at == at && fault.message.contains("has to be"))
    };
    match (itself(one), itself(other)) {
        (false, true) => true,
        (true, false) => false,
        _ => one.len() < other.len(),
    }
}
