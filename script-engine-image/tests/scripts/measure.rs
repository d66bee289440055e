//! Figures: `cargo test -p mcp-script-engine-image --test scripts measure -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::harness::{Contents, Meters, Module, Ready, script, tools};

const SOURCES: [(&str, &str); 6] = [
    ("empty script", ""),
    ("two calls", "import { echo } from 'mcp:test'; await echo({}); export default await echo({})"),
    ("50 calls at once", "import { echo } from 'mcp:test'; export default (await Promise.all(Array.from({ length: 50 }, () => echo({})))).length"),
    ("1e6 additions", "let s = 0; for (let n = 0; n < 1e6; n++) s += n; export default s"),
    ("fib(25)", "const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); export default f(25)"),
    (
        "JSON of 0.8 MB",
        "const rows = []; for (let n = 0; n < 6000; n++) rows.push({ id: n, name: 'row number ' + n, tags: ['a', 'b', 'c'], score: (n * 7919) % 1000, nested: { deep: [n, n + 1], text: 'some text that is longer' } });
        const text = JSON.stringify(rows); const back = JSON.parse(text); export default back.filter((r) => r.score > 500).map((r) => r.name).sort().length + text.length",
    ),
];

#[test]
#[ignore = "prints figures, asserts nothing"]
fn meters_cost_this_much() {
    let fuel = Some(1 << 50);
    for (name, fuel, epochs) in [
        ("none", None, false),
        ("epochs", None, true),
        ("fuel", fuel, false),
        ("both", fuel, true),
    ] {
        let started = Instant::now();
        let ready = Ready::new(Meters {
            fuel,
            epochs,
            ..Meters::default()
        });
        println!("{name}: compiled in {:?}", started.elapsed());
        for (what, source) in SOURCES {
            let runs = if what.starts_with(['1', 'f', 'J']) {
                15
            } else {
                200
            };
            let mut times: Vec<Duration> = Vec::new();
            let mut used = 0;
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            for _ in 0..runs {
                let modules = vec![Module {
                    specifier: "mcp:test".to_owned(),
                    contents: Contents::Tools(tools()),
                }];
                let started = Instant::now();
                let (ran, left) = runtime
                    .block_on(ready.executed(script(source, "null", modules), fuel))
                    .expect("it runs");
                times.push(started.elapsed());
                ran.value();
                used = fuel.map_or(0, |fuel| fuel - left);
            }
            times.sort_unstable();
            println!(
                "{name:7} {what:17} median {:>10.3?} least {:>10.3?} fuel {used}",
                times[runs / 2],
                times[0]
            );
        }
    }
}

#[test]
#[ignore = "runs the script of the variable SCRIPT"]
fn one_script() {
    let source = std::env::var("SCRIPT").expect("SCRIPT is set");
    let fuel = Some(1 << 50);
    let ready = Ready::new(Meters {
        fuel,
        ..Meters::default()
    });
    let modules = vec![Module {
        specifier: "mcp:test".to_owned(),
        contents: Contents::Tools(tools()),
    }];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (ran, left) = runtime
        .block_on(ready.executed(script(&source, "null", modules), fuel))
        .expect("it runs");
    println!("{ran:#?}");
    println!("fuel {:?}", fuel.map(|fuel| fuel - left));
}
