//! Arguments that stand in the source, with their places, so that they can be compared with a schema before anything
//! runs. Evaluates nothing.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use serde::Serialize;

use crate::place::{Places, Span as Place};

/// Levels of objects and arrays that are kept. What is deeper is [`Kind::Unknown`].
const DEPTH: usize = 32;

/// A call of a tool whose arguments are in the source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiteralCall {
    /// The callee.
    pub at: Place,
    /// The first argument. Without one the tool is called with an empty object.
    pub argument: Option<Literal>,
}

/// A value in the source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Literal {
    /// Where it stands.
    pub at: Place,
    /// What is known of it.
    pub kind: Kind,
}

/// What is known of a value before the script runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `null`
    Null,
    /// `undefined`: as a property, the same as none.
    Undefined,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    String(String),
    /// A text that is known only when the script runs.
    Text,
    /// An array. With a spread, `open`, it may have more elements.
    Array {
        /// The elements that are known.
        items: Vec<Literal>,
        /// Whether there may be others.
        open: bool,
    },
    /// An object. With a spread or a computed name, `open`, it may have more properties.
    Object {
        /// The properties that are known. Of equal names the last counts.
        properties: Vec<Property>,
        /// Whether there may be others.
        open: bool,
    },
    /// Anything.
    Unknown,
}

/// A property of an object in the source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub at: Place,
    /// Its value.
    pub value: Literal,
}

/// Turns spans of the tree into places.
pub(crate) struct Reader<'r> {
    pub(crate) text: &'r str,
    pub(crate) places: &'r Places,
    /// From the text that is parsed to the one that was given.
    pub(crate) back: &'r dyn Fn(u32) -> u32,
}

impl Reader<'_> {
    pub(crate) fn place(&self, span: Span) -> Place {
        self.places
            .span(self.text, (self.back)(span.start), (self.back)(span.end))
    }

    /// A call that spreads its arguments says nothing.
    pub(crate) fn call(&self, it: &CallExpression<'_>) -> Option<LiteralCall> {
        let argument = match it.arguments.first() {
            None => None,
            Some(first) => Some(self.value(first.as_expression()?, 0)),
        };
        Some(LiteralCall {
            at: self.place(it.callee.span()),
            argument,
        })
    }

    fn value(&self, it: &Expression<'_>, depth: usize) -> Literal {
        let kind = match it {
            _ if depth > DEPTH => Kind::Unknown,
            Expression::NullLiteral(_) => Kind::Null,
            Expression::BooleanLiteral(it) => Kind::Bool(it.value),
            Expression::NumericLiteral(it) => Kind::Number(it.value),
            Expression::StringLiteral(it) if it.lone_surrogates => Kind::Text,
            Expression::StringLiteral(it) => Kind::String(it.value.as_str().to_owned()),
            Expression::TemplateLiteral(it) => template(it),
            Expression::Identifier(it) if it.name == "undefined" => Kind::Undefined,
            Expression::UnaryExpression(it) => {
                match (it.operator, self.value(&it.argument, depth + 1).kind) {
                    (UnaryOperator::UnaryNegation, Kind::Number(value)) => Kind::Number(-value),
                    (UnaryOperator::Void, _) => Kind::Undefined,
                    _ => Kind::Unknown,
                }
            }
            Expression::ArrayExpression(it) => self.array(it, depth),
            Expression::ObjectExpression(it) => self.object(it, depth),
            Expression::ParenthesizedExpression(it) => {
                return self.value(&it.expression, depth + 1);
            }
            Expression::TSAsExpression(it) => return self.value(&it.expression, depth + 1),
            Expression::TSSatisfiesExpression(it) => return self.value(&it.expression, depth + 1),
            Expression::TSNonNullExpression(it) => return self.value(&it.expression, depth + 1),
            Expression::TSTypeAssertion(it) => return self.value(&it.expression, depth + 1),
            _ => Kind::Unknown,
        };
        Literal {
            at: self.place(it.span()),
            kind,
        }
    }

    fn array(&self, it: &ArrayExpression<'_>, depth: usize) -> Kind {
        let mut open = false;
        let mut items = Vec::new();
        for element in &it.elements {
            match element.as_expression() {
                Some(value) => items.push(self.value(value, depth + 1)),
                None => open = true,
            }
        }
        Kind::Array { items, open }
    }

    fn object(&self, it: &ObjectExpression<'_>, depth: usize) -> Kind {
        let mut open = false;
        let mut properties = Vec::new();
        for property in &it.properties {
            let ObjectPropertyKind::ObjectProperty(it) = property else {
                open = true;
                continue;
            };
            let Some(name) = key(&it.key, it.computed) else {
                open = true;
                continue;
            };
            let at = self.place(it.key.span());
            let value = if it.kind == PropertyKind::Init && !it.method {
                self.value(&it.value, depth + 1)
            } else {
                Literal {
                    at,
                    kind: Kind::Unknown,
                }
            };
            properties.push(Property { name, at, value });
        }
        Kind::Object { properties, open }
    }
}

fn template(it: &TemplateLiteral<'_>) -> Kind {
    let cooked = it
        .quasis
        .first()
        .and_then(|part| part.value.cooked.as_ref());
    match cooked {
        Some(text) if it.expressions.is_empty() => Kind::String(text.as_str().to_owned()),
        _ => Kind::Text,
    }
}

/// The name of a property, where the source has it.
pub(crate) fn key(key: &PropertyKey<'_>, computed: bool) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(it) if !computed => Some(it.name.as_str().to_owned()),
        PropertyKey::StringLiteral(it) => Some(it.value.as_str().to_owned()),
        PropertyKey::NumericLiteral(it) => Some(format!("{}", it.value)),
        PropertyKey::TemplateLiteral(it) => match template(it) {
            Kind::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
