//! Declarations of tools for scripts, with the real `tsc`: all of them compile, and they take and refuse what the
//! schemas of the tools do. One call of `tsc` for everything, because it starts slowly and checks fast.

mod samples;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_codegen::{Catalog, Export, Tool, declarations, exports};
use mcp_tests::{root, skip};
use serde_json::{Value, json};

use crate::install;
use samples::Samples;

/// The catalogs that stand beside the repository.
const CATALOGS: usize = 22;

const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "es2024", "module": "esnext", "moduleResolution": "bundler", "lib": ["es2024"], "types": [],
    "strict": true, "noEmit": true, "noUncheckedIndexedAccess": true, "verbatimModuleSyntax": true
  }
}"#;

/// Every import of "mcp-host" and every global of scripts.
const HOST_USE: &str = r#"
import { ToolError as Imported, input, listDir, log, readFile, readTextFile, state, writeFile } from "mcp-host";
import earlier from "run:r_7f3k2m9q";
log("a", { b: 1 });
log.warn(earlier.x);
const runs = (await state.get<number>("runs")) ?? 0;
await state.set("runs", runs + 1, { ttlMs: 1000 });
await state.compareAndSwap("runs", runs, undefined);
for (const key of await state.list("r")) if (await state.delete(key)) console.table([key]);
for (const entry of await listDir("/a")) if (entry.kind === "file") await writeFile("/b", await readFile(entry.name));
try {
  await readTextFile(input.path);
} catch (error) {
  if (error instanceof Imported || error instanceof ToolError) console.error(error.code, error.retryable);
}
clearTimeout(setTimeout((a: number) => console.log(a), 5, 1));
for (const [name, value] of new URL("https://example.org/?c=d").searchParams) console.log(name, value);
new TextDecoder().decode(crypto.getRandomValues(new TextEncoder().encode(crypto.randomUUID())));
// @ts-expect-error: the engine has no network
fetch("x");
// @ts-expect-error: the engine has no process
process.exit();
// @ts-expect-error: a path is a text
await readFile(1);
export default structuredClone({ runs, now: performance.now(), text: atob(btoa("a")) });
"#;

/// What tsc is given, and what the samples of it are.
#[derive(Default)]
struct Checked {
    tools: usize,
    valid: usize,
    invalid: usize,
    /// Tools for which no arguments of a wrong type could be made.
    without_invalid: Vec<String>,
}

#[test]
fn the_declarations_of_all_catalogs_take_what_the_schemas_take() {
    let test = "the_declarations_of_all_catalogs_take_what_the_schemas_take";
    let Some(installation) = install::node(test, "tests/declarations", "typescript") else {
        return;
    };
    let catalogs = catalogs(test);
    let dir = tempfile::tempdir().unwrap();
    let mut checked = Checked::default();
    for (name, catalog) in &catalogs {
        write(dir.path(), name, catalog, Some(&mut checked));
    }
    tsc(&installation, dir.path());
    if catalogs.is_empty() {
        return;
    }
    assert_eq!(catalogs.len(), CATALOGS);
    let without = checked.without_invalid.len();
    assert!(
        checked.tools > 600
            && checked.valid > checked.tools
            && checked.invalid + without == checked.tools,
        "{} tools, {} valid samples, {} invalid, none for {:?}",
        checked.tools,
        checked.valid,
        checked.invalid,
        checked.without_invalid
    );
    // Those take any arguments.
    assert!(without < 10, "{:?}", checked.without_invalid);
}

