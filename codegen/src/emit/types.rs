//! Writes shapes as WIT types. Owns the type names of one interface: every item has a unique name, and equal shapes are
//! written once.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::comment;
use crate::names::{self, escaped, reads_as};
use crate::shape::{Enum, Field, Record, Shape, Variant};

/// What an entry of a table takes beside its text.
const ENTRY: usize = 48;

/// Names that no type gets, because bindings use them themselves.
const RESERVED: [&str; 17] = [
    // `Self` of Rust.
    "self",
    // What each module of `componentize-py` imports.
    "any",
    "callable",
    "enum",
    "err",
    "flag",
    "generic",
    "list",
    "ok",
    "optional",
    "protocol",
    "result",
    "some",
    "traceback-type",
    "tuple",
    "type-var",
    "union",
];

/// The types of one interface. Borrows nothing from a function, so that each function can be dropped once it is
/// written.
pub(super) struct Types {
    /// Every name of the interface: functions and types share one namespace.
    taken: HashSet<Box<str>>,
    /// The names of the written types, by the key that [`Types::named`] makes from their text.
    written: HashMap<String, Box<str>>,
    /// How often each name has been numbered.
    counts: HashMap<Box<str>, usize>,
    /// Bytes of all names and texts in the tables.
    held: usize,
    imports: Imports,
    /// Empty buffers for the bodies of types: a catalog has thousands of bodies, one after the other.
    spare: Vec<String>,
}

/// The types of `mcp:tools/types` that the interface uses, each with its local name.
pub(super) struct Imports {
    all: [(&'static str, Cow<'static, str>, bool); 3],
}

impl Imports {
    const JSON: usize = 0;
    pub(super) const TOOL_ERROR: usize = 1;
    pub(super) const TOOL_RESULT: usize = 2;

    /// The `use` line.
    pub(super) fn line(&self) -> String {
        let used: Vec<String> = self
            .all
            .iter()
            .filter(|(.., used)| *used)
            .map(|(name, here, _)| {
                if *name == here {
                    (*name).to_owned()
                } else {
                    format!("{name} as {here}")
                }
            })
            .collect();
        if used.is_empty() {
            return String::new();
        }
        format!("  use mcp:tools/types@0.1.0.{{{}}};\n", used.join(", "))
    }
}

