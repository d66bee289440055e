//! Takes memory, and writes to all of it, until it gets no more.
#![forbid(unsafe_code)]

use mcp_guest_sdk::{Error, Skill};
use serde_json::Value;

const MIB: usize = 1 << 20;

struct Grow;

impl Skill for Grow {
    const DESCRIPTION: &str = "Takes memory until it is refused, and returns how many MiB it got.";
    type Input = Value;
    type Output = usize;

    fn run(_input: Value) -> Result<usize, Error> {
        let mut taken: Vec<Vec<u8>> = Vec::with_capacity(4096);
        loop {
            let mut block = Vec::new();
            if block.try_reserve_exact(MIB).is_err() {
                return Ok(taken.len());
            }
            block.resize(MIB, 1);
            taken.push(std::hint::black_box(block));
        }
    }
}

mcp_guest_sdk::export_skill!(Grow);
