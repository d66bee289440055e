//! Chooses the tool that the first skill calls, its arguments, and the part of its response to return. Knows the
//! shapes, and their type names in the package; `templates` knows the syntax of each language.

use mcp_codegen::shape::{Function, Record, Returns, Shape};
use mcp_codegen::typescript::lower_camel;
use mcp_codegen::{Flavour, Package, contract};
use serde::Serialize;
use wit_parser::{Resolve, Type, TypeDefKind};

/// One call, in terms that every language's template can render.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// `mcp-server:SERVER`
    pub(super) server: String,
    /// The function's label.
    function: String,
    /// The tool's name on the wire.
    pub(super) tool: String,
    /// The label of its parameter's type; `None` if it takes no parameter.
    params: Option<String>,
    fields: Vec<Field>,
    /// The fields of `fields` that are passed.
    pub(super) needed: Vec<Field>,
    /// The labels of the fields that come from the skill's own input.
    inputs: Vec<String>,
    /// Rust passes records of numbers and flags by value.
    by_reference: bool,
    /// The label of the type that it returns; `None`: `tool-result`.
    returns: Option<String>,
    /// The list in the result whose length the skill returns.
    count: Option<String>,
    /// Otherwise, the text in the result that the skill returns.
    text: Option<String>,
    /// The name in JSON of the list.
    pub(super) count_wire: Option<String>,
    /// The name in JSON of the text.
    pub(super) text_wire: Option<String>,
    /// The result is a `tool-result`, whose text blocks the skill returns.
    is_blocks: bool,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Field {
    label: String,
    /// The property's name in JSON.
    pub(super) wire: String,
    pub(super) given: Given,
}

/// What the skill passes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Given {
    /// Nothing: it is optional.
    Nothing,
    /// The field of that name in the skill's own input.
    Input,
    One,
    OnePointZero,
    False,
}

impl Sample {
    /// The call with the fewest needs: no parameter first, and results with something to count first.
    pub(super) fn choose(packages: &[Package<'_>], flavour: Flavour) -> Option<Self> {
        packages
            .iter()
            .flat_map(|package| {
                let written = Written::read(package);
                let functions = package.functions.iter();
                functions.filter_map(move |function| {
                    Self::of(&package.label, function, written.as_ref()?, flavour)
                })
            })
            // The first of equals: servers list their most used tools first.
            .min_by_key(|sample| {
                let says = match (&sample.count, &sample.text) {
                    (Some(_), _) => 0,
                    (None, Some(_)) => 1,
                    (None, None) if sample.is_blocks => 1,
                    (None, None) => 2,
                };
                (sample.needed.len(), says)
            })
    }

    fn of(
        server: &str,
        function: &Function<'_>,
        written: &Written,
        flavour: Flavour,
    ) -> Option<Self> {
        if is_keyword(&function.label) {
            return None;
        }
        let (params, fields, copies) = match &function.params {
            None => (None, Vec::new(), true),
            Some(Shape::Record(record)) => (
                Some(written.params(&function.label)?),
                fields(record)?,
                is_copy(&Shape::Record(record.clone())),
            ),
            Some(_) => return None,
        };
        let (returns, count, text) = match &function.returns {
            Returns::ToolResult => (None, None, None),
            Returns::Structured(Shape::Record(record)) => {
                let (count, text) = said(record);
                (Some(written.returns(&function.label)?), count, text)
            }
            Returns::Structured(_) | Returns::Wrapped { .. } => return None,
        };
        let needed: Vec<Field> = fields
            .iter()
            .filter(|field| field.given != Given::Nothing)
            .cloned()
            .collect();
        let inputs = needed
            .iter()
            .filter(|field| field.given == Given::Input)
            .map(|field| field.label.clone())
            .collect();
        Some(Self {
            server: server.to_owned(),
            function: function.label.to_string(),
            tool: function.tool.to_owned(),
            params,
            fields,
            needed,
            inputs,
            by_reference: flavour == Flavour::Sync && !copies,
            is_blocks: returns.is_none(),
            returns,
            count_wire: count.as_ref().map(|(_, wire)| wire.clone()),
            text_wire: text.as_ref().map(|(_, wire)| wire.clone()),
            count: count.map(|(label, _)| label),
            text: text.map(|(label, _)| label),
        })
    }

    /// The input that the first run needs, as JSON; `None`: the empty object is enough.
    pub(super) fn example_input(&self) -> Option<String> {
        if self.inputs.is_empty() {
            return None;
        }
        let fields: Vec<String> = self
            .inputs
            .iter()
            .map(|label| format!("\"{}\": \"...\"", lower_camel(label)))
            .collect();
        Some(format!("{{{}}}", fields.join(", ")))
    }

    /// The JSON Schema of the skill's input.
    pub(super) fn input_schema(&self) -> String {
        let names: Vec<String> = self.inputs.iter().map(|label| lower_camel(label)).collect();
        let properties: serde_json::Map<String, serde_json::Value> = names
            .iter()
            .map(|name| (name.clone(), serde_json::json!({"type": "string"})))
            .collect();
        serde_json::json!({"type": "object", "properties": properties, "required": names})
            .to_string()
    }
}

/// A package as it is written. A record may have another name than the one it asked for, because another item took that
/// name.
struct Written(Resolve);

impl Written {
    fn read(package: &Package<'_>) -> Option<Self> {
        let mut resolve = Resolve::default();
        let types = contract::FILES
            .iter()
            .find(|(name, _)| *name == "types.wit")?;
        for (path, text) in [*types, ("tools.wit", package.wit.as_str())] {
            resolve.push_source(path, text).ok()?;
        }
        Some(Self(resolve))
    }

