//! Warnings about types in the answer to an agent.

use super::Session;
use crate::scripts::types::{compiler, configure, host};

#[test]
fn a_property_that_the_answer_lacks_is_said_below_the_result() {
    let host = host("");
    let mut session = Session::open(&host);
    let answer = session.run(
        "import { list_commits } from \"mcp:git-history\";\nconst page = await list_commits({});\nreturn page.comits;",
    );
    assert!(!answer.is_error, "{}", answer.text);
    let (_, rest) = answer.text.split_once('\n').unwrap();
    assert_eq!(
        rest,
        "null\nwarning: script.ts:3:13  the answer of \"list_commits\" has no property \"comits\"\n  \
         3 | return page.comits;\n    |             ^^^^^^\ndid you mean commits"
    );
}

#[test]
fn the_configured_compiler_adds_its_messages() {
    let Some(compiler) = compiler("the_configured_compiler_adds_its_messages") else {
        return;
    };
    let host = host("");
    configure(&host, &compiler);
    let mut session = Session::open(&host);
    let answer = session.run("const n: number = \"one\";\nexport default n;");
    assert!(!answer.is_error, "{}", answer.text);
    assert!(
        answer.text.contains("\"one\"\nwarning: script.ts:1:7  Type 'string' is not assignable to type 'number'. (TS2322)"),
        "{}",
        answer.text
    );
}
