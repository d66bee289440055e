//! Uses an interface that another skill serves.

use mcp_guest_sdk::{Error, Skill, files, tools};
use serde_json::{Value, json};

mod bindings {
    wit_bindgen::generate!({ path: "../words/wit", world: "user", generate_all });
}
use bindings::test::words::words;

struct Writer;

impl Skill for Writer {
    const DESCRIPTION: &str = "Does one thing with the words of another skill.";
    type Input = Vec<String>;
    type Output = Value;

    fn run(input: Vec<String>) -> Result<Value, Error> {
        let argument = || input.get(1).cloned().unwrap_or_default();
        Ok(match input.first().map_or("", String::as_str) {
            "summarize" => {
                let summary = words::summarize(&argument()).map_err(Error::msg)?;
                json!({ "words": summary.words, "longest": summary.longest })
            }
            "count" => json!([words::count(), words::count()]),
            "call" => json!(words::call().map_err(Error::msg)?),
            "call-both" => {
                let mine = tools::call("plain", "go", &json!({}));
                let mine = mine.map_or_else(|error| error.to_string(), |result| result.text());
                json!([mine, words::call().unwrap_or_else(|error| error)])
            }
            "read" => {
                let mine = files::read(&argument()).map(|contents| contents.len());
                let mine = mine.map_err(|error| error.to_string());
                json!([mine, words::read(&argument())])
            }
            "remember" => json!(words::remember(&argument())),
            "spin" => json!(words::spin()),
            "grow" => json!(words::grow()),
            "crash" => json!(words::crash()),
            other => return Err(Error::invalid_input(format!("no `{other}`"))),
        })
    }
}

mcp_guest_sdk::export_skill!(Writer);