    /// The label of the function's parameter type.
    fn params(&self, function: &str) -> Option<String> {
        self.name(&self.function(function)?.params.first()?.ty)
    }

    /// The label of the function's success type.
    fn returns(&self, function: &str) -> Option<String> {
        let Some(Type::Id(id)) = self.function(function)?.result else {
            return None;
        };
        match &self.0.types[id].kind {
            TypeDefKind::Result(result) => self.name(&result.ok?),
            _ => None,
        }
    }

    fn function(&self, label: &str) -> Option<&wit_parser::Function> {
        let mut all = self.0.interfaces.iter();
        all.find_map(|(_, interface)| interface.functions.get(label))
    }

    fn name(&self, ty: &Type) -> Option<String> {
        match ty {
            Type::Id(id) => self.0.types[*id].name.clone(),
            _ => None,
        }
    }
}

/// `None` if a required parameter is not a text, a number or a flag.
fn fields(record: &Record<'_>) -> Option<Vec<Field>> {
    if record.rest.is_some() {
        return None;
    }
    record
        .fields
        .iter()
        .map(|field| {
            let given = match &field.shape {
                _ if !field.required => Given::Nothing,
                Shape::Nullable(_) => Given::Nothing,
                Shape::String if !is_keyword(&field.label) => Given::Input,
                Shape::Int(_) => Given::One,
                Shape::Float => Given::OnePointZero,
                Shape::Bool => Given::False,
                _ => return None,
            };
            Some(Field {
                label: field.label.to_string(),
                wire: field.wire.to_owned(),
                given,
            })
        })
        .collect()
}

/// The label of a field, and its name in JSON.
type Named = (String, String);

/// The list to count, else the text to return.
fn said(record: &Record<'_>) -> (Option<Named>, Option<Named>) {
    let first = |wanted: fn(&Shape<'_>) -> bool| {
        record
            .fields
            .iter()
            .find(|field| field.required && !is_keyword(&field.label) && wanted(&field.shape))
            .map(|field| (field.label.to_string(), field.wire.to_owned()))
    };
    let count = first(|shape| matches!(shape, Shape::List(_)));
    let text = first(|shape| matches!(shape, Shape::String));
    let text = if count.is_some() { None } else { text };
    (count, text)
}

fn is_copy(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Bool | Shape::Int(_) | Shape::Float | Shape::Enum(_) => true,
        Shape::Nullable(shape) => is_copy(shape),
        Shape::Tuple(shapes) => shapes.iter().all(is_copy),
        Shape::Record(record) => {
            record.rest.is_none() && record.fields.iter().all(|field| is_copy(&field.shape))
        }
        Shape::Variant(_) | Shape::Json(_) | Shape::String | Shape::List(_) | Shape::Map(_) => {
            false
        }
    }
}

/// Words that a language spells differently as a field's name.
// Long: a list of words.
pub(super) fn is_keyword(label: &str) -> bool {
    matches!(
        label,
        "abstract"
            | "and"
            | "as"
            | "assert"
            | "async"
            | "auto"
            | "await"
            | "become"
            | "bool"
            | "box"
            | "break"
            | "case"
            | "char"
            | "class"
            | "const"
            | "continue"
            | "crate"
            | "def"
            | "default"
            | "del"
            | "do"
            | "double"
            | "dyn"
            | "elif"
            | "else"
            | "enum"
            | "except"
            | "extern"
            | "false"
            | "final"
            | "finally"
            | "float"
            | "fn"
            | "for"
            | "from"
            | "gen"
            | "global"
            | "goto"
            | "if"
            | "impl"
            | "import"
            | "in"
            | "inline"
            | "int"
            | "is"
            | "lambda"
            | "let"
            | "long"
            | "loop"
            | "macro"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "none"
            | "nonlocal"
            | "not"
            | "or"
            | "override"
            | "pass"
            | "priv"
            | "pub"
            | "raise"
            | "ref"
            | "register"
            | "restrict"
            | "return"
            | "self"
            | "short"
            | "signed"
            | "sizeof"
            | "static"
            | "struct"
            | "super"
            | "switch"
            | "trait"
            | "true"
            | "try"
            | "type"
            | "typedef"
            | "typeof"
            | "union"
            | "unsafe"
            | "unsigned"
            | "unsized"
            | "use"
            | "virtual"
            | "void"
            | "volatile"
            | "where"
            | "while"
            | "with"
            | "yield"
    )
}
