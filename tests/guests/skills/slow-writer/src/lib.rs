//! Awaits what another skill serves, and a tool of its own at the same time.

use mcp_guest_sdk::{AsyncSkill, Error, join};
use serde_json::{Value, json};

mcp_guest_sdk::import_server!("../../wit/async/deps/mcp-server-fake");

mod bindings {
    wit_bindgen::generate!({ path: "../slow-words/wit", world: "user" });
}
use bindings::test::slow_words::words;

struct Writer;

impl AsyncSkill for Writer {
    const DESCRIPTION: &str = "Does one thing with the words of another skill.";
    type Input = String;
    type Output = Value;

    async fn run(input: String) -> Result<Value, Error> {
        Ok(match input.as_str() {
            "both" => {
                let (theirs, mine) = join!(
                    words::wait("part".to_owned()),
                    fake::wait(fake::WaitParams::new("main"))
                );
                json!([theirs.map_err(Error::msg)?, mine?.name])
            }
            "part" => json!(words::wait("part".to_owned()).await),
            "spin" => json!(words::spin().await),
            "crash" => json!(words::crash().await),
            other => return Err(Error::invalid_input(format!("no `{other}`"))),
        })
    }
}

mcp_guest_sdk::export_async_skill!(Writer);
