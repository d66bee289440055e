//! In the place of the script engine: makes the calls of its input, one for each line, whatever they are.

wit_bindgen::generate!({
    path: ["../../../../wit", "../../../../script-engine/wit"],
    world: "mcp:script/engine",
    generate_all,
});

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use mcp::script::host::{self, Answer};
use mcp::tools::{files, log, state};

struct Calls;

export!(Calls);

/// A call or a timer that the host has, and the number of the answer that it keeps, if it does.
type InFlight = Pin<Box<dyn Future<Output = Option<u32>>>>;

impl Guest for Calls {
    fn initialize() {}

    async fn run(script: Script) -> Outcome {
        let mut flying: Vec<InFlight> = Vec::new();
        let (mut kept, mut done) = (0, 0_u32);
        for line in script.input.lines() {
            let mut words = line.splitn(3, ' ');
            let command = words.next().unwrap_or_default();
            let number: u32 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            let text = words.next().unwrap_or_default().to_owned();
            done += 1;
            match command {
                "call" => {
                    let call = started(&mut flying, Box::pin(call(number, text)));
                    kept = call.await.unwrap_or(kept);
                }
                "sleep" => {
                    started(&mut flying, Box::pin(sleep(number))).await;
                }
                "take" => drop(host::take(number)),
                "take-kept" => drop(host::take(kept)),
                "refuse" => drop(host::refuse(number, u32::MAX, text.parse().ok())),
                "refuse-kept" => drop(host::refuse(number, 1, Some(kept))),
                "wait" if !flying.is_empty() => kept = flying.remove(0).await.unwrap_or(kept),
                "cancel" if !flying.is_empty() => drop(flying.swap_remove(0)),
                _ => store(command, &text),
            }
        }
        Outcome {
            value: Ok(done.to_string()),
            warnings: Vec::new(),
        }
    }
}

/// Files, state and log: the script imports none of the first two.
fn store(command: &str, text: &str) {
    match command {
        "read" => drop(files::read_file(text)),
        "list" => drop(files::list_dir(text)),
        "write" => drop(files::write_file(text, text.as_bytes())),
        "get" => drop(state::get(text)),
        "set" => drop(state::set(text, text.as_bytes(), None)),
        "keys" => drop(state::list_keys(text)),
        "log" => log::log(
            log::Level::Info,
            text,
            &[(text.to_owned(), text.to_owned())],
        ),
        _ => {}
    }
}

async fn call(number: u32, arguments: String) -> Option<u32> {
    match host::call(number, arguments).await {
        Ok(Answer::Kept(kept)) => Some(kept.number),
        _ => None,
    }
}

async fn sleep(ms: u32) -> Option<u32> {
    host::sleep(ms).await;
    None
}

/// Begins a call, and does not wait for it. It may be over at once.
async fn started(flying: &mut Vec<InFlight>, mut call: InFlight) -> Option<u32> {
    match poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
        Poll::Ready(kept) => kept,
        Poll::Pending => {
            flying.push(call);
            None
        }
    }
}
