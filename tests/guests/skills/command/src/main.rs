//! An ordinary program: JSON on stdin, JSON on stdout, and an exit code.
#![forbid(unsafe_code)]

use std::io::{Read, Write, stdin, stdout};
use std::process::ExitCode;

use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut text = String::new();
    if let Err(error) = stdin().read_to_string(&mut text) {
        eprintln!("failed to read stdin: {error}");
        return ExitCode::FAILURE;
    }
    let input: Value = match serde_json::from_str(&text) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("stdin is not JSON: {error}");
            return ExitCode::from(2);
        }
    };
    if input["exit"] == 3 {
        eprintln!("asked to exit with 3");
        return ExitCode::from(3);
    }
    if input["raw"] == true {
        return match stdout().write_all(&[b'"', 0xff, b'"']) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    if let Some(bytes) = input["print"].as_u64() {
        return print(bytes);
    }
    println!(
        "{}",
        json!({ "args": std::env::args().skip(1).collect::<Vec<_>>(), "input": input })
    );
    ExitCode::SUCCESS
}

/// A number of this many digits.
fn print(bytes: u64) -> ExitCode {
    let digits = [b'1'; 4096];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(4096);
        let Some(part) = usize::try_from(part)
            .ok()
            .and_then(|part| digits.get(..part))
        else {
            return ExitCode::FAILURE;
        };
        if stdout().write_all(part).is_err() {
            return ExitCode::FAILURE;
        }
        left -= part.len() as u64;
    }
    ExitCode::SUCCESS
}
