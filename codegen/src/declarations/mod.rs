//! Declarations of a server's tools for scripts: the raw JSON of arguments and results as TypeScript types. Owns the
//! layout of the file; `types` writes one type. Decides no type: all of them come from `Shape`, as those of WIT do.

mod brief;
mod named;
mod text;
mod types;

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::Value;

use self::brief::{Brief, LEVELS, WHOLE, brief};
use self::text::{comment, literal};
use self::types::Types;
use crate::budget::Budget;
use crate::exports::{Export, exports, is_identifier};
use crate::names;
use crate::shape::{Function, Returns, Shape};
use crate::tool::{Refusal, Tool};

/// What a script imports besides tools: the module `mcp-host`, and the globals of the script engine.
pub const HOST: &str = include_str!("mcp-host.d.ts");

/// The declarations of one server's tools.
#[derive(Debug, Clone)]
pub struct Declarations<'t> {
    /// The server's name in the user's configuration.
    pub server: String,
    /// The server's name as a label: `NAME` in `mcp-server:NAME/tools`.
    pub label: String,
    /// In the order of the tools.
    pub functions: Vec<Function<'t>>,
    /// The tools without a declaration.
    pub refused: Vec<Refusal>,
    /// The text of `NAME.d.ts`.
    pub text: String,
}

/// The declarations of those tools for whose wire names `wanted` holds. Each has the names that it has among all tools
/// of the server. The same input gives the same bytes. Tools that are too large together are omitted, as described at
/// [`Budget`].
///
/// # Errors
///
/// Where the server's name makes no package name.
pub fn declarations<'t>(
    server: &str,
    tools: &'t [Tool],
    wanted: impl Fn(&str) -> bool,
) -> Result<Declarations<'t>, names::EmptyName> {
    declarations_for(server, tools, wanted, &WHOLE_TOOLS)
}

/// For whom tools are declared.
pub struct Reader<'r> {
    /// Whether the declaration of one tool is short enough. The shortest is written where none is.
    pub fits: &'r dyn Fn(&str) -> bool,
    /// Where to find what is left out of the tool with this wire name: a sentence.
    pub rest: &'r dyn Fn(&str) -> String,
    /// What a comment says before the declaration of a tool. It is not foreign.
    pub note: &'r dyn Fn(&str) -> Option<String>,
}

/// A reader of everything.
const WHOLE_TOOLS: Reader<'static> = Reader {
    fits: &|_| true,
    rest: &|_| String::new(),
    note: &|_| None,
};

