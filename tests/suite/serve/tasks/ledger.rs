//! The calls of a run and their answers, read from its recording.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::list::TASKS;
use super::shop::{Shop, script};

/// One call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// `SERVER/TOOL`
    pub(super) tool: String,
    pub(super) arguments: Value,
}

/// A recorded run. All texts are of a shop in its usual place.
pub(super) struct Ran {
    pub(super) result: Value,
    pub(super) calls: Vec<Call>,
    /// What a model reads of each answer: its text.
    pub(super) answers: Vec<String>,
}

/// All scripts by `mcp-host run`, once per test process. `None` if the servers cannot be installed.
pub(super) fn scripts(test: &str) -> Option<&'static Vec<Ran>> {
    static SCRIPTS: OnceLock<Option<Vec<Ran>>> = OnceLock::new();
    let run = || {
        let shop = Shop::open(test)?;
        let input = shop.input().to_string();
        let ran = TASKS.iter().map(|task| {
            let recording = shop.host.dir.path().join(format!("{}.jsonl", task.name));
            let path = script(task.name);
            let [path, file] = [&path, &recording].map(|path| path.to_str().unwrap());
            let ran = shop
                .host
                .run(&["run", path, "--input", &input, "--record", file]);
            assert_eq!(ran.code, Some(0), "{}: {}", task.name, ran.stderr);
            read(&recording, &shop)
        });
        Some(ran.collect())
    };
    SCRIPTS.get_or_init(run).as_ref()
}

/// Reads a recording.
pub(super) fn read(recording: &Path, shop: &Shop) -> Ran {
    let text = shop.usual(&std::fs::read_to_string(recording).unwrap());
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_calls = || lines.iter().filter(|line| line["call"] == "tool");
    Ran {
        result: lines.last().unwrap()["result"].clone(),
        calls: of_calls()
            .map(|line| Call {
                tool: format!("{}/{}", text_of(&line["server"]), text_of(&line["tool"])),
                arguments: line["arguments"].clone(),
            })
            .collect(),
        answers: of_calls()
            .map(|line| {
                let blocks = line["answer"]["result"]["content"].as_array().unwrap();
                blocks.iter().map(|block| text_of(&block["text"])).collect()
            })
            .collect(),
    }
}

#[track_caller]
fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}
