//! The part of test262 that scripts use: what the engine passes of it, in figures. `docs/scripts.md` has the command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::harness::{FailureKind, Ran, attempt};

/// Below `test/`.
const DIRECTORIES: [&str; 12] = [
    "built-ins/Array",
    "built-ins/Date",
    "built-ins/JSON",
    "built-ins/Map",
    "built-ins/Promise",
    "built-ins/RegExp",
    "language/expressions/async-arrow-function",
    "language/expressions/async-function",
    "language/expressions/await",
    "language/module-code",
    "language/statements/async-function",
    "language/statements/for-await-of",
];

/// What one test may take.
const FUEL: u64 = 20_000_000_000;

/// What a test says of itself.
struct Test {
    source: String,
    flags: String,
    includes: Vec<String>,
    /// The name of the error that it ends with.
    error: Option<String>,
}

#[derive(Default)]
struct Figures {
    passed: usize,
    failed: Vec<String>,
    skipped: usize,
}

#[test]
#[ignore = "needs test262 in the directory TEST262"]
fn conformance() {
    let root = PathBuf::from(std::env::var_os("TEST262").expect("TEST262 is a directory"));
    let mut all = BTreeMap::new();
    for directory in DIRECTORIES {
        let mut figures = Figures::default();
        let mut paths = Vec::new();
        collect(&root.join("test").join(directory), &mut paths);
        paths.sort();
        assert!(!paths.is_empty(), "no test in {directory}");
        for path in paths {
            let test = Test::read(&path);
            match test.script(&root) {
                None => figures.skipped += 1,
                Some(script) if test.holds(attempt(&script, FUEL)) => figures.passed += 1,
                Some(_) => figures.failed.push(path.display().to_string()),
            }
        }
        println!(
            "| `{directory}` | {} | {} | {} |",
            figures.passed,
            figures.failed.len(),
            figures.skipped
        );
        all.insert(directory, figures);
    }
    if std::env::var_os("FAILED").is_some() {
        for path in all.values().flat_map(|figures| &figures.failed) {
            println!("{path}");
        }
    }
    // A runner that runs nothing passes nothing.
    assert!(all.values().all(|figures| figures.passed > 0));
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory of test262") {
        let path = entry.expect("an entry").path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            collect(&path, paths);
        } else if name.ends_with(".js") && !name.contains("_FIXTURE") {
            paths.push(path);
        }
    }
}

impl Test {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a test can be read");
        let source = String::from_utf8_lossy(&bytes).into_owned();
        let head = source.split_once("/*---").map_or("", |(_, rest)| rest);
        let head = head.split_once("---*/").map_or("", |(head, _)| head);
        let flags = field(head, "flags:");
        let names = field(head, "includes:");
        let names = names.split(|char: char| char == ',' || char.is_whitespace());
        let includes = names.filter(|name| name.ends_with(".js"));
        let negative = head.split_once("negative:").map(|(_, rest)| rest);
        let error = negative.and_then(|rest| rest.split_once("type:"));
        Self {
            flags,
            includes: includes.map(str::to_owned).collect(),
            error: error.and_then(|(_, rest)| rest.split_whitespace().next().map(str::to_owned)),
            source,
        }
    }

    /// The script that runs the test, unless it needs what scripts do not have: other files, realms, agents.
    fn script(&self, root: &Path) -> Option<String> {
        let is_module = self.flags.contains("module");
        let foreign = [
            "_FIXTURE",
            "$262.",
            "from './",
            "from \"./",
            "import './",
            "import('./",
            "import(\"./",
        ];
        if foreign.iter().any(|part| self.source.contains(part))
            || ["CanBlock", "raw"]
                .iter()
                .any(|flag| self.flags.contains(flag))
        {
            return None;
        }
        let mut harness = String::new();
        let own = ["assert.js", "sta.js"].map(str::to_owned);
        for name in own.iter().chain(&self.includes) {
            let text = std::fs::read_to_string(root.join("harness").join(name)).ok()?;
            // A script has this of the shell that test262 expects.
            harness.push_str(&text.replace("$262.", "globalThis.$262?."));
            harness.push('\n');
        }
        let quoted = |text: &str| serde_json::to_string(text).expect("a text is JSON");
        let start = format!(
            "let done; const end = new Promise((ok, no) => {{ done = (e) => (e ? no(e) : ok()); }}); \
             globalThis.$DONE = done; globalThis.print = () => {{}}; (0, eval)({});",
            quoted(&harness)
        );
        let wait = if self.flags.contains("async") {
            "await end;"
        } else {
            ""
        };
        if is_module {
            return Some(format!("{start}\n{}\n{wait}", self.source));
        }
        let strict = if self.flags.contains("onlyStrict") {
            "\"use strict\";\n"
        } else {
            ""
        };
        let source = quoted(&format!("{strict}{}", self.source));
        Some(format!("{start}\n(0, eval)({source});\n{wait}"))
    }

    /// Whether the run ended as the test says.
    fn holds(&self, ran: wasmtime::Result<Ran>) -> bool {
        let Ok(ran) = ran else { return false };
        match (&self.error, &ran.outcome.value) {
            (None, Ok(_)) => true,
            (Some(error), Err(failure)) => {
                let early = error == "SyntaxError" && failure.kind == FailureKind::Syntax;
                early || failure.message.starts_with(error.as_str())
            }
            _ => false,
        }
    }
}

/// The rest of the line, or the list below it.
fn field(head: &str, name: &str) -> String {
    let Some((_, rest)) = head.split_once(name) else {
        return String::new();
    };
    let first = rest.lines().next().unwrap_or_default();
    if !first.trim().is_empty() {
        return first.replace(['[', ']'], " ");
    }
    let below = rest.lines().skip(1);
    let items = below.take_while(|line| line.trim_start().starts_with('-'));
    items
        .map(|line| line.replace('-', " "))
        .collect::<Vec<_>>()
        .join("\n")
}