/// The same for a reader with little room. Texts are left out before types, and deep types before the properties of the
/// arguments; a comment says what is missing.
///
/// # Errors
///
/// As for [`declarations`].
pub fn declarations_for<'t>(
    server: &str,
    tools: &'t [Tool],
    wanted: impl Fn(&str) -> bool,
    reader: &Reader<'_>,
) -> Result<Declarations<'t>, names::EmptyName> {
    let label = names::package_name(server)?;
    let mut budget = Budget::of_declarations(tools.len());
    let mut all = exports(tools.iter().map(|tool| tool.name.as_str()))
        .into_iter()
        .peekable();
    let mut module = Module {
        out: String::new(),
        taken: ["Promise", "Record"].map(str::to_owned).into(),
    };
    let mut functions = Vec::with_capacity(tools.len());
    let mut refused = Vec::new();
    for tool in tools {
        // An export is missing where the name has come before.
        let Some(export) = all.next_if(|export| export.tool == tool.name) else {
            let reason = "another tool of the server has the same name".to_owned();
            refused.push(Refusal {
                tool: tool.name.clone(),
                reason,
            });
            continue;
        };
        if !wanted(&tool.name) {
            continue;
        }
        match budget.labelled(export.label.clone(), tool) {
            Ok(function) => {
                module.function(&export, &function, tool, reader);
                functions.push(function);
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    Ok(Declarations {
        server: server.to_owned(),
        text: file(server, &label, &module.out),
        label,
        functions,
        refused,
    })
}

/// The modules of a server: the one with its tools, and those that only have another name.
fn file(server: &str, label: &str, tools: &str) -> String {
    let shown = names::shown(server);
    let module = literal(&format!("mcp-server:{label}/tools"));
    // Without any export, every declaration would be one.
    let mut out = format!(
        "// The tools of the MCP server `{shown}`, written by `mcp-codegen`. Do not edit: generate it again.\n\
         // Types are those of the JSON on the wire. A call that fails throws a `ToolError`.\n\
         \n\
         declare module {module} {{{tools}\n  export {{}};\n}}\n"
    );
    let mut others = vec![format!("mcp:{label}")];
    // A script may also write the name that the configuration has.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if server != label && server.chars().all(plain) {
        others.extend([
            format!("mcp-server:{server}/tools"),
            format!("mcp:{server}"),
        ]);
    }
    for other in others {
        let other = literal(&other);
        let _ = write!(
            out,
            "\ndeclare module {other} {{\n  export * from {module};\n}}\n"
        );
    }
    out
}

/// The declarations of a module while they are written.
struct Module {
    out: String,
    /// The names of types that no further type may have.
    taken: HashSet<String>,
}

/// What the result is without an `outputSchema`.
const UNDECLARED: &str = "@returns A JSON value, or a text: the server declares no type for it.";

impl Module {
    /// The tool, at the first level that the reader has room for.
    fn function(
        &mut self,
        export: &Export<'_>,
        function: &Function<'_>,
        tool: &Tool,
        reader: &Reader<'_>,
    ) {
        let mut written = self.at(export, &brief(function, tool, &WHOLE), tool, reader);
        for level in &LEVELS[1..] {
            if (reader.fits)(&written.out) {
                break;
            }
            written = self.at(export, &brief(function, tool, level), tool, reader);
        }
        self.out.push_str(&written.out);
        self.taken = written.taken;
    }

    /// The declaration of one tool, and the names of types that are taken after it.
    fn at(&self, export: &Export<'_>, brief: &Brief<'_>, tool: &Tool, reader: &Reader<'_>) -> Self {
        let (mut out, mut taken) = (String::new(), self.taken.clone());
        let mut types = Types::new(&export.label);
        let mut params = String::new();
        let optional = match &brief.params {
            None => {
                params.push_str(without_properties(&tool.input_schema));
                true
            }
            Some(shape) => {
                types.arguments(&mut params, shape);
                may_be_empty(shape)
            }
        };
        let mut result = String::new();
        match &brief.returns {
            Returns::ToolResult => result.push_str("unknown"),
            Returns::Structured(shape) => types.value(&mut result, shape),
            Returns::Wrapped { key, shape } => types.wrapped(&mut result, key, shape),
        }
        let named = types.into_named();
        let named = named.finish(&mut taken, [&mut params, &mut result]);
        out.push_str(&named);
        out.push('\n');
        let tags = match &brief.returns {
            Returns::ToolResult => &[UNDECLARED][..],
            Returns::Structured(_) | Returns::Wrapped { .. } => &[],
        };
        comment(&mut out, "  ", &brief.docs, tags);
        if let Some(note) = (reader.note)(export.tool) {
            let _ = writeln!(out, "  // {note}");
        }
        // A function whose name is no identifier is declared under another name, and exported under its own.
        let (name, exported) = if is_identifier(export.tool) {
            (export.tool.to_owned(), true)
        } else {
            (local(export), false)
        };
        let keyword = if exported { "export " } else { "" };
        let mark = if optional { "?" } else { "" };
        let _ = writeln!(
            out,
            "  {keyword}function {name}(args{mark}: {params}): Promise<{result}>;"
        );
        let own = (!exported).then(|| literal_name(export.tool));
        let aliases = export.aliases.iter().map(|alias| literal_name(alias));
        let others: Vec<String> = own
            .into_iter()
            .chain(aliases)
            .map(|alias| format!("{name} as {alias}"))
            .collect();
        if !others.is_empty() {
            let _ = writeln!(out, "  export {{ {} }};", others.join(", "));
        }
        if let Some(left_out) = brief.left_out.said() {
            let rest = (reader.rest)(export.tool);
            let _ = writeln!(out, "  // left out: {left_out}. {rest}");
        }
        Self { out, taken }
    }
}

/// The type of arguments without a property that the schema names. An object of which the schema says nothing may have
/// any; one with an empty list of properties is meant to have none.
fn without_properties(schema: &Value) -> &'static str {
    const SAYING: [&str; 8] = [
        "properties",
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "enum",
        "const",
        "maxProperties",
    ];
    let says = |key: &&str| schema.get(key).is_some();
    let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if is_closed || SAYING.iter().any(says) {
        "Record<string, never>"
    } else {
        "Record<string, unknown>"
    }
}

/// A variable of the module for a tool whose name is no identifier. No tool has a name with two underscores at its end
/// and a label like this one, and labels differ.
fn local(export: &Export<'_>) -> String {
    format!("{}__", export.label.replace('-', "_"))
}

/// The name of an export: as it is, or as a text where it is no name.
fn literal_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    if !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(plain)
    {
        name.to_owned()
    } else {
        literal(name)
    }
}

/// Whether a call without arguments is valid, as far as the shape says.
fn may_be_empty(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Record(record) => record.fields.iter().all(|field| !field.required),
        Shape::Map(_) | Shape::Json(_) => true,
        Shape::Nullable(shape) => may_be_empty(shape),
        Shape::Variant(variant) => variant
            .cases
            .iter()
            .filter_map(|case| case.shape.as_ref())
            .any(may_be_empty),
        Shape::Bool
        | Shape::Int(_)
        | Shape::Float
        | Shape::String
        | Shape::Enum(_)
        | Shape::List(_)
        | Shape::Tuple(_) => false,
    }
}
