//! CONTRIBUTING bounds the length of files and of functions. A longer function says why, in a comment above it that
//! starts with `Long:`.

use std::path::{Path, PathBuf};

use mcp_tests::root;

const FILE: usize = 400;
const FUNCTION: usize = 80;

#[test]
fn no_file_and_no_function_is_longer_than_the_rule_allows() {
    let mut files = Vec::new();
    for dir in [
        "benches",
        "bridge",
        "cli",
        "codec",
        "codegen",
        "examples",
        "fuzz",
        "guest-sdk",
        "host",
        "search",
        "serve",
        "script",
        "script-engine",
        "script-engine-code",
        "script-engine-image",
        "tests",
    ] {
        collect(&root().join(dir), &mut files);
    }
    assert!(files.len() > 500, "{} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().display();
        wrong.extend(too_long(&text).map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_long_function_needs_a_reason_and_a_long_file_is_seen() {
    let body = "    f();\n".repeat(FUNCTION);
    let long = format!("fn short() {{\n}}\n\n#[test]\nasync fn long() {{\n{body}}}\n");
    assert_eq!(
        too_long(&long).collect::<Vec<_>>(),
        ["function `long` has 82 lines and no reason"]
    );
    let reasoned = long.replace("#[test]", "// Long: one call for each thing.\n#[test]");
    assert_eq!(too_long(&reasoned).count(), 0);
    let declared = format!("trait T {{\n    fn long(\n    ) -> usize;\n{body}}}\n");
    assert_eq!(too_long(&declared).count(), 0);
    let file = "f();\n".repeat(FILE + 1);
    assert_eq!(too_long(&file).collect::<Vec<_>>(), ["401 lines"]);
}

/// What is too long in a file that rustfmt has formatted: a function ends at the first `}` as far in as its `fn`.
fn too_long(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = text.lines().collect();
    let file = (lines.len() > FILE).then(|| format!("{} lines", lines.len()));
    let mut found = Vec::from_iter(file);
    for (at, line) in lines.iter().enumerate() {
        let Some((indent, name)) = function(line) else {
            continue;
        };
        let mut rest = lines[at..].iter();
        // A declaration without a body ends in a semicolon; a body on one line is short.
        let opened = rest.find(|line| line.ends_with(['{', ';', '}']));
        if !opened.is_some_and(|line| line.ends_with('{')) {
            continue;
        }
        let end = format!("{indent}}}");
        let Some(length) = lines[at..].iter().position(|line| *line == end) else {
            continue;
        };
        let above = lines[..at].iter().rev().map(|line| line.trim_start());
        let mut above = above.take_while(|line| line.starts_with("//") || line.starts_with('#'));
        if length + 1 > FUNCTION && !above.any(|line| line.starts_with("// Long: ")) {
            found.push(format!(
                "function `{name}` has {} lines and no reason",
                length + 1
            ));
        }
    }
    found.into_iter()
}

/// The indent and the name of a function that starts in this line.
fn function(line: &str) -> Option<(&str, &str)> {
    let code = line.trim_start();
    let indent = &line[..line.len() - code.len()];
    let (before, after) = code.split_once("fn ")?;
    let is_modifier = |word: &str| {
        matches!(word, "const" | "async" | "unsafe" | "extern") || word.starts_with("pub")
    };
    before
        .replace("(in ", "(")
        .split_whitespace()
        .all(is_modifier)
        .then(|| {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_');
            (indent, &after[..end.unwrap_or(after.len())])
        })
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            // What is built or installed is not written here.
            if !matches!(name, "target" | "node_modules" | "build" | ".venv")
                || path.ends_with("src/build")
            {
                collect(&path, files);
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
}
