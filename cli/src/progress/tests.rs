//! What a pipe and a terminal see of steps of any length.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Mutex;
use std::thread::sleep;

use super::*;

fn step(seconds: u64) -> Step {
    Step {
        what: "compiling x.wasm".to_owned(),
        detail: None,
        since: Instant::now()
            .checked_sub(Duration::from_secs(seconds))
            .unwrap(),
        due: LONG,
        named: false,
    }
}

#[test]
fn a_pipe_hears_of_a_step_after_a_second_and_every_ten_seconds() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let progress = Progress::printing(false, |line| LINES.lock().unwrap().push(line.to_owned()));
    let mut step = step(0);
    let wait = progress.shared.look(&mut step).unwrap();
    assert!(wait <= LONG && LINES.lock().unwrap().is_empty());
    for seconds in [2, 5, 11, 19, 21] {
        step.since = Instant::now()
            .checked_sub(Duration::from_secs(seconds))
            .unwrap();
        step.detail = (seconds == 21).then(|| "Compiling serde".to_owned());
        progress.shared.look(&mut step).unwrap();
    }
    assert_eq!(
        *LINES.lock().unwrap(),
        [
            "compiling x.wasm",
            "still compiling x.wasm (11 s)",
            "still compiling x.wasm (21 s): Compiling serde"
        ]
    );
}

#[test]
fn a_step_that_ends_in_time_is_not_printed() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let progress = Progress::printing(false, |line| LINES.lock().unwrap().push(line.to_owned()));
    progress.wait_for("starting a");
    progress.clear();
    progress.begin("running npm ci");
    progress.clear();
    progress.wait_for("starting b");
    // The same step again does not start anew.
    for _ in 0..100 {
        progress.wait_for("starting b");
        sleep(Duration::from_millis(50));
        if LINES.lock().unwrap().len() > 1 {
            break;
        }
    }
    assert_eq!(*LINES.lock().unwrap(), ["running npm ci", "starting b"]);
}

#[test]
fn a_long_call_of_a_tool_is_named_with_its_server() {
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::layer::SubscriberExt as _;

    let progress = Progress::printing(false, |_| {});
    let shown = || {
        let state = progress.shared.lock();
        state.step.as_ref().map(Step::shown)
    };
    let watch = progress.calls().with_filter(OnlyCalls);
    let called = |tool: &str| {
        tracing::info_span!(
            "tools/call",
            gen_ai.tool.name = tool,
            mcp_host.server.name = "wiki"
        )
    };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(watch), || {
        let first = called("read_page");
        let second = called("find");
        let other = tracing::info_span!("link");
        assert_eq!(
            shown().unwrap(),
            "waiting for tool `read_page` of server `wiki`: 2 calls in all"
        );
        drop(first);
        assert_eq!(shown().unwrap(), "waiting for tool `find` of server `wiki`");
        drop((second, other));
        assert_eq!(shown(), None);
    });
}
