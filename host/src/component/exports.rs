//! The typed functions that a skill exports: their names, their types, and a call of one. Runs nothing: `execute` does.

use std::fmt;

use serde_json::Value;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, Val};

use crate::short::{name as short_name, names};
use mcp_codec::{self as codec, Signature, WaveCall};

/// A function that a skill exports, at the top level or in an interface.
pub struct Export {
    /// `my:pkg/api@1.0.0`, if an interface contains it.
    pub(crate) instance: Option<String>,
    pub(crate) label: String,
    pub(crate) ty: ComponentFunc,
    pub(crate) index: ComponentExportIndex,
}

/// One call of an exported function, whose arguments have its types.
pub struct Invocation {
    /// The call as the user wrote it, in WAVE or as a name.
    pub(crate) call: String,
    /// The arguments as JSON, if they were given as JSON.
    pub(crate) input: Option<String>,
    pub(crate) index: ComponentExportIndex,
    pub(crate) signature: Signature,
    pub(crate) arguments: Vec<Val>,
}

/// A call that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The skill exports no function of that name.
    #[error("the skill exports no function `{name}`; it exports {}", names(.exports))]
    Unknown {
        /// The name that the user gave.
        name: String,
        /// The names of the exported functions.
        exports: Vec<String>,
    },
    /// Several interfaces export it.
    #[error("`{name}` is exported more than once: {}", names(.candidates))]
    Ambiguous {
        /// The name that the user gave.
        name: String,
        /// The full names.
        candidates: Vec<String>,
    },
    /// A type whose values do not exist outside of a run.
    #[error("function `{function}` cannot be called from outside: {place} holds {what}")]
    Unsupported {
        /// The function.
        function: String,
        /// The parameter, or the result.
        place: String,
        /// The type that cannot be passed.
        what: &'static str,
    },
    /// The text is not a WAVE call, or an argument does not have the parameter's type.
    #[error("`{function}`: {why}; it is `{signature}`")]
    Arguments {
        /// The function.
        function: String,
        /// What is wrong, and where.
        why: String,
        /// The function's type.
        signature: String,
    },
    /// The text after `--invoke` cannot be read.
    #[error("`{call}` is not a call: {why}")]
    Call {
        /// The text.
        call: String,
        /// Why.
        why: String,
    },
    /// Arguments both in parentheses and as JSON.
    #[error("`{0}` has its arguments in parentheses, so that the input is of no use")]
    TwoInputs(String),
}

impl InvokeError {
    /// A hint for the user.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } | Self::Unsupported { .. } => None,
            Self::Ambiguous { .. } => Some("pass the whole name, as `INTERFACE#FUNCTION`"),
            Self::Arguments { .. } | Self::Call { .. } => Some(
                "write the call in WAVE, as `f(\"text\", {count: 7, kind: some-case})`, or its name alone and the \
                 arguments as JSON in `--input`",
            ),
            Self::TwoInputs(_) => Some("leave out `--input`, or the parentheses"),
        }
    }
}

/// A call of one of the exported functions. `call` is WAVE (`triage("repo", {days: 7})`), or a name alone; then `input`
/// is JSON: an object of the arguments by name, or an array of them in order.
pub(crate) fn invocation(
    exports: &[Export],
    call: &str,
    input: Option<&str>,
) -> Result<Invocation, InvokeError> {
    let wave = WaveCall::parse(call)
        .transpose()
        .map_err(|why| InvokeError::Call {
            call: call.to_owned(),
            why: why.to_string(),
        })?;
    let name = wave.as_ref().map_or(call.trim(), |wave| wave.name);
    let export = find(exports, name)?;
    let signature = export.signature()?;
    let unfit = |why: String| InvokeError::Arguments {
        function: short_name(&export.name()),
        why,
        signature: export.wit(),
    };
    let arguments = match (&wave, input) {
        (Some(_), Some(_)) => return Err(InvokeError::TwoInputs(export.name())),
        (Some(wave), None) => wave
            .arguments(&export.ty)
            .map_err(|error| unfit(error.to_string()))?,
        (None, input) => {
            let input: Value = serde_json::from_str(input.unwrap_or("{}"))
                .map_err(|error| unfit(format!("the input is not JSON: {error}")))?;
            signature
                .arguments(input)
                .map_err(|error| unfit(format!("the input at {error}")))?
        }
    };
    Ok(Invocation {
        call: call.to_owned(),
        input: input.map(str::to_owned),
        index: export.index,
        signature,
        arguments,
    })
}