impl Types {
    /// The types of an interface with functions of these labels.
    pub(super) fn new<'n>(labels: impl IntoIterator<Item = &'n str>) -> Self {
        let labels = labels.into_iter();
        // Most catalogs have as many types as functions.
        let mut taken: HashSet<Box<str>> = HashSet::with_capacity(2 * labels.size_hint().0);
        taken.extend(labels.map(Box::from));
        taken.extend(RESERVED.map(Box::from));
        let all = ["json", "tool-error", "tool-result"].map(|name| {
            let here = if taken.insert(Box::from(name)) {
                Cow::Borrowed(name)
            } else {
                let numbered = (2_usize..).map(|count| format!("mcp-{name}{count}"));
                let mut names = std::iter::once(format!("mcp-{name}")).chain(numbered);
                Cow::Owned(
                    names
                        .find(|here| taken.insert(Box::from(here.as_str())))
                        .unwrap_or_default(),
                )
            };
            (name, here, false)
        });
        let held = taken.iter().map(|name| ENTRY + name.len()).sum();
        Self {
            held,
            taken,
            written: HashMap::new(),
            counts: HashMap::new(),
            imports: Imports { all },
            spare: Vec::new(),
        }
    }

    pub(super) fn into_imports(self) -> Imports {
        self.imports
    }

    /// About how many bytes the tables take.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// The name of a type of the contract.
    pub(super) fn import(&mut self, which: usize) -> Cow<'static, str> {
        let (_, here, used) = &mut self.imports.all[which];
        *used = true;
        here.clone()
    }

    /// Appends the type of a function's whole parameter or result to `ty`, and its declarations to `out`. The record is
    /// never shared with an equal one, because two tools that take the same today need not do so tomorrow.
    pub(super) fn root(
        &mut self,
        out: &mut String,
        ty: &mut String,
        shape: &Shape<'_>,
        owner: &str,
    ) {
        match shape {
            Shape::Record(record) => {
                let body = self.record(out, record, owner);
                let name = self.claim(&record.name, owner);
                declare(out, "record", &name, record.docs, &body);
                ty.push_str(&escaped(&name));
                self.put_back(body);
            }
            shape => self.write(out, ty, shape, owner),
        }
    }

    /// Appends the type of `shape` to `ty`, and the declarations that it needs to `out`.
    fn write(&mut self, out: &mut String, ty: &mut String, shape: &Shape<'_>, owner: &str) {
        match shape {
            Shape::Json(_) => {
                let json = self.import(Imports::JSON);
                ty.push_str(&json);
            }
            Shape::Bool => ty.push_str("bool"),
            Shape::Int(int) => ty.push_str(int.keyword()),
            Shape::Float => ty.push_str("f64"),
            Shape::String => ty.push_str("string"),
            Shape::Nullable(shape) => self.around(out, ty, ("option<", ">"), shape, owner),
            Shape::List(shape) => self.around(out, ty, ("list<", ">"), shape, owner),
            Shape::Map(shape) => self.around(out, ty, ("list<tuple<string, ", ">>"), shape, owner),
            Shape::Tuple(shapes) => {
                ty.push_str("tuple<");
                for (at, shape) in shapes.iter().enumerate() {
                    if at > 0 {
                        ty.push_str(", ");
                    }
                    self.write(out, ty, shape, owner);
                }
                ty.push('>');
            }
            Shape::Enum(cases) => {
                let body = self.enumeration(cases);
                self.named(out, ty, ("enum", &cases.name, None), body, owner);
            }
            Shape::Record(record) => {
                let body = self.record(out, record, owner);
                let docs = record.docs;
                self.named(out, ty, ("record", &record.name, docs), body, owner);
            }
            Shape::Variant(variant) => {
                let body = self.variant(out, variant, owner);
                self.named(out, ty, ("variant", &variant.name, None), body, owner);
            }
        }
    }

    fn around(
        &mut self,
        out: &mut String,
        ty: &mut String,
        (before, after): (&str, &str),
        shape: &Shape<'_>,
        owner: &str,
    ) {
        ty.push_str(before);
        self.write(out, ty, shape, owner);
        ty.push_str(after);
    }

    /// Declares a type with this body, unless it is declared already.
    fn named(
        &mut self,
        out: &mut String,
        ty: &mut String,
        (keyword, wish, docs): (&str, &str, Option<&str>),
        mut body: String,
        owner: &str,
    ) {
        // What distinguishes two types: body, keyword and documentation. A body contains no NUL, and the foreign text
        // comes last, so no description makes one type look like another.
        let end = body.len();
        for part in ["\0", keyword, "\0", docs.unwrap_or_default()] {
            body.push_str(part);
        }
        if let Some(name) = self.written.get(&body) {
            ty.push_str(&escaped(name));
        } else {
            let name = self.claim(wish, owner);
            declare(out, keyword, &name, docs, &body[..end]);
            ty.push_str(&escaped(&name));
            self.held += 2 * ENTRY + body.len() + name.len();
            self.written.insert(body.clone(), name.into());
        }
        self.put_back(body);
    }

    /// A unique name: the wished name, else with its owner's name before it, else with a number.
    fn claim<'w>(&mut self, wish: &'w str, owner: &str) -> Cow<'w, str> {
        let mut name = Cow::Borrowed(wish);
        if self.taken.contains(wish) {
            name = Cow::Owned(format!("{owner}-{wish}"));
            while self.taken.contains(&*name) {
                // Two look-ups, because most names have a count already and then need no copy.
                let count = match self.counts.get_mut(wish) {
                    Some(count) => count,
                    None => {
                        self.held += ENTRY + wish.len();
                        self.counts.entry(wish.into()).or_insert(1)
                    }
                };
                *count += 1;
                name = Cow::Owned(format!("{wish}{count}"));
            }
        }
        self.held += ENTRY + name.len();
        self.taken.insert(Box::from(&*name));
        name
    }

    fn record(&mut self, out: &mut String, record: &Record<'_>, owner: &str) -> String {
        let mut body = self.spare.pop().unwrap_or_default();
        for field in &record.fields {
            field_docs(&mut body, field);
            body.push_str("    ");
            body.push_str(&escaped(&field.label));
            body.push_str(": ");
            // `none` means both "absent" and `null`; see `Field::required`.
            let nullable = matches!(field.shape, Shape::Nullable(_));
            if field.required || nullable {
                self.write(out, &mut body, &field.shape, owner);
            } else {
                self.around(out, &mut body, ("option<", ">"), &field.shape, owner);
            }
            body.push_str(",\n");
        }
        if let Some((label, shape)) = &record.rest {
            body.push_str("    /// Every further property, by its name.\n    ");
            body.push_str(&escaped(label));
            body.push_str(": ");
            self.around(out, &mut body, ("list<tuple<string, ", ">>"), shape, owner);
            body.push_str(",\n");
        }
        body
    }

    fn variant(&mut self, out: &mut String, variant: &Variant<'_>, owner: &str) -> String {
        let mut body = self.spare.pop().unwrap_or_default();
        for case in &variant.cases {
            body.push_str("    ");
            body.push_str(&escaped(&case.label));
            if let Some(shape) = &case.shape {
                self.around(out, &mut body, ("(", ")"), shape, owner);
            }
            body.push_str(",\n");
        }
        body
    }

    fn enumeration(&mut self, cases: &Enum<'_>) -> String {
        let mut body = self.spare.pop().unwrap_or_default();
        for case in &cases.cases {
            if !reads_as(&case.label, case.wire) {
                comment::doc(&mut body, "    ", &format!("`{}`", names::shown(case.wire)));
            }
            body.push_str("    ");
            body.push_str(&escaped(&case.label));
            body.push_str(",\n");
        }
        body
    }

    fn put_back(&mut self, mut body: String) {
        body.clear();
        self.spare.push(body);
    }
}

fn field_docs(body: &mut String, field: &Field<'_>) {
    if let Some(docs) = &field.docs {
        comment::doc(body, "    ", docs);
    }
    if !reads_as(&field.label, field.wire) {
        comment::doc(
            body,
            "    ",
            &format!("In JSON: `{}`.", names::shown(field.wire)),
        );
    }
}

fn declare(out: &mut String, keyword: &str, name: &str, docs: Option<&str>, body: &str) {
    out.push('\n');
    if let Some(docs) = docs {
        comment::doc(out, "  ", docs);
    }
    for part in ["  ", keyword, " ", &escaped(name), " {\n", body, "  }\n"] {
        out.push_str(part);
    }
}
