//! One account per run: memory that the host allocates for a guest counts as the guest's.

use std::time::Duration;

use mcp_host::Outcome;
use mcp_tests::{Fake, Setup, guest, measured, structured, text};
use serde_json::Value;

use super::harness::{compiled, listed};
use super::{MIB, attack};
use crate::cli::Host;
use crate::hostile::components as wat;

const PATIENCE: Duration = Duration::from_secs(60);

/// The report of a run of `greedy` with the server `fake`.
fn greedy(input: &str, options: &[&str]) -> Value {
    let host = Host::new();
    listed(&host, "");
    let skill = guest("greedy");
    let args = [
        "run",
        skill.to_str().unwrap(),
        "--format",
        "json",
        "--input",
        input,
    ];
    report(&host, &[&args, options].concat())
}

fn report(host: &Host, args: &[&str]) -> Value {
    let ran = attack(host, args, PATIENCE);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

fn peak(report: &Value) -> u64 {
    report["peak_memory"].as_u64().unwrap()
}

#[test]
fn calls_that_are_denied_malformed_or_oversized_count_against_the_budget() {
    for (what, input, options) in [
        (
            "denied",
            r#"{"call":["fake","echo",["numbers",10],200]}"#,
            &[][..],
        ),
        (
            "malformed",
            r#"{"call":["fake","echo",["cut",10],200]}"#,
            &["--allow", "fake/*"][..],
        ),
        (
            "no server",
            r#"{"call":["none","none",["numbers",10],200]}"#,
            &["--allow", "*/*"][..],
        ),
        // As values of the host, they need more memory than the run has.
        (
            "oversized",
            r#"{"json":[["numbers",1000000],200]}"#,
            &["--memory", "16MiB"][..],
        ),
        (
            "a batch",
            r#"{"batch":["fake","echo",["numbers",10],200]}"#,
            &[][..],
        ),
    ] {
        let report = greedy(input, &[options, &["--max-calls", "50"]].concat());
        assert_eq!(report["outcome"], "budget-exhausted", "{what}: {report}");
        // Within its budget it only sees the errors.
        let report = greedy(input, &[options, &["--max-calls", "200"]].concat());
        assert_eq!(report["result"], 0, "{what}: {report}");
    }
}

#[test]
fn a_grant_is_looked_up_before_the_arguments_are_parsed() {
    // Arguments that no parser accepts: the rejection does not repeat them.
    let input = r#"{"surface":["fake","compose",["cut",1000000]]}"#;
    let report = greedy(input, &[]);
    assert_eq!(report["outcome"], "denied", "{report}");
    let report = greedy(input, &["--allow", "fake/*"]);
    assert_eq!(report["outcome"], "failed", "{report}");
    assert!(
        report["message"].as_str().unwrap().contains("not JSON"),
        "{report}"
    );
    // Arguments that are many values cost no more than letters do.
    let of = |kind: &str| {
        let input = format!(r#"{{"call":["fake","compose",["{kind}",12000000],2]}}"#);
        let report = greedy(&input, &["--memory", "128MiB"]);
        assert_eq!(report["outcome"], "finished", "{report}");
        peak(&report)
    };
    let (numbers, letters) = (of("numbers"), of("letters"));
    assert!(numbers.abs_diff(letters) < MIB, "{numbers} and {letters}");
}

#[test]
fn the_report_says_the_sum_of_what_the_guest_and_the_host_held() {
    const TEXT: u64 = 8_000_000;
    let nothing = peak(&greedy(r#""nothing""#, &[]));
    let of = |input: &str, options: &[&str]| {
        let report = greedy(input, options);
        assert_eq!(report["outcome"], "finished", "{report}");
        peak(&report) - nothing
    };
    // As the guest holds it, and as it was passed.
    let call = r#"{"call":["fake","compose",["letters",8000000],1]}"#;
    let denied = of(call, &[]);
    assert!(
        (2 * TEXT - MIB..2 * TEXT + 2 * MIB).contains(&denied),
        "{denied}"
    );
    // And as it is recorded.
    let recorded = of(call, &["--record", "run.jsonl"]);
    assert!(recorded > 3 * TEXT - MIB, "{recorded}");
    // A result exists besides the guest that made it.
    let result = of(r#"{"return":["string",8000000]}"#, &[]);
    assert!(result > 2 * TEXT - MIB, "{result}");
    // The store of a skill takes memory of its own, however small the value.
    let state = of(r#"{"state-set":[1,10]}"#, &[]);
    assert!(state > 3 * MIB, "{state}");
}

#[test]
fn a_recording_holds_no_more_than_the_run_has_left() {
    // The lines of all others wait for the first one, which a server answers. Numbers in them are values, not text.
    let host = Host::new();
    listed(&host, "");
    let skill = guest("greedy");
    let input = r#"{"behind":[["numbers",10000],100]}"#;
    let run = |more: &[&str]| {
        let args = [
            "run",
            skill.to_str().unwrap(),
            "--format",
            "json",
            "--memory",
            "32MiB",
        ];
        report(
            &host,
            &[&args, &["--input", input, "--allow", "fake/*"][..], more].concat(),
        )
    };
    let plain = run(&[]);
    assert_eq!(plain["outcome"], "finished", "{plain}");
    let recorded = run(&["--record", "run.jsonl"]);
    assert_eq!(recorded["outcome"], "out-of-memory", "{recorded}");
    assert_eq!(recorded["quota"], "memory", "{recorded}");
}

#[test]
fn the_skills_of_a_run_share_its_memory() {
    let host = Host::new();
    let part = compiled(&host, "part.wasm", &wat::part(16));
    let hands_on = |name: &str, bytes: u32| {
        let main = compiled(&host, name, &wat::hands_on(bytes, 1, 0));
        let (main, part) = (main.to_str().unwrap(), part.to_str().unwrap());
        let args = [
            "run", main, "--with", part, "--invoke", "f()", "--format", "json",
        ];
        report(&host, &[&args[..], &["--memory", "16MiB"]].concat())
    };
    let small = hands_on("small.wasm", 10_000);
    assert_eq!(small["outcome"], "finished", "{small}");
    // Each byte is a value of the host in transit, and finally a byte of the dependency's memory.
    let large = hands_on("large.wasm", 1 << 20);
    assert_eq!(large["outcome"], "out-of-memory", "{large}");
    assert!(peak(&large) <= 16 * MIB, "{large}");
}

#[test]
fn a_skill_that_is_asked_before_its_first_run_has_one_deadline_and_one_amount_of_fuel() {
    let first = |limits: &[&str]| {
        let host = Host::new();
        let skill = host.file("skill.wasm", wat::spins_at_its_start());
        let skill = skill.to_str().unwrap();
        // A cache of its own: in the one that tests share, the skill may be known.
        let command = |args: &[&str]| {
            let mut command = host.command(args);
            command.env("XDG_CACHE_HOME", host.dir.path().join("cache"));
            measured(&mut command, PATIENCE)
        };
        command(&["compile", skill]);
        let args = ["run", skill, "--format", "json", "--input", "{}"];
        let ran = command(&[&args, limits].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (report, ran.wall)
    };
    let (report, wall) = first(&["--timeout", "2s", "--fuel", "99999999999999"]);
    assert_eq!(report["outcome"], "timed-out", "{report}");
    assert_eq!(report["timeout_ms"], 2000, "{report}");
    assert!(wall < Duration::from_millis(3500), "{wall:?}");

    let (report, _) = first(&["--fuel", "1000000"]);
    assert_eq!(report["outcome"], "out-of-fuel", "{report}");
    assert_eq!(report["limit"], 1_000_000, "{report}");
    assert_eq!(report["fuel"], 500_000, "{report}");
}

/// The deadline of a run whose first call outlasts it.
const DEADLINE: Duration = Duration::from_secs(2);

/// A server that keeps the thread of its caller until the deadline has passed, as a slow host call does: the run is not
/// polled meanwhile, so no timer ends it. The clock of the host ticks once in 10 ms.
fn outlast_the_deadline() {
    std::thread::sleep(DEADLINE + Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_host_call_starts_after_the_deadline() {
    let timed_out = Outcome::TimedOut {
        timeout_ms: DEADLINE.as_millis().try_into().unwrap(),
    };
    let in_time = || Setup::default().limits(|limits| limits.timeout = DEADLINE);

    // The calls of a batch start one after the other, without a step of the guest between them.
    let server = Fake::plain(|_| {
        outlast_the_deadline();
        Box::pin(async { Ok(text("done")) })
    });
    let server = server.of_text();
    let calls = server.calls();
    let call = r#"{"server":"plain","tool":"go","arguments":{}}"#;
    let by_name = in_time().server(server).allow("plain/*");
    let report = by_name.run("batch", &format!("[{call},{call}]")).await;
    assert_eq!(report.outcome, timed_out);
    assert_eq!(calls.lock().unwrap().len(), 1);

    let server = Fake::new("fake", Fake::standard_tools(), |_, arguments| {
        outlast_the_deadline();
        Box::pin(async move { Ok(structured(Value::Object(arguments))) })
    });
    let calls = server.calls();
    let report = in_time().server(server).run("two-calls", "{}").await;
    assert_eq!(report.outcome, timed_out);
    assert_eq!(calls.lock().unwrap().len(), 1);

    // A run that is late from its start reaches no file either.
    let dir = tempfile::tempdir().unwrap();
    let write = r#"[{"write":{"path":"/d/new","text":"late"}}]"#;
    let late = Setup::default().limits(|limits| limits.timeout = Duration::ZERO);
    let report = late.dir(dir.path(), "/d:rw").run("files", write).await;
    assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 0 });
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_skill_says_at_its_end_is_cut() {
    for input in [
        r#"{"fail":["letters",1000000]}"#,
        r#"{"refuse":["letters",1000000]}"#,
        r#"{"fail-tool":[["letters",10000],100]}"#,
    ] {
        let report = Setup::default()
            .server(Fake::standard())
            .run("greedy", input)
            .await;
        let Outcome::Failed { message } = report.outcome else {
            panic!("{:?}", report.outcome);
        };
        assert!(message.len() < 40_000, "{}", message.len());
    }
}
