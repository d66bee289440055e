//! `[scripts]`: whether, and with which compiler, the types of scripts are checked.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// `type-check` of `[scripts]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TypeCheck {
    /// `false`, or nothing: `serve` checks no types.
    #[default]
    Off,
    /// `true`: with the compiler on the PATH.
    OnPath,
    /// With this program.
    Program(PathBuf),
}

impl TypeCheck {
    /// The configured program.
    #[must_use]
    pub fn program(&self) -> Option<&Path> {
        match self {
            Self::Program(program) => Some(program),
            Self::Off | Self::OnPath => None,
        }
    }

    /// A path with a separator is one beside the settings file.
    pub(super) fn beside(self, file: &Path) -> Self {
        match self {
            Self::Program(program) if program.components().count() > 1 => {
                let dir = file.parent().unwrap_or(Path::new(""));
                Self::Program(dir.join(program))
            }
            other => other,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    #[serde(default)]
    pub(super) type_check: TypeCheck,
}

impl<'de> Deserialize<'de> for TypeCheck {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BoolOrProgram)
    }
}

struct BoolOrProgram;

impl Visitor<'_> for BoolOrProgram {
    type Value = TypeCheck;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a compiler of TypeScript, for example \"/usr/bin/tsgo\"")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<TypeCheck, E> {
        Ok(if value {
            TypeCheck::OnPath
        } else {
            TypeCheck::Off
        })
    }

    fn visit_str<E: Error>(self, program: &str) -> Result<TypeCheck, E> {
        if program.is_empty() {
            return Err(E::custom(
                "`type-check` is empty; name a program, or write true",
            ));
        }
        Ok(TypeCheck::Program(program.into()))
    }
}
