//! The files of a new skill in each language, from the templates in `cli/templates`. Decides nothing: [`Values`] holds
//! what the skill does.

use anyhow::Context as _;
use handlebars::{Handlebars, handlebars_helper, no_escape};
use serde::Serialize;

use super::language::Language;
use super::sample::{Sample, is_keyword};

/// The values for the templates.
#[derive(Debug, Serialize)]
pub(super) struct Values {
    /// The skill's name: a label.
    pub(super) name: String,
    /// The path of the SDK for Rust.
    pub(super) sdk: Option<String>,
    pub(super) asynchronous: bool,
    /// The servers, as labels.
    pub(super) servers: Vec<String>,
    /// The call that the first skill makes; `None`: it uses only the host.
    pub(super) sample: Option<Sample>,
    /// Whether the skill takes no input.
    pub(super) empty_input: bool,
    /// For the README: the directory, as an argument of a shell.
    pub(super) dir: String,
    /// The option that names the configuration, if `new` had one.
    pub(super) config: String,
    /// The commands that write the WIT of the servers again.
    pub(super) updates: Vec<String>,
    /// The arguments of `run` after those.
    pub(super) example_input: String,
    /// As a string literal of C.
    pub(super) input_schema_c: String,
    /// For the test of a JavaScript or TypeScript skill: the module under test.
    pub(super) work: &'static str,
}

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../templates/", $path))
    };
}

/// The source of a file.
enum Text {
    /// A template.
    Filled(&'static str),
    /// The text itself.
    AsIs(&'static str),
}

use Text::{AsIs, Filled};

/// The path and the source of each file.
type Files = &'static [(&'static str, Text)];

const RUST: Files = &[
    ("Cargo.toml", Filled(template!("rust/Cargo.toml"))),
    ("src/lib.rs", Filled(template!("rust/lib.rs"))),
    ("README.md", Filled(template!("rust/README.md"))),
    (".gitignore", AsIs("/target/\n")),
];

const JAVASCRIPT: Files = &[
    ("package.json", Filled(template!("javascript/package.json"))),
    (".npmrc", AsIs(NPMRC)),
    ("src/skill.js", Filled(template!("javascript/skill.js"))),
    ("src/work.js", Filled(template!("javascript/work.js"))),
    (
        "src/mcp.js",
        AsIs(include_str!("../../../../guest-sdk/javascript/mcp.js")),
    ),
    (
        "test/work.test.js",
        Filled(template!("javascript/work.test.js")),
    ),
    ("wit/world.wit", Filled(WORLD)),
    ("README.md", Filled(template!("javascript/README.md"))),
    (".gitignore", AsIs("/build/\n/node_modules/\n")),
];

const TYPESCRIPT: Files = &[
    ("package.json", Filled(template!("typescript/package.json"))),
    (
        "tsconfig.json",
        Filled(template!("typescript/tsconfig.json")),
    ),
    (".npmrc", AsIs(NPMRC)),
    ("src/skill.ts", Filled(template!("typescript/skill.ts"))),
    ("src/work.ts", Filled(template!("typescript/work.ts"))),
    (
        "src/mcp.ts",
        AsIs(include_str!("../../../../guest-sdk/javascript/mcp.ts")),
    ),
    (
        "test/work.test.js",
        Filled(template!("javascript/work.test.js")),
    ),
    ("wit/world.wit", Filled(WORLD)),
    ("README.md", Filled(template!("typescript/README.md"))),
    (".gitignore", AsIs("/build/\n/node_modules/\n")),
];

const PYTHON: Files = &[
    ("pyproject.toml", Filled(template!("python/pyproject.toml"))),
    ("src/skill.py", Filled(template!("python/skill.py"))),
    (
        "src/mcp.py",
        AsIs(include_str!("../../../../guest-sdk/python/mcp.py")),
    ),
    (
        "test/test_skill.py",
        Filled(template!("python/test_skill.py")),
    ),
    ("wit/world.wit", Filled(WORLD)),
    ("README.md", Filled(template!("python/README.md"))),
    (".gitignore", AsIs("/build/\n/.venv/\n__pycache__/\n")),
];

