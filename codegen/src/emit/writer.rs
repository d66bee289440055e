//! Writes a package function by function, so that only one function at a time is in memory. Owns the layout of the
//! package and the budget of its tools. Does not check its output.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::types::{Imports, Types};
use super::{Flavour, comment, describe};
use crate::budget::{Budget, NotMade};
use crate::names;
use crate::shape::{Function, Returns};
use crate::tool::Tool;

/// The package of one server while it is written.
///
/// ```
/// use mcp_codegen::{Catalog, Flavour, Writer};
///
/// let catalog = Catalog::parse(r#"[{"name": "ping"}]"#)?;
/// let mut writer = Writer::new("tracker", ["ping"], Flavour::Sync)?;
/// writer.add("ping", &catalog.tools[0], 1 << 20)?;
/// assert!(writer.finish().contains("ping: func(params: json)"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    pub(super) budget: Budget,
    out: String,
    /// The position of the imports, which are known at the end.
    imports: usize,
    types: Types,
    parts: Parts,
    flavour: Flavour,
}

/// The parts of one function that are made before it is written, in buffers that serve all functions.
#[derive(Default)]
struct Parts {
    params: String,
    result: String,
    docs: String,
}

impl Writer {
    /// Begins the package of a server with functions of these labels, in the order of the later calls.
    ///
    /// # Errors
    ///
    /// Where the server's name makes no package name.
    pub fn new<'n>(
        server: &str,
        labels: impl IntoIterator<Item = &'n str>,
        flavour: Flavour,
    ) -> Result<Self, names::EmptyName> {
        let label = names::package_name(server)?;
        let labels: Vec<&str> = labels.into_iter().collect();
        let mut out = String::with_capacity(512 + labels.len().min(MOST_AHEAD) * 512);
        out.push_str("// ");
        // Toolchains use it as the documentation of the package.
        let about = format!(
            "The tools of the MCP server `{}`, written by `mcp-codegen`. Do not edit.",
            names::shown(server)
        );
        comment::push_inert(&mut out, &about);
        out.push('\n');
        let _ = writeln!(out, "package mcp-server:{};\n", names::escaped(&label));
        out.push_str("interface tools {\n");
        Ok(Self {
            budget: Budget::of(labels.len()),
            imports: out.len(),
            out,
            types: Types::new(labels),
            parts: Parts::default(),
            flavour,
        })
    }

    /// Adds the function of one tool. Generating it may take this many bytes of memory.
    ///
    /// # Errors
    ///
    /// [`NotMade`] where the tool has no function, where it falls out because the tools of the server are too large
    /// together, or where it takes more than `memory`. The package is as before then.
    pub fn add(&mut self, label: &str, tool: &Tool, memory: usize) -> Result<(), NotMade> {
        let label = Cow::Owned(label.to_owned());
        let function = self.budget.within(label, tool, memory)?;
        self.write(&function, tool);
        Ok(())
    }

    /// The work done so far, in units: a plain tool takes about fifty, and the largest a quarter of a million.
    #[must_use]
    pub fn work(&self) -> usize {
        self.budget.work()
    }

    /// About how many bytes of memory the package takes so far.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.out.capacity() + self.types.held()
    }

    /// The text of `tools.wit`.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out
            .insert_str(self.imports, &self.types.into_imports().line());
        fallen_out(&mut self.out, &self.budget);
        self.out.push_str(
            "}\n\n/// Imports every tool of the server.\nworld imports {\n  import tools;\n}\n",
        );
        self.out
    }

    pub(super) fn write(&mut self, function: &Function<'_>, tool: &Tool) {
        let Self {
            out, types, parts, ..
        } = self;
        // A large text grows in steps and does not double.
        if out.len() > STEP && out.capacity() - out.len() < STEP {
            out.reserve_exact(2 * STEP);
        }
        let Parts {
            params,
            result,
            docs,
        } = parts;
        for part in [&mut *params, &mut *result, &mut *docs] {
            part.clear();
        }
        if let Some(shape) = &function.params {
            params.push_str("params: ");
            types.root(out, params, shape, &function.label);
        }
        match &function.returns {
            Returns::ToolResult => result.push_str(&types.import(Imports::TOOL_RESULT)),
            Returns::Structured(shape) | Returns::Wrapped { shape, .. } => {
                types.root(out, result, shape, &function.label);
            }
        }
        let error = types.import(Imports::TOOL_ERROR);
        out.push('\n');
        describe(docs, tool);
        comment::doc(out, "  ", docs);
        let func = if self.flavour == Flavour::Async {
            ": async func("
        } else {
            ": func("
        };
        let label = names::escaped(&function.label);
        for part in [
            "  ",
            &label,
            func,
            params,
            ") -> result<",
            result,
            ", ",
            &error,
            ">;\n",
        ] {
            out.push_str(part);
        }
    }
}

/// The spare capacity of a large text for its next function, in bytes.
const STEP: usize = 256 << 10;
/// The most functions whose text gets capacity before any of them is known.
const MOST_AHEAD: usize = 1_000;

/// Lists the tools in the package that were omitted because there are too many large ones.
fn fallen_out(out: &mut String, budget: &Budget) {
    let (count, first) = budget.fallen_out();
    if count == 0 {
        return;
    }
    let plural = if count == 1 { " is" } else { "s are" };
    let _ = writeln!(
        out,
        "\n  // {count} tool{plural} left out, because the tools of the server are too large together:"
    );
    for name in first {
        let _ = writeln!(out, "  // `{}`", names::shown(name));
    }
    if count > first.len() {
        let _ = writeln!(out, "  // and {} more", count - first.len());
    }
}
