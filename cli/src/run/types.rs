//! `--type-check`: the messages of TypeScript's compiler as warnings. A script runs whatever it says.

use mcp_bridge::with_causes;
use mcp_host::{Linked, TypeCheck, TypeChecker};

use crate::out;

/// Adds the warnings of the compiler, or says why there are none.
pub(super) async fn check(linked: &mut Linked, configured: &TypeCheck) {
    let found = match TypeChecker::find(configured.program()) {
        Ok(checker) => checker.check(linked).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(warnings) => linked.add_warnings(warnings),
        Err(error) => out::say(
            "warning: ",
            &format!("types were not checked: {}", with_causes(&error)),
        ),
    }
}
