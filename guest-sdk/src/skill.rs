//! A skill in Rust: the two traits, the macros that export a skill, and the conversion from JSON text to `run` and
//! back.

use std::future::Future;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::contract::bindings::types::Description;

/// A skill: its input, its output, and the work between. [`export_skill!`](crate::export_skill) exports it.
///
/// The skill's name is its package's name in `Cargo.toml`.
pub trait Skill {
    /// One or two sentences about what it does and when to use it, for the people and agents who choose it.
    const DESCRIPTION: &'static str;

    /// The input of `run`. Its JSON Schema is part of the skill's description, doc comments included.
    /// `serde_json::Value` accepts any JSON.
    type Input: DeserializeOwned + JsonSchema;

    /// The output of `run`. Keep it small: the caller sees nothing else of the work.
    type Output: Serialize + JsonSchema;

    /// Does the work.
    ///
    /// # Errors
    ///
    /// Whatever keeps the skill from its result; the host reports it to the caller.
    // Long: a macro writes the whole export, and an arm stands for each way to fail.
    fn run(input: Self::Input) -> Result<Self::Output, Error>;
}

/// A skill that awaits `async` tools. [`export_async_skill!`](crate::export_async_skill) exports it.
///
/// ```
/// use mcp_guest_sdk::{AsyncSkill, Error};
///
/// # async fn fetch(page: u32) -> Result<u64, mcp_guest_sdk::ToolError> { Ok(page.into()) }
/// struct TwoPages;
///
/// impl AsyncSkill for TwoPages {
///     const DESCRIPTION: &str = "Fetches two pages at once.";
///     type Input = u32;
///     type Output = u64;
///
///     async fn run(first: u32) -> Result<u64, Error> {
///         let (a, b) = mcp_guest_sdk::try_join!(fetch(first), fetch(first + 1))?;
///         Ok(a + b)
///     }
/// }
///
/// mcp_guest_sdk::export_async_skill!(TwoPages);
/// # fn main() {}
/// ```
///
/// It is a trait of its own because the component says so: an `async` tool that a [`Skill`] waits for would trap.
pub trait AsyncSkill {
    /// See [`Skill::DESCRIPTION`].
    const DESCRIPTION: &'static str;

    /// See [`Skill::Input`].
    type Input: DeserializeOwned + JsonSchema;

    /// See [`Skill::Output`].
    type Output: Serialize + JsonSchema;

    /// Does the work; write it as `async fn run`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the skill from its result; the host reports it to the caller.
    fn run(input: Self::Input) -> impl Future<Output = Result<Self::Output, Error>>;
}

/// Exports a [`Skill`] as the component. Once in a crate, whose `crate-type` is `cdylib`.
#[macro_export]
macro_rules! export_skill {
    ($skill:ty) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::Guest for Exported {
                fn describe() -> $crate::__private::types::Description {
                    $crate::__private::describe::<$skill>(::core::env!("CARGO_PKG_NAME"))
                }

                fn run(
                    input: ::std::string::String,
                ) -> ::core::result::Result<::std::string::String, $crate::Error> {
                    $crate::__private::run::<$skill>(&input)
                }
            }

    $crate::__private::export_world!(Exported with_types_in $crate::__private);
        };
    };
}

/// Exports an [`AsyncSkill`] as the component. Once in a crate, whose `crate-type` is `cdylib`.
#[macro_export]
macro_rules! export_async_skill {
    ($skill:ty) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::asynchronous::Guest for Exported {
                fn describe() -> $crate::__private::types::Description {
                    $crate::__private::describe_async::<$skill>(::core::env!("CARGO_PKG_NAME"))
                }

                async fn run(
                    input: ::std::string::String,
                ) -> ::core::result::Result<::std::string::String, $crate::Error> {
                    $crate::__private::run_async::<$skill>(input).await
                }
            }

            $crate::__private::asynchronous::export_async_world!(Exported with_types_in $crate::__private::asynchronous);
        };
    };
}

/// `describe` of the contract for a [`Skill`].
pub fn describe<S: Skill>(package: &str) -> Description {
    description::<S::Input, S::Output>(package, S::DESCRIPTION)
}

/// `describe` of the contract for an [`AsyncSkill`].
pub fn describe_async<S: AsyncSkill>(package: &str) -> Description {
    description::<S::Input, S::Output>(package, S::DESCRIPTION)
}

/// `run` of the contract for a [`Skill`].
pub fn run<S: Skill>(input: &str) -> Result<String, Error> {
    write_output(&S::run(read_input(input)?)?)
}

/// `run` of the contract for an [`AsyncSkill`].
pub async fn run_async<S: AsyncSkill>(input: String) -> Result<String, Error> {
    write_output(&S::run(read_input(&input)?).await?)
}

fn description<I: JsonSchema, O: JsonSchema>(package: &str, description: &str) -> Description {
    let settings = SchemaSettings::draft2020_12;
    Description {
        // Cargo allows an underscore; the contract requires a hyphen.
        name: package.to_ascii_lowercase().replace('_', "-"),
        description: description.to_owned(),
        input_schema: schema_text(
            &settings()
                .for_deserialize()
                .into_generator()
                .into_root_schema_for::<I>(),
        ),
        output_schema: schema_text(
            &settings()
                .for_serialize()
                .into_generator()
                .into_root_schema_for::<O>(),
        ),
    }
}

/// `None` for the schema of any value, which states only the dialect and the name of the Rust type.
fn schema_text(schema: &Schema) -> Option<String> {
    let says_nothing = schema.as_object().is_none_or(|object| {
        object
            .keys()
            .all(|key| matches!(key.as_str(), "$schema" | "title"))
    });
    (!says_nothing).then(|| schema.as_value().to_string())
}

fn read_input<I: DeserializeOwned>(text: &str) -> Result<I, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let input = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        // Text that is not JSON has a line and a column, but no place in a value; the whole value, `.`, has no place
        // either.
        Error::InvalidInput(if cause.is_data() && path != "." {
            format!("`{path}`: {cause}")
        } else {
            cause.to_string()
        })
    })?;
    json.end()
        .map_err(|error| Error::InvalidInput(error.to_string()))?;
    Ok(input)
}

fn write_output<O: Serialize>(output: &O) -> Result<String, Error> {
    serde_json::to_string(output)
        .map_err(|error| Error::Failed(format!("failed to write the result as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Filter {
        /// Not older than this.
        days: Vec<u8>,
    }

    fn refused(text: &str) -> String {
        match read_input::<Filter>(text) {
            Err(Error::InvalidInput(text)) => text,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("`{text}` was taken"),
        }
    }

    #[test]
    fn input_that_does_not_fit_is_refused_with_its_place() {
        assert_eq!(
            refused(r#"{"days":[1,300]}"#),
            "`days[1]`: invalid value: integer `300`, expected u8 at line 1 column 14"
        );
        assert_eq!(refused("{}"), "missing field `days` at line 1 column 2");
        assert_eq!(
            refused(r#"{"days":[]} 1"#),
            "trailing characters at line 1 column 13"
        );
    }

    #[test]
    fn a_description_has_the_name_of_the_package_and_the_docs_of_the_types() {
        let description = description::<Filter, Value>("Old_issues", "Finds them.");
        assert_eq!(description.name, "old-issues");
        let schema: Value = serde_json::from_str(&description.input_schema.unwrap()).unwrap();
        assert_eq!(
            schema["properties"]["days"]["description"],
            "Not older than this."
        );
        assert_eq!(description.output_schema, None);
    }
}
