//! CONTRIBUTING bounds the length of files, of functions and of lines of prose. A longer function says why, in a
//! comment above it that starts with `Long:`. A file begins with what it owns.

use std::path::{Path, PathBuf};

use mcp_tests::root;

const FILE: usize = 400;
const FUNCTION: usize = 80;
const PROSE: usize = 120;

/// Where the project is written.
const DIRECTORIES: [&str; 19] = [
    "audit",
    "benches",
    "bridge",
    "cli",
    "codec",
    "codegen",
    "docs",
    "examples",
    "fuzz",
    "guest-sdk",
    "host",
    "script",
    "script-engine",
    "script-engine-code",
    "script-engine-image",
    "search",
    "serve",
    "skills",
    "tests",
];

/// Files in Markdown whose lines are those of a generator.
const GENERATED: [&str; 3] = ["cli/templates", "docs/cli.md", "skills/tests/golden"];

#[test]
fn no_file_and_no_function_is_longer_than_the_rule_allows() {
    let files = files("rs");
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
fn no_line_of_prose_is_wider_than_the_rule_allows_and_each_file_says_what_it_owns() {
    let mut documents = files("md");
    let at_the_top = ["CONTRIBUTING.md", "README.md", "SECURITY.md"];
    documents.extend(at_the_top.map(|name| root().join(name)));
    assert!(documents.len() > 50, "{} documents", documents.len());
    let mut wrong = Vec::new();
    for file in files("rs").into_iter().chain(documents) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap();
        if GENERATED.iter().any(|path| name.starts_with(path)) {
            continue;
        }
        let (is_code, name) = (name.extension().unwrap() == "rs", name.display());
        if is_code && !text.starts_with("//!") {
            wrong.push(format!("{name}: does not begin with `//!`"));
        }
        let wide = if is_code {
            wide_comments(&text)
        } else {
            wide_prose(&text)
        };
        wrong.extend(
            wide.iter()
                .map(|line| format!("{name}:{line}: wider than {PROSE}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wide_line_is_seen_where_it_is_prose() {
    let wide = "word ".repeat(24) + "wide";
    let code = format!(
        "//! {wide}\nlet text = \"{wide}\";\n    // {wide}\n// {}\n",
        &wide[..116]
    );
    assert_eq!(wide_comments(&code), [1, 3]);
    let document = format!(
        "{wide}\n```\n{wide}\n```\n| {wide} |\n- {wide}\n{}\n",
        "é".repeat(PROSE)
    );
    assert_eq!(wide_prose(&document), [1, 6]);
}

/// The lines of a file whose comment is too wide.
fn wide_comments(text: &str) -> Vec<usize> {
    let wide = |line: &str| line.trim_start().starts_with("//") && is_wide(line);
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| wide(line))
        .map(|(at, _)| at)
        .collect()
}

/// The lines of a document that are too wide. Tables and what is quoted have lines of their own.
fn wide_prose(text: &str) -> Vec<usize> {
    let mut is_quoted = false;
    let mut wide = Vec::new();
    for (at, line) in (1..).zip(text.lines()) {
        is_quoted ^= line.trim_start().starts_with("```");
        if !is_quoted && !line.starts_with('|') && is_wide(line) {
            wide.push(at);
        }
    }
    wide
}

/// An address cannot be wrapped.
fn is_wide(line: &str) -> bool {
    line.chars().count() > PROSE && !line.contains("://")
}

/// The files with this extension in all crates, guests, tests and documents.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for dir in DIRECTORIES {
        collect(&root().join(dir), extension, &mut files);
    }
    files
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

fn collect(dir: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            // What is built or installed is not written here.
            if !matches!(name, "target" | "node_modules" | "build" | ".venv" | ".git")
                || path.ends_with("src/build")
            {
                collect(&path, extension, files);
            }
        } else if path.extension().is_some_and(|own| own == extension) {
            files.push(path);
        }
    }
}
