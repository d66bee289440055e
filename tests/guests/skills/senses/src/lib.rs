//! Tells what it sees of the machine without any tool: random numbers, and clocks.
#![forbid(unsafe_code)]

use std::hash::BuildHasher as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mcp_guest_sdk::{Error, Skill};
use serde_json::{Value, json};

struct Senses;

impl Skill for Senses {
    const DESCRIPTION: &str =
        "Returns a random number, the time, and how often it read a clock until 20 ms had passed.";
    type Input = Value;
    type Output = Value;

    fn run(_input: Value) -> Result<Value, Error> {
        let random = std::hash::RandomState::new().hash_one(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let start = Instant::now();
        let mut readings = 0;
        while start.elapsed() < Duration::from_millis(20) {
            readings += 1;
        }
        Ok(json!({ "random": random, "ms": now.as_millis() as u64, "readings": readings }))
    }
}

mcp_guest_sdk::export_skill!(Senses);
