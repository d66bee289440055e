//! A recorded run of a script is repeated without its servers.

use super::host;

const SCRIPT: &str = "import { echo, sleep } from \"mcp:scripted\";\n\
    const random = [Math.random(), crypto.randomUUID(), Date.now()];\n\
    const order = [];\n\
    await Promise.all([sleep({ ms: 60 }).then(() => order.push('slow')), echo({ a: 1 }).then(() => order.push('fast')),\n\
      new Promise((done) => setTimeout(done, 30)).then(() => order.push('timer'))]);\n\
    export default { random, order };";

#[test]
fn a_replay_gives_the_same_result_without_the_server() {
    let host = host(SCRIPT);
    let recorded = host.run(&["run", "script.ts", "--record", "run.jsonl"]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    host.file(
        "mcp.json",
        r#"{"mcpServers":{"scripted":{"command":"/nowhere"}}}"#,
    );
    let replayed = host.run(&["replay", "run.jsonl", "script.ts"]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.stderr);
    assert_eq!(replayed.stdout, recorded.stdout);
}

#[test]
fn a_changed_script_differs_from_its_recording() {
    let host = host(SCRIPT);
    host.run(&["run", "script.ts", "--record", "run.jsonl"]);
    host.file("script.ts", SCRIPT.replace("a: 1", "a: 2"));
    let replayed = host.run(&["replay", "run.jsonl", "script.ts"]);
    assert_eq!(replayed.code, Some(1), "{}", replayed.stderr);
    assert!(
        replayed.stderr.contains("echo") || replayed.stderr.contains("arguments"),
        "{}",
        replayed.stderr
    );
}

#[test]
fn a_seed_and_a_clock_make_runs_equal() {
    let host =
        host("export default [Math.random(), crypto.randomUUID(), new Date().toISOString()];");
    let args = [
        "run",
        "script.ts",
        "--seed",
        "7",
        "--clock",
        "2026-01-02T03:04:05Z",
    ];
    let [first, second] = [host.run(&args), host.run(&args)];
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert!(
        first.stdout.contains("2026-01-02T03:04:05.000Z"),
        "{}",
        first.stdout
    );
    let other = host.run(&["run", "script.ts"]);
    assert_ne!(other.stdout, first.stdout);
}
