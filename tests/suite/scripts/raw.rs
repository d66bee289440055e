//! The host's interface for the engine, without the engine: a component in its place makes calls from a seed, with
//! numbers, arguments and orders that no script can make. The host refuses what is wrong, and never panics.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mcp_host::{Environment, Outcome, Report, ScriptEngine, ScriptText, execute, link};
use mcp_tests::{cache, engine, guest};

use super::generated::{Random, lab};
use super::library::World;

/// The tools of the script have the numbers from 0 to 4.
const SCRIPT: &str = "import { add, echo, fail, late, list } from \"mcp:lab\";\nexport default [add, echo, fail, late, list];";

fn in_its_place() -> &'static ScriptEngine {
    static ENGINE: OnceLock<ScriptEngine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let bytes = std::fs::read(guest("engine-calls")).unwrap();
        ScriptEngine::load(engine(), &bytes.into(), Some(cache())).unwrap()
    })
}

/// Makes these calls, and ends.
async fn run(calls: &str) -> Report {
    let world = World::of(lab()).memory(32 << 20);
    let text = ScriptText::read("script.ts", SCRIPT).unwrap();
    let skill = Arc::new(in_its_place().skill(Arc::new(text)));
    let environment = Environment {
        catalog: Arc::clone(&world.catalog),
        ..Environment::default()
    };
    let linked = link(&skill, &environment).unwrap();
    let mut limits = world.limits;
    limits.timeout = Duration::from_secs(20);
    let report = execute(&linked, calls, &limits).await;
    let report = report.unwrap_or_else(|error| panic!("{error}\n{calls}"));
    assert!(report.peak_memory <= limits.memory, "{report:?}\n{calls}");
    report
}

fn calls(random: &mut Random) -> String {
    let mut lines = String::new();
    for _ in 0..random.below(40) {
        let wrong = random.below(60) == 0;
        let number = if wrong {
            random.below(5_000_000_000)
        } else {
            random.below(5)
        };
        let n = random.below(30);
        let text = random.pick(&[
            "{}",
            "{\"a\":1,\"b\":2}",
            "{\"n\":9}",
            "{\"n\":9000}",
            "{\"turns\":3}",
            "[1]",
            "",
            "{",
            "null",
            "{\"a\":",
            "\"x\"",
            "{\"a\":1e999}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":{\"a\":{\"a\":[[[[]]]]}}}",
            "\u{0}",
        ]);
        let path = random.pick(&["/mcp-tools", "/mcp-tools/lab", "/", "", "/../etc", "\u{0}"]);
        let line = match random.below(26) {
            0..8 => format!("call {number} {text}"),
            8 => format!("call {number} {}", "[".repeat(n * 2_000)),
            9 => format!("call 1 {{\"a\":\"{}\"}}", "x".repeat(n * 5_000)),
            10..13 => format!("sleep {}", n % 4),
            13..18 => "wait".to_owned(),
            18..20 => "cancel".to_owned(),
            20 => format!("refuse {number}"),
            // These are right only just after an answer was kept.
            21 if n < 3 => "take-kept".to_owned(),
            22 if n < 3 => format!("refuse-kept {number}"),
            23 if n < 2 => format!("take {number}"),
            24 => format!("{} 0 {path}", random.pick(&["read", "list", "write"])),
            25 => format!("{} 0 {path}", random.pick(&["get", "set", "keys", "log"])),
            _ => "call 4 {\"n\":9000}\nwait\ntake-kept".to_owned(),
        };
        lines.push_str(&line);
        lines.push('\n');
    }
    lines
}

/// `ROUNDS=100000` is a fuzzer of ten minutes.
#[tokio::test]
async fn calls_that_no_script_makes_are_refused_and_the_host_goes_on() {
    let rounds = std::env::var("ROUNDS").map_or(1_500, |rounds| rounds.parse().unwrap());
    let (mut finished, mut refused) = (0, 0);
    for round in 0..rounds {
        let lines = calls(&mut Random::of(77_000_000 + round));
        let report = run(&lines).await;
        match &report.outcome {
            Outcome::Finished => finished += 1,
            Outcome::Failed { message } if message.contains("the script engine") => refused += 1,
            Outcome::OutOfMemory { .. } => {}
            outcome => panic!("{outcome:?}\n{lines}"),
        }
    }
    assert!(finished > rounds / 4, "{finished} of {rounds}");
    assert!(refused > rounds / 50, "{refused} of {rounds}");
}

#[tokio::test]
async fn a_number_that_is_not_in_the_manifest_or_not_kept_ends_the_run() {
    for (calls, says) in [
        ("call 5 {}", "not in the manifest"),
        ("call 4294967295 {}", "not in the manifest"),
        ("refuse 5", "not in the manifest"),
        ("take 0", "does not keep"),
        ("refuse 0 0", "does not keep"),
        (
            "call 4 {\"n\":9000}\nwait\ntake-kept\ntake-kept",
            "does not keep",
        ),
        (
            "call 4 {\"n\":9000}\nwait\nrefuse-kept 4\ntake-kept",
            "does not keep",
        ),
    ] {
        let report = run(calls).await;
        let Outcome::Failed { message } = &report.outcome else {
            panic!("{calls}: {report:?}");
        };
        assert!(message.contains(says), "{calls}: {message}");
        assert!(!message.contains("wasm"), "{message}");
    }
    let report = run("call 4 {\"n\":9000}\nwait\ntake-kept\ncall 9\u{0} x\nrefuse 4").await;
    assert_eq!(report.outcome, Outcome::Finished, "{report:?}");
}
