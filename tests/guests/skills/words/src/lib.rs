//! Serves an interface to other skills.

use std::cell::Cell;

use exports::test::words::words::{Guest, Summary};
use mcp_guest_sdk::{files, log, state, tools};

wit_bindgen::generate!({ path: "wit", world: "part" });

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

struct Words;

impl Guest for Words {
    fn summarize(text: String) -> Result<Summary, String> {
        log::info!("summarizing");
        if text.is_empty() {
            return Err("no text".to_owned());
        }
        let words = text.split_whitespace();
        Ok(Summary {
            words: words.clone().count() as u32,
            longest: words.max_by_key(|word| word.len()).map(str::to_owned),
        })
    }

    fn count() -> u32 {
        COUNT.set(COUNT.get() + 1);
        COUNT.get()
    }

    fn call() -> Result<String, String> {
        tools::call(
            "plain",
            "go",
            &std::collections::BTreeMap::<String, u8>::new(),
        )
        .map(|result| result.text())
        .map_err(|error| error.to_string())
    }

    fn read(path: String) -> Result<u32, String> {
        files::read(&path)
            .map(|contents| contents.len() as u32)
            .map_err(|error| error.to_string())
    }

    fn remember(value: String) -> Option<String> {
        let before = state::get("value").ok().flatten();
        let _ = state::set("value", &value);
        before
    }

    fn spin() {
        loop {
            std::hint::spin_loop();
        }
    }

    fn grow() {
        let mut all = Vec::new();
        loop {
            all.push(vec![1_u8; 1 << 20]);
        }
    }

    fn crash() {
        panic!("on purpose");
    }
}

export!(Words);