/// The functions of a component, except those of WASI interfaces and the methods of resources (`[method]thing.use`).
pub(crate) fn of(component: &Component) -> Vec<Export> {
    let engine = component.engine();
    let mut exports = Vec::new();
    for (name, item) in component.component_type().exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(ty) => {
                if let Some(index) = component.get_export_index(None, name) {
                    exports.push(Export {
                        instance: None,
                        label: name.to_owned(),
                        ty,
                        index,
                    });
                }
            }
            ComponentItem::ComponentInstance(instance) if !name.starts_with("wasi:") => {
                let Some(at) = component.get_export_index(None, name) else {
                    continue;
                };
                for (label, item) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(ty) = item.ty
                        && !label.starts_with('[')
                        && let Some(index) = component.get_export_index(Some(&at), label)
                    {
                        exports.push(Export {
                            instance: Some(name.to_owned()),
                            label: label.to_owned(),
                            ty,
                            index,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    exports
}

impl Export {
    /// `triage`, or `my:pkg/api@1.0.0#triage`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.instance {
            Some(instance) => format!("{instance}#{}", self.label),
            None => self.label.clone(),
        }
    }

    /// The function's type as one line of WIT. A component does not keep the names of its types, so they are written
    /// out.
    #[must_use]
    pub fn wit(&self) -> String {
        codec::signature_text(&self.label, &self.ty)
    }

    /// JSON Schemas of its arguments, its result and its error.
    ///
    /// # Errors
    ///
    /// [`InvokeError::Unsupported`], if it cannot be called from outside.
    pub fn schemas(&self) -> Result<ExportSchemas, InvokeError> {
        let signature = self.signature()?;
        Ok(ExportSchemas {
            input: signature.input_schema(),
            output: signature.output_schema(),
            error: signature.error_schema(),
        })
    }

    fn signature(&self) -> Result<Signature, InvokeError> {
        Signature::of(&self.ty).map_err(|unsupported| InvokeError::Unsupported {
            function: short_name(&self.name()),
            place: unsupported.place,
            what: unsupported.what,
        })
    }

    /// Whether the name is that of this function: its label, or `INTERFACE#LABEL`. The interface may be named in full,
    /// without the version, or without the package.
    fn is(&self, name: &str) -> bool {
        let Some((wanted, label)) = name.rsplit_once('#') else {
            return name == self.label;
        };
        let Some(instance) = &self.instance else {
            return false;
        };
        let unversioned = instance
            .split_once('@')
            .map_or(instance.as_str(), |(name, _)| name);
        let interface = unversioned
            .rsplit_once('/')
            .map_or(unversioned, |(_, name)| name);
        label == self.label && [instance, unversioned, interface].contains(&wanted)
    }
}

/// JSON Schemas (2020-12) of one function.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportSchemas {
    /// Schema of the arguments, as an object by name.
    pub input: Value,
    /// Schema of the result; `None` if the function returns nothing.
    pub output: Option<Value>,
    /// Schema of `E`, if the function returns `result<_, E>`.
    pub error: Option<Value>,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Export({})", self.name())
    }
}

fn find<'a>(exports: &'a [Export], name: &str) -> Result<&'a Export, InvokeError> {
    // A whole name is never ambiguous: the plain one of a function at the top level is its whole name.
    if let Some(export) = exports.iter().find(|export| export.name() == name) {
        return Ok(export);
    }
    let candidates: Vec<_> = exports.iter().filter(|export| export.is(name)).collect();
    match candidates.as_slice() {
        [export] => Ok(export),
        [] => Err(InvokeError::Unknown {
            name: name.to_owned(),
            exports: exports.iter().map(Export::name).collect(),
        }),
        several => Err(InvokeError::Ambiguous {
            name: name.to_owned(),
            candidates: several.iter().map(|export| export.name()).collect(),
        }),
    }
}

#[cfg(test)]
#[path = "exports/tests.rs"]
mod tests;
