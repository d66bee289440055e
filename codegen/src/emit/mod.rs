//! A server's tools as one WIT package. Owns the layout of the package; `lower` decides the types of a tool, and
//! `types` writes one type. Returns only text that `wit-parser` accepts.

pub(crate) mod comment;
mod signature;
mod types;
mod writer;

use thiserror::Error;
use wit_parser::Resolve;

pub use self::signature::signature;
pub use self::writer::Writer;
use crate::contract;
use crate::hints::said;
use crate::names;
use crate::shape::Function;
use crate::tool::{Refusal, Tool};

/// The tools of one server as a WIT package `mcp-server:NAME`.
///
/// The package depends only on the tools and their order: the same input gives the same bytes. Tools that are too large
/// together are omitted, as described at [`Budget`](crate::Budget).
///
/// # Errors
///
/// [`PackageError`] where the server's name makes no package name, or the generated text is not valid WIT,
/// which is a defect of this crate. A tool that cannot be mapped is no error: it is in [`Package::refused`].
pub fn package<'t>(
    server: &str,
    tools: &'t [Tool],
    flavour: Flavour,
) -> Result<Package<'t>, PackageError> {
    package_of(server, tools, |_| true, flavour)
}

/// The same, with only those tools for whose wire names `wanted` holds. Each has the label that it has among all
/// tools of the server, because the host knows nothing of the choice.
///
/// # Errors
///
/// As for [`package`].
pub fn package_of<'t>(
    server: &str,
    tools: &'t [Tool],
    wanted: impl Fn(&str) -> bool,
    flavour: Flavour,
) -> Result<Package<'t>, PackageError> {
    let package = render(server, tools, wanted, flavour)?;
    verify(&package.wit).map_err(|source| PackageError::Invalid {
        server: server.to_owned(),
        source,
    })?;
    Ok(package)
}

/// The same as [`package_of`], without the check that the text is valid.
///
/// # Errors
///
/// [`PackageError::Name`] where the server's name makes no package name.
pub fn render<'t>(
    server: &str,
    tools: &'t [Tool],
    wanted: impl Fn(&str) -> bool,
    flavour: Flavour,
) -> Result<Package<'t>, PackageError> {
    let all = names::labels(tools.iter().map(|tool| tool.name.as_str()));
    let only = all.iter().filter(|(_, wire)| wanted(wire));
    let mut writer = Writer::new(server, only.map(|(label, _)| &**label), flavour)?;
    let mut labels = all.into_iter().peekable();
    let mut functions = Vec::with_capacity(tools.len());
    let mut refused = Vec::new();
    for tool in tools {
        // A label is missing where the name has come before.
        let Some((label, _)) = labels.next_if(|(_, wire)| *wire == tool.name) else {
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
        match writer.budget.labelled(label, tool) {
            Ok(function) => {
                writer.write(&function, tool);
                functions.push(function);
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    Ok(Package {
        server: server.to_owned(),
        label: names::package_name(server)?,
        functions,
        refused,
        wit: writer.finish(),
    })
}

/// Whether the functions block the skill until the server responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `func`: every toolchain can import it.
    Sync,
    /// `async func`: calls of one skill may overlap.
    Async,
}

/// A server's tools as WIT.
#[derive(Debug, Clone)]
pub struct Package<'t> {
    /// The server's name in the user's configuration.
    pub server: String,
    /// The server's name as a label: `NAME` in `mcp-server:NAME`.
    pub label: String,
    /// In the order of the tools.
    pub functions: Vec<Function<'t>>,
    /// The tools without a function.
    pub refused: Vec<Refusal>,
    /// The text of `tools.wit`.
    pub wit: String,
}

/// Why there is no package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The server has no name.
    #[error(transparent)]
    Name(#[from] names::EmptyName),
    /// A bug of the generator.
    #[error(
        "the WIT generated for server `{server}` is not valid; please report this with the server's tools/list"
    )]
    Invalid {
        /// The server.
        server: String,
        /// The error of `wit-parser`.
        source: InvalidWit,
    },
}

/// The error of `wit-parser` for a text: message, position and an excerpt.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
pub struct InvalidWit(String);

fn verify(wit: &str) -> Result<(), InvalidWit> {
    let mut resolve = Resolve::default();
    for (path, text) in [("types.wit", contract::TYPES), ("tools.wit", wit)] {
        resolve
            .push_source(path, text)
            .map_err(|error| InvalidWit(format!("{error:#}")))?;
    }
    Ok(())
}

/// Title, description and hints of a tool, as one text.
pub(crate) fn describe(out: &mut String, tool: &Tool) {
    let title = tool
        .title
        .as_deref()
        .or(tool.annotations.title.as_deref())
        .map(str::trim)
        .unwrap_or_default();
    let description = tool
        .description
        .as_deref()
        .map(str::trim)
        .unwrap_or_default();
    if !title.is_empty() && !description.starts_with(title) {
        out.push_str(title);
    }
    if !description.is_empty() {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(description);
    }
    let mut before = if out.is_empty() { "" } else { "\n\n" };
    for hint in said(&tool.annotations) {
        out.push_str(before);
        out.push_str(hint);
        before = " ";
    }
}
