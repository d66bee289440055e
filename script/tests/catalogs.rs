//! The output schemas of real servers, where `../shared` has them: reading what they declare has no warning, and
//! reading what they rule out has one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use mcp_script::{check, read};
use serde_json::{Value, json};

/// Levels of a schema that are read.
const DEPTH: usize = 4;

#[test]
fn what_a_schema_declares_has_no_warning_and_what_it_rules_out_has_one() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schemas");
    let Ok(files) = std::fs::read_dir(&dir) else {
        eprintln!("skipped: `{}` is missing", dir.display());
        return;
    };
    let (mut declared, mut ruled_out) = (0, 0);
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let catalog: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let tools = catalog["tools"].as_array().or(catalog.as_array()).unwrap();
        for tool in tools {
            let Some(schema) = tool.get("outputSchema") else {
                continue;
            };
            let mut paths = Paths::default();
            paths.of(schema, schema, "answer", true, DEPTH);
            let name = tool["name"].as_str().unwrap();
            let place = || format!("{} {name}", path.display());
            assert_eq!(warnings(name, &paths.declared, schema), 0, "{}", place());
            for one in &paths.ruled_out {
                let found = warnings(name, std::slice::from_ref(one), schema);
                assert_eq!(found, 1, "{} {one}", place());
            }
            declared += paths.declared.len();
            ruled_out += paths.ruled_out.len();
        }
    }
    assert!(
        declared > 1_000 && ruled_out > 150,
        "{declared} {ruled_out}"
    );
}

/// The warnings about a script that reads all of this.
fn warnings(tool: &str, reads: &[String], schema: &Value) -> usize {
    let statements: String = reads.iter().map(|read| format!("{read};\n")).collect();
    let source = format!(
        "import {{ {} as tool }} from \"mcp:s\";\nconst answer = await tool({{}});\n{statements}",
        json!(tool)
    );
    let script = read("script.ts", &source).unwrap();
    let [used] = script.manifest().tools.as_slice() else {
        panic!("{source}");
    };
    assert!(used.reads.len() >= reads.len().min(1_000), "{source}");
    check::answers(&used.reads, tool, schema).len()
}

/// Expressions that read an answer.
#[derive(Default)]
struct Paths {
    declared: Vec<String>,
    /// A name that no object there can have.
    ruled_out: Vec<String>,
}

impl Paths {
    /// `is_only`: a value there has this schema and no other.
    fn of(&mut self, root: &Value, schema: &Value, at: &str, is_only: bool, depth: usize) {
        if depth == 0 {
            return;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = root.pointer(&reference[1..]).unwrap();
            return self.of(root, target, at, is_only, depth - 1);
        }
        for list in ["anyOf", "oneOf", "allOf"] {
            for branch in schema[list].as_array().into_iter().flatten() {
                self.of(root, branch, at, false, depth - 1);
            }
        }
        if schema["items"].is_object() {
            self.of(
                root,
                &schema["items"],
                &format!("{at}[0]"),
                is_only,
                depth - 1,
            );
        }
        if schema["additionalProperties"] == json!(false) && is_only {
            self.ruled_out.push(format!("{at}.zqxzq"));
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let read = format!("{at}[{}]", json!(name));
            self.declared.push(read.clone());
            self.of(root, inner, &read, is_only, depth - 1);
        }
    }
}
