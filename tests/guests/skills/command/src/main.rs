//! An ordinary program: JSON on stdin, JSON on stdout, and an exit code.
#![forbid(unsafe_code)]

use std::fs;
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
    if let Some(operations) = input["files"].as_array() {
        let done: Vec<Value> = operations.iter().map(file).collect();
        println!("{}", Value::from(done));
        return ExitCode::SUCCESS;
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

/// One operation on files, such as `["read", "/data/a.txt"]`, by the standard library.
fn file(operation: &Value) -> Value {
    let word = |at: usize| operation[at].as_str().unwrap_or_default();
    let done = match word(0) {
        "read" => fs::read(word(1)).map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => json!(text),
            Err(error) => json!(error.into_bytes().len()),
        }),
        "write" => fs::write(word(1), word(2)).map(|()| json!("written")),
        "write-bytes" => {
            let bytes = operation[2]
                .as_u64()
                .and_then(|bytes| usize::try_from(bytes).ok());
            fs::write(word(1), vec![b'x'; bytes.unwrap_or(0)]).map(|()| json!("written"))
        }
        "set-size" => fs::OpenOptions::new()
            .write(true)
            .open(word(1))
            .and_then(|file| file.set_len(operation[2].as_u64().unwrap_or(0)))
            .map(|()| json!("set")),
        "list" => fs::read_dir(word(1)).and_then(|entries| {
            let mut names = Vec::new();
            for entry in entries {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(json!(names))
        }),
        "link" => fs::hard_link(word(1), word(2)).map(|()| json!("linked")),
        "remove" => fs::remove_file(word(1)).map(|()| json!("removed")),
        _ => Err(std::io::ErrorKind::Unsupported.into()),
    };
    done.unwrap_or_else(|error| json!({ "error": error.to_string() }))
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