#[test]
fn the_declarations_of_every_case_of_the_generator_compile() {
    let test = "the_declarations_of_every_case_of_the_generator_compile";
    let Some(installation) = install::node(test, "tests/declarations", "typescript") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let mut count = 0;
    for cases in ["cases", "declarations"] {
        for entry in fs::read_dir(root().join("codegen/tests").join(cases)).unwrap() {
            let case = entry.unwrap().path();
            let text = match fs::read_to_string(case.join("schema.json")) {
                Ok(schema) => format!(r#"[{{"name": "call", "inputSchema": {schema}}}]"#),
                Err(_) => fs::read_to_string(case.join("tools.json")).unwrap(),
            };
            let Ok(catalog) = Catalog::parse(&text) else {
                continue;
            };
            count += 1;
            write(dir.path(), &format!("case-{count}"), &catalog, None);
        }
    }
    assert!(count > 60, "{count}");
    odd_schemas(test, dir.path());
    fs::write(
        dir.path().join("mcp-host.d.ts"),
        mcp_codegen::declarations::HOST,
    )
    .unwrap();
    fs::write(dir.path().join("host.use.ts"), HOST_USE).unwrap();
    tsc(&installation, dir.path());
}

/// The declarations of tools whose results are the schemas of the JSON Schema test suite, most of them odd.
fn odd_schemas(test: &str, dir: &Path) {
    let Ok(files) =
        fs::read_dir(root().join("../shared/json-schema-test-suite/tests/draft2020-12"))
    else {
        skip(test, "`../shared/json-schema-test-suite` is missing");
        return;
    };
    let (mut files_seen, mut schemas) = (0, 0);
    for file in files {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let groups: Vec<Value> = serde_json::from_str(&text).unwrap();
        files_seen += 1;
        schemas += groups.len();
        let tools = groups.iter().enumerate().map(|(at, group)| {
            let properties = json!({"value": group["schema"]});
            json!({
                "name": format!("tool_{at}"), "description": group["description"],
                "inputSchema": {"type": "object", "properties": properties}, "outputSchema": group["schema"],
            })
        });
        let catalog = Catalog::parse(&Value::from_iter(tools).to_string()).unwrap();
        write(dir, &format!("odd-{files_seen}"), &catalog, None);
    }
    assert!(schemas > 300, "{schemas} in {files_seen} files");
}

/// The catalogs by the names of their servers; none, with a message, where there are none.
fn catalogs(test: &str) -> Vec<(String, Catalog)> {
    let Ok(entries) = fs::read_dir(root().join("../shared/schemas")) else {
        skip(test, "`../shared/schemas` is missing");
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut catalogs: Vec<(String, Catalog)> = paths
        .filter_map(|path: PathBuf| {
            let name = path
                .file_name()?
                .to_str()?
                .strip_suffix(".tools.json")?
                .to_owned();
            let catalog = Catalog::parse(&fs::read_to_string(&path).unwrap()).unwrap();
            Some((name, catalog))
        })
        .collect();
    catalogs.sort_by(|(a, _), (b, _)| a.cmp(b));
    catalogs
}

/// Writes the declarations of a server, and a module that uses each of its tools.
fn write(dir: &Path, name: &str, catalog: &Catalog, checked: Option<&mut Checked>) {
    let made = declarations(name, &catalog.tools, |_| true).unwrap();
    fs::write(dir.join(format!("{name}.d.ts")), &made.text).unwrap();
    let Some(checked) = checked else {
        return;
    };
    assert!(made.refused.is_empty(), "{name}: {:?}", made.refused);
    let exports = exports(catalog.tools.iter().map(|tool| tool.name.as_str()));
    assert_eq!(exports.len(), catalog.tools.len());
    let module = format!("mcp-server:{name}/tools");
    let mut script =
        format!("import * as short from \"mcp:{name}\";\nimport * as long from \"{module}\";\n");
    script.push_str("short satisfies typeof long;\n");
    for (at, (tool, export)) in catalog.tools.iter().zip(&exports).enumerate() {
        checked.tools += 1;
        uses(&mut script, (&module, at), tool, export, checked);
    }
    fs::write(dir.join(format!("{name}.use.ts")), script).unwrap();
}

/// Uses one tool, under each of its names, with valid arguments and with invalid ones.
fn uses(
    script: &mut String,
    (module, at): (&str, usize),
    tool: &Tool,
    export: &Export<'_>,
    checked: &mut Checked,
) {
    let quoted = Value::from(export.tool).to_string();
    writeln!(
        script,
        "\nimport {{ {quoted} as t{at} }} from \"{module}\";"
    )
    .unwrap();
    for alias in &export.aliases {
        writeln!(
            script,
            "import {{ {alias} as {alias}_{at} }} from \"{module}\";"
        )
        .unwrap();
        writeln!(script, "{alias}_{at} satisfies typeof t{at};").unwrap();
    }
    let samples = Samples::of(&tool.input_schema);
    for valid in &samples.valid {
        checked.valid += 1;
        writeln!(script, "await t{at}({valid});").unwrap();
    }
    match &samples.invalid {
        Some(invalid) => {
            checked.invalid += 1;
            writeln!(script, "// @ts-expect-error: {}", export.tool).unwrap();
            writeln!(script, "await t{at}({invalid});").unwrap();
        }
        None => checked
            .without_invalid
            .push(format!("{module} {}", export.tool)),
    }
    let results = tool.output_schema.as_ref().map(Samples::of);
    for (which, result) in results
        .iter()
        .flat_map(|results| &results.valid)
        .enumerate()
    {
        checked.valid += 1;
        writeln!(
            script,
            "const r{at}_{which}: Awaited<ReturnType<typeof t{at}>> = {result};\nvoid r{at}_{which};"
        )
        .unwrap();
    }
}

/// Checks all files of the directory.
fn tsc(installation: &Path, dir: &Path) {
    fs::write(dir.join("tsconfig.json"), TSCONFIG).unwrap();
    let output = Command::new(installation.join("node_modules/.bin/tsc"))
        .arg("--project")
        .arg(dir)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let first: Vec<&str> = text.lines().take(40).collect();
    assert!(
        output.status.success(),
        "{}\n{} lines",
        first.join("\n"),
        text.lines().count()
    );
}