const C: Files = &[
    (
        "compile_flags.txt",
        Filled(template!("c/compile_flags.txt")),
    ),
    ("src/skill.c", Filled(template!("c/skill.c"))),
    ("src/work.c", Filled(template!("c/work.c"))),
    ("src/work.h", Filled(template!("c/work.h"))),
    (
        "src/json.c",
        AsIs(include_str!("../../../../guest-sdk/c/json.c")),
    ),
    (
        "src/json.h",
        AsIs(include_str!("../../../../guest-sdk/c/json.h")),
    ),
    ("test/work_test.c", Filled(template!("c/work_test.c"))),
    ("wit/world.wit", Filled(WORLD)),
    ("README.md", Filled(template!("c/README.md"))),
    (".gitignore", AsIs("/build/\n/.venv/\n")),
];

/// The further files are named after the script: see [`script`].
const SCRIPT: Files = &[
    ("package.json", Filled(template!("script/package.json"))),
    ("tsconfig.json", Filled(template!("script/tsconfig.json"))),
    (".npmrc", AsIs(NPMRC)),
    ("test/play.js", AsIs(template!("script/play.js"))),
    ("README.md", Filled(template!("script/README.md"))),
    (".gitignore", AsIs("/build/\n/node_modules/\n")),
];

const WORLD: &str = template!("world.wit");

/// The lock file names no registry: the registry that a machine is configured with serves the packages.
const NPMRC: &str = "omit-lockfile-registry-resolved=true\n";

/// The path and the text of each file.
pub(super) fn render(language: Language, values: &Values) -> anyhow::Result<Rendered> {
    let files = match language {
        Language::Rust => RUST,
        Language::Js => JAVASCRIPT,
        Language::Ts => TYPESCRIPT,
        Language::Python => PYTHON,
        Language::C => C,
        Language::Script => SCRIPT,
    };
    fill(files.iter().map(|(path, text)| (*path, text)), values)
}

/// The same for a script of this name.
pub(super) fn script(name: &str, values: &impl Serialize) -> anyhow::Result<Rendered> {
    let (source, test) = (format!("{name}.ts"), format!("test/{name}.test.js"));
    let named = [
        (source.as_str(), &Filled(template!("script/script.ts"))),
        (test.as_str(), &Filled(template!("script/script.test.js"))),
    ];
    let files = SCRIPT.iter().map(|(path, text)| (*path, text));
    fill(named.into_iter().chain(files), values)
}

/// Files: the path and the text of each.
pub(super) type Rendered = Vec<(String, String)>;

fn fill<'f>(
    files: impl Iterator<Item = (&'f str, &'f Text)>,
    values: &impl Serialize,
) -> anyhow::Result<Rendered> {
    let engine = engine();
    files
        .map(|(path, text)| {
            let text = match text {
                AsIs(text) => (*text).to_owned(),
                Filled(template) => engine
                    .render_template(template, values)
                    .with_context(|| format!("failed to fill in the template of `{path}`"))?,
            };
            Ok((path.to_owned(), text))
        })
        .collect()
}

handlebars_helper!(snake: |label: str| label.replace('-', "_"));
handlebars_helper!(screaming: |label: str| label.replace('-', "_").to_ascii_uppercase());
handlebars_helper!(camel: |label: str| mcp_codegen::typescript::lower_camel(label));
handlebars_helper!(pascal: |label: str| mcp_codegen::typescript::upper_camel(label));
// The label in WIT syntax.
handlebars_helper!(wit: |label: str| mcp_codegen::names::escaped(label).into_owned());
// The Rust module of a server, and whether its name differs from the server's.
handlebars_helper!(module: |label: str| rust_module(label));
handlebars_helper!(renamed: |label: str| is_taken(label));
handlebars_helper!(words: |label: str| label.replace('-', " "));

/// The module's name: the server's, unless a skill's first lines use that name for something else.
fn rust_module(label: &str) -> String {
    let underscore = if is_taken(label) { "_" } else { "" };
    label.replace('-', "_") + underscore
}

fn is_taken(label: &str) -> bool {
    let crates = [
        "alloc",
        "core",
        "log",
        "mcp-guest-sdk",
        "schemars",
        "serde",
        "serde-json",
        "state",
        "std",
        "tests",
    ];
    is_keyword(label) || crates.contains(&label)
}

fn engine() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    // The files are not HTML. A wrong name in a template must fail, not become an empty text.
    engine.register_escape_fn(no_escape);
    engine.set_strict_mode(true);
    engine.register_helper("snake", Box::new(snake));
    engine.register_helper("screaming", Box::new(screaming));
    engine.register_helper("camel", Box::new(camel));
    engine.register_helper("pascal", Box::new(pascal));
    engine.register_helper("wit", Box::new(wit));
    engine.register_helper("module", Box::new(module));
    engine.register_helper("renamed", Box::new(renamed));
    engine.register_helper("words", Box::new(words));
    engine
}
