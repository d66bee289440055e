//! What a script gives, and how it fails.

use super::harness::{FailureKind, run, run_with};

#[test]
fn result_is_the_default_export_awaited() {
    assert_eq!(run("export default { a: [1, 'two', null] }").value(), r#"{"a":[1,"two",null]}"#);
    assert_eq!(run("export default Promise.resolve(3)").value(), "3");
    assert_eq!(run("export default async (input) => input").value(), "null");
    assert_eq!(run_with("export default function (input) { return input.n + 1 }", r#"{"n":41}"#).value(), "42");
    assert_eq!(run_with(r#"import { input } from "mcp-host"; export default input.n"#, r#"{"n":[1]}"#).value(), "[1]");
    assert_eq!(run("const a = 1").value(), "null");
    assert_eq!(run("export default undefined").value(), "null");
    assert_eq!(run("const x = await Promise.resolve(5); export default x * 2").value(), "10");
}
