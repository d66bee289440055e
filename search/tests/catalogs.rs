//! Signatures of real tools, counted with the tokenizer that the contract names.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::PathBuf;

use mcp_search::{Mark, Shown, signature};
use serde_json::Value;

const MOST: usize = 80;

#[test]
fn no_hit_of_a_real_catalog_has_more_than_80_tokens() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/schemas");
    if !dir.is_dir() {
        eprintln!("skipped: `../shared/schemas` does not exist");
        return;
    }
    let tokenizer = tiktoken_rs::o200k_base().unwrap();
    let (mut hits, mut total, mut longest, mut whole) = (0_usize, 0, 0, 0);
    let mut wrong = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let Some(server) = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix(".tools.json")
        else {
            continue;
        };
        let catalog: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for tool in catalog["tools"].as_array().unwrap() {
            for marks in [&[][..], &[Mark::AsksUser, Mark::Writes, Mark::NeedsLogin]] {
                let line = signature(&Shown {
                    server,
                    name: tool["name"].as_str().unwrap(),
                    description: tool["description"].as_str().unwrap_or(""),
                    input: &tool["inputSchema"],
                    output: tool.get("outputSchema"),
                    marks,
                });
                let tokens = tokenizer.encode_ordinary(&line).len();
                if std::env::var_os("SHOW").is_some() && marks.is_empty() {
                    eprintln!("{tokens:3} {line}");
                }
                hits += 1;
                total += tokens;
                longest = longest.max(tokens);
                whole += usize::from(!line.contains(" more}") && line.contains("  "));
                if tokens > MOST || line.contains('\n') {
                    wrong.push(format!("{tokens}: {line}"));
                }
            }
        }
    }
    assert!(hits >= 2 * 778, "{hits} hits");
    assert!(
        wrong.is_empty(),
        "{} of {hits}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    eprintln!(
        "{hits} hits, {} tokens on average, {longest} at most, {whole} with all parameters",
        total / hits
    );
    // A bound that is far from reached would waste what a hit may say.
    assert!(
        whole * 10 > hits * 7,
        "{whole} of {hits} hits name all parameters and have a description"
    );
}
