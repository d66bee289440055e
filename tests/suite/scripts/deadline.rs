//! Work without end, of each kind that a script has: the deadline ends it, and no word of the engine is in the report.

use std::time::{Duration, Instant};

use mcp_host::Outcome;

use super::generated::lab;
use super::library::World;

const TIMEOUT: Duration = Duration::from_millis(500);

/// What a loaded machine may need beyond that. A run that goes on would take minutes.
const LATE: Duration = Duration::from_secs(15);

const ENDLESS: [&str; 19] = [
    // The search for cycles takes time that grows with the square of the depth.
    "let a = []; for (let n = 0; n < 2e5; n++) a = [a]; export default a;",
    "for (;;) {}",
    "const next = () => Promise.resolve().then(next); await next();",
    "const next = async () => { await null; return next(); }; await next();",
    "const next = () => setTimeout(next, 0); next(); await new Promise(() => {});",
    "setInterval(() => {}, 1); await new Promise(() => {});",
    "queueMicrotask(function next() { queueMicrotask(next); }); await new Promise((done) => setTimeout(done, 1));",
    "/^(a+)+$/.test('a'.repeat(60) + '!');",
    "'a'.repeat(60).replace(/(a|a)*b/, '');",
    "for await (const one of { async *[Symbol.asyncIterator]() { for (;;) yield 1; } }) one;",
    "for (const one of (function* () { for (;;) yield 1; })()) one;",
    "[3, 2, 1].sort(() => { for (;;) {} });",
    "for (;;) console.log('x');",
    "for (let n = 0; ; n++) JSON.stringify(JSON.parse('[1,2,3]'));",
    "throw { get message() { for (;;) {} }, __proto__: Error.prototype };",
    "export default { toJSON() { for (;;) {} } };",
    "export default { then(done) { const next = () => Promise.resolve().then(next); next(); } };",
    "console.log(new Proxy({}, { ownKeys() { for (;;) {} } }));",
    "import { late } from \"mcp:lab\"; for (;;) await late({ turns: 1 }).catch(() => {});",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_without_end_stops_at_the_deadline() {
    let mut world = World::of(lab());
    world.limits.timeout = TIMEOUT;
    world.limits.fuel = u64::MAX / 2;
    world.limits.calls = u32::MAX;
    for source in ENDLESS {
        let start = Instant::now();
        let report = world.run(source).await;
        assert!(
            matches!(report.outcome, Outcome::TimedOut { .. }),
            "{source}: {:?}",
            report.outcome
        );
        assert!(start.elapsed() < LATE, "{source}: {:?}", start.elapsed());
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("wasm"), "{source}: {text}");
    }
}

/// Each ends by itself, in words of the script.
const HEAVY: [(&str, &str); 8] = [
    (
        "const a = []; for (;;) a.push('x'.repeat(1e6) + a.length);",
        "out-of-memory",
    ),
    ("let s = 'x'; for (;;) s += s;", "failed"),
    ("export default 'x'.repeat(2 ** 30);", "failed"),
    (
        "export default new Array(2 ** 32 - 1).fill(0).length;",
        "out-of-memory",
    ),
    (
        "export default 'ab'.padEnd(4e7, 'c').split('').length;",
        "out-of-memory",
    ),
    (
        "const o = {}; o.toString = () => `${o}`; throw o;",
        "failed",
    ),
    (
        "const f = () => { try { f(); } finally { f(); } }; f();",
        "timed-out",
    ),
    (
        "import { echo } from \"mcp:lab\"; const all = []; for (let n = 0; n < 1e7; n++) all.push(echo({ n })); await Promise.all(all);",
        "failed",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_ends_in_a_typed_outcome_without_a_backtrace() {
    let mut world = World::of(lab()).memory(64 << 20);
    world.limits.timeout = Duration::from_secs(20);
    world.limits.fuel = u64::MAX / 2;
    for (source, expected) in HEAVY {
        if expected == "timed-out" {
            world.limits.timeout = TIMEOUT;
        }
        let report = world.run(source).await;
        world.limits.timeout = Duration::from_secs(20);
        assert_eq!(report.outcome.name(), expected, "{source}: {report:?}");
        let text = serde_json::to_string(&report).unwrap();
        assert!(
            !text.contains("wasm") && !text.contains("backtrace"),
            "{source}: {text}"
        );
    }
}
