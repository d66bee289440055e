//! Writes shapes as WIT types. Owns the type names of one interface: no two items share one,
//! and shapes that are the same are written once.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::comment;
use crate::names::{self, escaped};
use crate::shape::{Enum, Field, Record, Shape, Variant};

/// The types of one interface.
pub(super) struct Types {
    /// Every name of the interface: functions and types share one namespace.
    taken: HashSet<String>,
    /// The names of the types that are written, by their text.
    written: HashMap<String, String>,
    /// How often each name has been numbered.
    counts: HashMap<String, usize>,
    imports: Imports,
}

/// Which types of `mcp:tools/types` the interface uses, each with the name that it has here.
pub(super) struct Imports {
    all: [(&'static str, Cow<'static, str>, bool); 3],
}

impl Imports {
    const JSON: usize = 0;
    pub(super) const TOOL_ERROR: usize = 1;
    pub(super) const TOOL_RESULT: usize = 2;

    /// Writes the `use` line.
    pub(super) fn write(&self, out: &mut String) {
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
        if !used.is_empty() {
            let _ = writeln!(out, "  use mcp:tools/types@0.1.0.{{{}}};", used.join(", "));
        }
    }
}

impl Types {
    /// The types of an interface with these functions.
    pub(super) fn new<'a>(functions: impl Iterator<Item = &'a str>) -> Self {
        let mut taken: HashSet<String> = functions.map(str::to_owned).collect();
        let all = ["json", "tool-error", "tool-result"].map(|name| {
            let here = if taken.insert(name.to_owned()) {
                Cow::Borrowed(name)
            } else {
                let numbered = (2_usize..).map(|count| format!("mcp-{name}{count}"));
                let mut names = std::iter::once(format!("mcp-{name}")).chain(numbered);
                Cow::Owned(
                    names
                        .find(|here| taken.insert(here.clone()))
                        .unwrap_or_default(),
                )
            };
            (name, here, false)
        });
        Self {
            taken,
            written: HashMap::new(),
            counts: HashMap::new(),
            imports: Imports { all },
        }
    }

    pub(super) fn into_imports(self) -> Imports {
        self.imports
    }

    /// The name of a type of the contract.
    pub(super) fn import(&mut self, which: usize) -> Cow<'static, str> {
        let (_, here, used) = &mut self.imports.all[which];
        *used = true;
        here.clone()
    }

    /// The type of a function's whole parameter or result. A record of its own even where another looks the same,
    /// because two tools that take the same today need not do so tomorrow.
    pub(super) fn root(&mut self, out: &mut String, shape: &Shape, owner: &str) -> String {
        let mut ty = String::new();
        match shape {
            Shape::Record(record) => {
                let body = self.record(out, record, owner);
                let name = self.claim(&record.name, owner);
                declare(out, "record", &name, record.docs.as_deref(), &body);
                ty.push_str(&escaped(&name));
            }
            shape => self.write(out, &mut ty, shape, owner),
        }
        ty
    }

    /// Appends the type of `shape` to `ty`, and the declarations that it needs to `out`.
    fn write(&mut self, out: &mut String, ty: &mut String, shape: &Shape, owner: &str) {
        match shape {
            Shape::Json => {
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
            Shape::Enum(cases) => self.named(
                out,
                ty,
                ("enum", &cases.name, None),
                enumeration(cases),
                owner,
            ),
            Shape::Record(record) => {
                let body = self.record(out, record, owner);
                self.named(
                    out,
                    ty,
                    ("record", &record.name, record.docs.as_deref()),
                    body,
                    owner,
                );
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
        shape: &Shape,
        owner: &str,
    ) {
        ty.push_str(before);
        self.write(out, ty, shape, owner);
        ty.push_str(after);
    }

    /// Declares a type with this body, unless there is one already.
    fn named(
        &mut self,
        out: &mut String,
        ty: &mut String,
        (keyword, wish, docs): (&str, &str, Option<&str>),
        body: String,
        owner: &str,
    ) {
        let key = format!("{keyword}{}\n{body}", docs.unwrap_or_default());
        if let Some(name) = self.written.get(&key) {
            ty.push_str(&escaped(name));
            return;
        }
        let name = self.claim(wish, owner);
        declare(out, keyword, &name, docs, &body);
        ty.push_str(&escaped(&name));
        self.written.insert(key, name);
    }

    /// A name that nothing else has: the wish itself, else with its owner's name before it, else with a number.
    fn claim(&mut self, wish: &str, owner: &str) -> String {
        if self.taken.insert(wish.to_owned()) {
            return wish.to_owned();
        }
        let owned = format!("{owner}-{wish}");
        if self.taken.insert(owned.clone()) {
            return owned;
        }
        loop {
            let count = self.counts.entry(wish.to_owned()).or_insert(1);
            *count += 1;
            let numbered = format!("{wish}{count}");
            if self.taken.insert(numbered.clone()) {
                return numbered;
            }
        }
    }

    fn record(&mut self, out: &mut String, record: &Record, owner: &str) -> String {
        let mut body = String::with_capacity(record.fields.len() * 96);
        for field in &record.fields {
            field_docs(&mut body, field);
            body.push_str("    ");
            body.push_str(&escaped(&field.label));
            body.push_str(": ");
            // `none` says both "absent" and `null`; see `Field::required`.
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

    fn variant(&mut self, out: &mut String, variant: &Variant, owner: &str) -> String {
        let mut body = String::new();
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
}

fn enumeration(cases: &Enum) -> String {
    let mut body = String::with_capacity(cases.cases.len() * 24);
    for case in &cases.cases {
        if !reads_as(&case.label, &case.wire) {
            comment::doc(
                &mut body,
                "    ",
                &format!("`{}`", names::shown(&case.wire)),
            );
        }
        body.push_str("    ");
        body.push_str(&escaped(&case.label));
        body.push_str(",\n");
    }
    body
}

fn field_docs(body: &mut String, field: &Field) {
    if let Some(docs) = &field.docs {
        comment::doc(body, "    ", docs);
    }
    if !reads_as(&field.label, &field.wire) {
        comment::doc(
            body,
            "    ",
            &format!("In JSON: `{}`.", names::shown(&field.wire)),
        );
    }
}

fn declare(out: &mut String, keyword: &str, name: &str, docs: Option<&str>, body: &str) {
    out.push('\n');
    if let Some(docs) = docs {
        comment::doc(out, "  ", docs);
    }
    let _ = write!(out, "  {keyword} {} {{\n{body}  }}\n", escaped(name));
}

/// Whether people see at once which name the label stands for: the same letters and digits.
fn reads_as(label: &str, wire: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase())
    }
    label == wire || (wire.is_ascii() && letters(label).eq(letters(wire)))
}
