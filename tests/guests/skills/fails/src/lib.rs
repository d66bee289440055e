//! Fails in its own words, or refuses its input.
#![forbid(unsafe_code)]

use mcp_guest_sdk::schemars::{self, JsonSchema};
use mcp_guest_sdk::{Error, Skill};
use serde::Deserialize;

struct Fails;

#[derive(Deserialize, JsonSchema)]
struct Input {
    message: String,
    /// Blame the input.
    #[serde(default)]
    invalid: bool,
}

impl Skill for Fails {
    const DESCRIPTION: &str = "Fails with the message of its input.";
    type Input = Input;
    type Output = ();

    fn run(input: Input) -> Result<(), Error> {
        Err(if input.invalid {
            Error::invalid_input(input.message)
        } else {
            Error::msg(input.message)
        })
    }
}

mcp_guest_sdk::export_skill!(Fails);
