//! The JavaScript between a skill and its bindings, run by node where there is one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use mcp_codegen::javascript::FILES;

/// Runs a module that can import the checks.
fn run(test: &str, module: &str) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("javascript-{test}"));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("package.json"), r#"{"type": "module"}"#).unwrap();
    for (name, text) in FILES {
        fs::write(dir.join(name), text).unwrap();
    }
    fs::write(dir.join("test.js"), module).unwrap();
    let Ok(ran) = Command::new("node")
        .arg("test.js")
        .current_dir(&dir)
        .output()
    else {
        assert!(
            std::env::var_os("CI").is_none(),
            "there is no node, and CI must not skip this"
        );
        let _ = writeln!(std::io::stderr(), "SKIPPED: there is no node");
        return;
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}

#[test]
fn a_case_that_is_called_like_what_every_object_has_passes_as_it_is() {
    run(
        "constructor",
        r#"
        import assert from "node:assert/strict";
        import * as t from "./values.js";
        const shape = t.variant({ num: t.u8, constructor: t.string, toString: null, num2: t.string });
        for (const tag of ["constructor", "toString", "num2"]) {
          const value = { tag, val: "text" };
          assert.deepEqual(shape.send(value), value);
          assert.equal(shape.receive(value), value);
        }
        for (const tag of ["__proto__", "valueOf"]) assert.throws(() => shape.send({ tag, val: "" }), /a tag of "num"/);
        assert.throws(() => shape.send({ tag: "num", val: 256 }), /u8 is a whole number/);
        // And one that has an integer is checked.
        const same = t.variant({ constructor: t.u8 });
        assert.throws(() => same.send({ tag: "constructor", val: 256 }), /u8 is a whole number/);
        "#,
    );
}
