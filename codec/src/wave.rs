//! A call in WAVE, the text form of component values: `triage("repo", {days: 7})`. The crate parses. The types are
//! checked here, because the crate's own check ignores a field that the type does not have.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use mcp_codegen::names::shown;
use wasm_wave::ast::{Node, NodeType};
use wasm_wave::parser::ParserError;
use wasm_wave::untyped::UntypedFuncCall;
use wasmtime::component::{Type, Val, types};

use super::describe::type_text;

/// A call whose arguments have no types yet.
pub struct WaveCall<'a> {
    /// The function, as the user typed it.
    pub name: &'a str,
    call: UntypedFuncCall<'static>,
}

/// Text that is not a call, or arguments of a wrong type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveError(String);

impl<'a> WaveCall<'a> {
    /// Parses `NAME(ARGUMENT, ...)`; `None` without parentheses.
    pub fn parse(text: &'a str) -> Option<Result<Self, WaveError>> {
        let (name, arguments) = text.split_once('(')?;
        // Names like `my:pkg/api@1.0.0#f` are not WAVE labels.
        let call =
            UntypedFuncCall::parse(&format!("f({arguments}")).map(UntypedFuncCall::into_owned);
        Some(match call {
            Ok(call) => Ok(Self {
                name: name.trim(),
                call,
            }),
            Err(error) => Err(WaveError::parser(&error, &format!("f({arguments}"))),
        })
    }

    /// The arguments with the function's types. Trailing options may be omitted.
    pub fn arguments(&self, function: &types::ComponentFunc) -> Result<Vec<Val>, WaveError> {
        let source = self.call.source();
        let nodes: Vec<&Node> = match self.call.params_node() {
            Some(params) => params
                .as_tuple()
                .map_err(|error| WaveError::parser(&error, source))?
                .collect(),
            None => Vec::new(),
        };
        let params = function.params();
        if nodes.len() > params.len() {
            return Err(WaveError(format!(
                "{} arguments for {} parameters",
                nodes.len(),
                params.len()
            )));
        }
        let mut nodes = nodes.into_iter();
        params
            .map(|(name, ty)| match (nodes.next(), &ty) {
                (Some(node), ty) => value(node, ty, source).map_err(|error| error.within(name)),
                (None, Type::Option(_)) => Ok(Val::Option(None)),
                (None, ty) => Err(WaveError(format!(
                    "argument `{}`: required, but absent; it is {}",
                    shown(name),
                    type_text(ty)
                ))),
            })
            .collect()
    }
}

impl WaveError {
    fn parser(error: &ParserError, source: &str) -> Self {
        let at = source.get(error.span()).unwrap_or_default();
        let detail = error.detail().unwrap_or_default();
        Self(match (at, detail) {
            ("", "") => error.kind().to_string(),
            ("", detail) => format!("{}: {detail}", error.kind()),
            (at, _) => format!("{} at `{at}`", error.kind()),
        })
    }

    fn mismatch(node: &Node, ty: &Type, source: &str) -> Self {
        Self(format!(
            "expected {}, found `{}`",
            type_text(ty),
            source.get(node.span()).unwrap_or_default()
        ))
    }

    fn within(self, argument: &str) -> Self {
        Self(format!("argument `{}`: {}", shown(argument), self.0))
    }
}

