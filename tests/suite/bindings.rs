//! The bindings of five large real catalogs, in the languages of skills: the whole interface compiles, a skill calls
//! some of its tools, and the server gets arguments that its own schemas accept.

mod javascript;
mod mongodb;
mod python;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_bridge::{CallToolResult, ContentBlock};
use mcp_host::{Outcome, ToolServer as _};
use mcp_tests::{Fake, Setup, binary, root, skip, structured, text};
use serde_json::Value;

use crate::install::{STAMP, done, lock};

/// The response of one tool of a fake server.
#[derive(Clone)]
enum Answer {
    Text(&'static str),
    Structured(Value),
    /// `isError`, with this text.
    Failed(&'static str),
}

/// One call that a server received: the tool, and its arguments.
type Call = (&'static str, Value);

/// The `tools/list` response of a released server. `None`, with a message, if it is missing.
struct Catalog {
    server: &'static str,
    file: PathBuf,
    tools: Vec<Value>,
}

impl Catalog {
    fn open(test: &str, server: &'static str) -> Option<Self> {
        let shared = root().parent().unwrap().join("shared/schemas");
        let file = shared.join(format!("{server}.tools.json"));
        let Ok(text) = fs::read_to_string(&file) else {
            skip(test, &format!("there is no `{}`", file.display()));
            return None;
        };
        let mut catalog: Value = serde_json::from_str(&text).unwrap();
        let tools = serde_json::from_value(catalog["tools"].take()).unwrap();
        Some(Self {
            server,
            file,
            tools,
        })
    }

    /// Only these tools.
    fn only(mut self, tools: &[&str]) -> Self {
        self.tools
            .retain(|tool| tools.contains(&tool["name"].as_str().unwrap()));
        assert_eq!(self.tools.len(), tools.len());
        self
    }

    /// Has `mcp-codegen` write the WIT of these tools, all of which it must type.
    fn generate(&self, wit: &Path) {
        let names: Vec<&str> = self
            .tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        done(
            Command::new(binary("mcp-codegen"))
                .args(["wit", self.server, "--tools", &names.join(",")])
                .arg("--from")
                .arg(&self.file)
                .arg("--out")
                .arg(wit),
        );
        let package = wit.join(format!("deps/mcp-server-{}/tools.wit", self.server));
        let functions = fs::read_to_string(package)
            .unwrap()
            .lines()
            .filter(|line| line.contains(": func("))
            .count();
        assert_eq!(functions, self.tools.len());
    }

    /// A fake server with its tools and these responses.
    fn play(&self, answers: Vec<(&'static str, Answer)>) -> Fake {
        let tools = Value::Array(self.tools.clone());
        Fake::new(self.server, tools, move |tool, _| {
            let (_, answer) = answers
                .iter()
                .find(|(name, _)| *name == tool)
                .unwrap_or_else(|| panic!("no answer for `{tool}`"));
            let answer = answer.clone();
            Box::pin(async move { Ok(answer.into()) })
        })
    }
}

impl From<Answer> for CallToolResult {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Text(line) => text(line),
            Answer::Structured(value) => structured(value),
            Answer::Failed(why) => Self::error(vec![ContentBlock::text(why)]),
        }
    }
}

/// Runs a component with a fake server, and compares all calls that the server received, and the result. The real
/// server would accept each call: it is valid for the tool's own schema.
async fn runs(component: &Path, server: Fake, calls: &[Call], result: &Value) {
    let made = server.calls();
    let tools = server.tools().to_vec();
    let report = Setup::default()
        .server(server)
        .try_run(component, "{}")
        .await
        .unwrap();
    assert_eq!(report.outcome, Outcome::Finished);
    let made = made.lock().unwrap();
    let made: Vec<(&str, &Value)> = made
        .iter()
        .map(|(tool, arguments)| (tool.as_str(), arguments))
        .collect();
    let calls: Vec<(&str, &Value)> = calls.iter().map(|(tool, args)| (*tool, args)).collect();
    assert_eq!(made, calls);
    for (name, arguments) in made {
        let tool = tools.iter().find(|tool| tool.name == name).unwrap();
        let schema = Value::Object((*tool.input_schema).clone());
        if let Err(error) = jsonschema::validate(&schema, arguments) {
            panic!("`{name}` does not take {arguments}: {error}");
        }
    }
    let got: Value = serde_json::from_str(&report.result.unwrap()).unwrap();
    assert_eq!(&got, result);
}

/// The component of a skill of `tests/bindings`, made by `componentize` in a directory with the skill and its WIT.
/// Rebuilt only when the tools, the skill or its build changed.
fn component(
    catalog: &Catalog,
    installation: &Path,
    skill: &str,
    componentize: impl FnOnce(&Path),
) -> PathBuf {
    let (language, file) = skill.split_once('/').unwrap();
    let _lock = lock(&format!("bindings-{language}"));
    let sources = root().join("tests/bindings");
    let dir = root().join("target/bindings").join(language);
    let wit = dir.join("wit");
    catalog.generate(&wit);
    fs::copy(sources.join("world.wit"), wit.join("world.wit")).unwrap();
    fs::copy(sources.join(skill), dir.join(file)).unwrap();

    let mut made_from = fs::read_to_string(installation.join(STAMP)).unwrap();
    made_from += &fs::read_to_string(dir.join(file)).unwrap();
    made_from += &texts(&wit);
    let stamp = dir.join("made-from.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|text| text == made_from) {
        componentize(&dir);
        fs::write(stamp, made_from).unwrap();
    }
    dir.join("skill.wasm")
}

/// All texts below a directory, in the order of their paths.
fn texts(dir: &Path) -> String {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut all = String::new();
    for path in paths {
        all += &if path.is_dir() {
            texts(&path)
        } else {
            fs::read_to_string(path).unwrap()
        };
    }
    all
}