impl fmt::Display for WaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Long: one arm for each kind of type.
fn value(node: &Node, ty: &Type, source: &str) -> Result<Val, WaveError> {
    let unfit = |_: ParserError| WaveError::mismatch(node, ty, source);
    Ok(match ty {
        Type::Bool => Val::Bool(node.as_bool().map_err(unfit)?),
        Type::S8 => Val::S8(node.as_number(source).map_err(unfit)?),
        Type::U8 => Val::U8(node.as_number(source).map_err(unfit)?),
        Type::S16 => Val::S16(node.as_number(source).map_err(unfit)?),
        Type::U16 => Val::U16(node.as_number(source).map_err(unfit)?),
        Type::S32 => Val::S32(node.as_number(source).map_err(unfit)?),
        Type::U32 => Val::U32(node.as_number(source).map_err(unfit)?),
        Type::S64 => Val::S64(node.as_number(source).map_err(unfit)?),
        Type::U64 => Val::U64(node.as_number(source).map_err(unfit)?),
        Type::Float32 => Val::Float32(node.as_number(source).map_err(unfit)?),
        Type::Float64 => Val::Float64(node.as_number(source).map_err(unfit)?),
        Type::Char => Val::Char(node.as_char(source).map_err(unfit)?),
        Type::String => Val::String(node.as_str(source).map(Cow::into_owned).map_err(unfit)?),
        Type::List(list) => {
            let element = list.ty();
            let items = node.as_list().map_err(unfit)?;
            Val::List(
                items
                    .map(|item| value(item, &element, source))
                    .collect::<Result<_, _>>()?,
            )
        }
        Type::Record(record) => fields(node, ty, record, source)?,
        Type::Tuple(tuple) => {
            let items = node.as_tuple().map_err(unfit)?;
            let types = tuple.types();
            if items.len() != types.len() {
                return Err(WaveError::mismatch(node, ty, source));
            }
            let items = types.zip(items).map(|(ty, item)| value(item, &ty, source));
            Val::Tuple(items.collect::<Result<_, _>>()?)
        }
        Type::Variant(variant) => {
            let (label, given) = node.as_variant(source).map_err(unfit)?;
            let case = variant
                .cases()
                .find(|case| case.name == label)
                .ok_or_else(|| WaveError::mismatch(node, ty, source))?;
            Val::Variant(label.to_owned(), payload(node, ty, case.ty, given, source)?)
        }
        Type::Enum(cases) => {
            let label = node.as_enum(source).map_err(unfit)?;
            if !cases.names().any(|name| name == label) {
                return Err(WaveError::mismatch(node, ty, source));
            }
            Val::Enum(label.to_owned())
        }
        Type::Option(option) => match node.ty() {
            NodeType::OptionNone => Val::Option(None),
            NodeType::OptionSome => {
                let given = node.as_option().map_err(unfit)?;
                Val::Option(payload(node, ty, Some(option.ty()), given, source)?)
            }
            // A value stands for `some` of it, unless it could belong to either of two options.
            _ if plain(&option.ty()) => {
                Val::Option(Some(Box::new(value(node, &option.ty(), source)?)))
            }
            _ => return Err(WaveError::mismatch(node, ty, source)),
        },
        Type::Result(result) => match node.as_result() {
            Ok(Ok(given)) => Val::Result(Ok(payload(node, ty, result.ok(), given, source)?)),
            Ok(Err(given)) => Val::Result(Err(payload(node, ty, result.err(), given, source)?)),
            Err(_) => match result.ok() {
                Some(ok) if plain(&ok) => {
                    Val::Result(Ok(Some(Box::new(value(node, &ok, source)?))))
                }
                _ => return Err(WaveError::mismatch(node, ty, source)),
            },
        },
        Type::Flags(flags) => {
            let mut given: Vec<&str> = node.as_flags(source).map_err(unfit)?.collect();
            let mut set = Vec::with_capacity(given.len());
            for name in flags.names() {
                if let Some(at) = given.iter().position(|flag| *flag == name) {
                    given.swap_remove(at);
                    set.push(name.to_owned());
                }
            }
            if !given.is_empty() {
                return Err(WaveError::mismatch(node, ty, source));
            }
            Val::Flags(set)
        }
        _ => return Err(WaveError::mismatch(node, ty, source)),
    })
}

fn fields(node: &Node, ty: &Type, record: &types::Record, source: &str) -> Result<Val, WaveError> {
    let mut given: BTreeMap<&str, &Node> = match node.ty() {
        // `{}` means no flags, or no fields if a record is expected.
        NodeType::Flags
            if node
                .as_flags(source)
                .is_ok_and(|mut flags| flags.next().is_none()) =>
        {
            BTreeMap::new()
        }
        _ => node
            .as_record(source)
            .map_err(|_| WaveError::mismatch(node, ty, source))?
            .collect(),
    };
    let mut fields = Vec::with_capacity(record.fields().len());
    for field in record.fields() {
        let value = match (given.remove(field.name), &field.ty) {
            (Some(node), ty) => value(node, ty, source)?,
            (None, Type::Option(_)) => Val::Option(None),
            (None, ty) => {
                return Err(WaveError(format!(
                    "field `{}` is required, but absent; it is {}",
                    shown(field.name),
                    type_text(ty)
                )));
            }
        };
        fields.push((field.name.to_owned(), value));
    }
    match given.keys().next() {
        None => Ok(Val::Record(fields)),
        Some(unknown) => Err(WaveError(format!(
            "no field `{unknown}` in {}",
            type_text(ty)
        ))),
    }
}

fn payload(
    node: &Node,
    ty: &Type,
    expected: Option<Type>,
    given: Option<&Node>,
    source: &str,
) -> Result<Option<Box<Val>>, WaveError> {
    match (expected, given) {
        (Some(expected), Some(given)) => Ok(Some(Box::new(value(given, &expected, source)?))),
        (None, None) => Ok(None),
        _ => Err(WaveError::mismatch(node, ty, source)),
    }
}

/// Whether a value of this type may omit `some` or `ok` around it.
fn plain(ty: &Type) -> bool {
    !matches!(ty, Type::Option(_) | Type::Result(_))
}
