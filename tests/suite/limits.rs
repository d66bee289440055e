//! A guest trips each limit, and each gives its own outcome.

use std::time::Duration;

use mcp_host::{Limit, Outcome};
use mcp_tests::{Fake, Setup, guest, text};

/// How late a deadline may be noticed (threats, "A hostile skill").
const LATE: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_runs_out_of_fuel() {
    let report = Setup::default()
        .limits(|limits| limits.fuel = 10_000_000)
        .run("spin", "{}")
        .await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel: 10_000_000 });
    assert_eq!(report.fuel, 10_000_000);
    assert_eq!(report.result, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_with_fuel_to_spare_times_out() {
    let deadline = Duration::from_millis(200);
    let mut late = Duration::MAX;
    // Other processes occupy the machine for longer than this at times, but not each time.
    for _ in 0..10 {
        let report = Setup::default()
            .limits(|limits| {
                limits.fuel = u64::MAX;
                limits.timeout = deadline;
            })
            .run("spin", "{}")
            .await;
        assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 200 });
        assert!(report.fuel > 0, "the fuel of a run that timed out is known");
        let took = Duration::from_secs_f64(report.time.run_ms / 1e3);
        assert!(took >= deadline, "{took:?}");
        late = late.min(took - deadline);
        if late <= LATE {
            break;
        }
    }
    assert!(late <= LATE, "{late:?} after the deadline at best");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_of_host_calls_runs_out_of_fuel_and_its_log_is_bounded() {
    let report = Setup::default()
        .limits(|limits| {
            limits.fuel = 20_000_000;
            limits.log_lines = 10;
        })
        .run("log-loop", "{}")
        .await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel: 20_000_000 });
    assert_eq!(report.log_lines, 10);
    assert!(
        report.log_lines_dropped > 100,
        "{}",
        report.log_lines_dropped
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_call_that_never_returns_times_out() {
    let report = Setup::default()
        .server(Fake::plain(|_| Box::pin(std::future::pending())))
        .allow("plain/*")
        .limits(|limits| limits.timeout = Duration::from_millis(100))
        .run("one-call", r#"{"server":"plain","tool":"go"}"#)
        .await;
    assert_eq!(report.outcome, Outcome::TimedOut { timeout_ms: 100 });
    assert!(report.time.calls_ms > 50.0, "{:?}", report.time);
    // It was sent, and may have had its effect.
    let used = &report.tools["plain/go"];
    assert_eq!((used.calls, used.unfinished), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_growth_is_refused_at_the_limit() {
    let report = Setup::default()
        .limits(|limits| limits.memory = 16 << 20)
        .run("grow", "{}")
        .await;
    assert_eq!(report.outcome, Outcome::Finished);
    let taken: usize = report.result.as_deref().unwrap().parse().unwrap();
    assert!((8..16).contains(&taken), "{taken} MiB of 16");
    assert!(report.peak_memory <= 16 << 20, "{}", report.peak_memory);
    assert!(report.peak_memory > 8 << 20, "{}", report.peak_memory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_cannot_go_on_without_memory_is_out_of_memory() {
    let report = Setup::default()
        .limits(|limits| limits.memory = 4 << 20)
        .run("big-output", "8000000")
        .await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Memory,
            limit: 4 << 20
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_starts_out_too_large_is_out_of_memory() {
    let report = Setup::default()
        .limits(|limits| limits.memory = 64 << 10)
        .run("echo", "{}")
        .await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Memory,
            limit: 64 << 10
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_the_budget_are_refused_and_the_skill_can_see_it() {
    let fake = Fake::plain(|_| Box::pin(async { Ok(text("ok")) }));
    let calls = fake.calls();
    let call = r#"{"server":"plain","tool":"go","arguments":{}}"#;
    let report = Setup::default()
        .server(fake)
        .allow("plain/go")
        .limits(|limits| limits.calls = 2)
        .run("batch", &format!("[{call},{call},{call}]"))
        .await;
    assert_eq!(report.outcome, Outcome::Finished);
    let result = report.result.as_deref().unwrap();
    assert_eq!(result.matches(r#"{"text":"ok"}"#).count(), 2, "{result}");
    assert!(
        result.contains("budget of 2 tool calls is used up"),
        "{result}"
    );
    assert_eq!(calls.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_needs_more_calls_than_its_budget_ends_with_that_outcome() {
    let report = Setup::default()
        .server(Fake::plain(|_| Box::pin(async { Ok(text("ok")) })))
        .allow("plain/*")
        .limits(|limits| limits.calls = 0)
        .run(
            "one-call",
            r#"{"server":"plain","tool":"go","surface":true}"#,
        )
        .await;
    assert_eq!(report.outcome, Outcome::BudgetExhausted { calls: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skill_that_ignores_its_budget_is_stopped() {
    let fake = Fake::plain(|_| Box::pin(async { Ok(text("ok")) }));
    let calls = fake.calls();
    let report = Setup::default()
        .server(fake)
        .allow("plain/*")
        .limits(|limits| limits.calls = 5)
        .run(
            "call-loop",
            r#"{"server":"plain","tool":"go","arguments":{}}"#,
        )
        .await;
    assert_eq!(report.outcome, Outcome::BudgetExhausted { calls: 5 });
    assert_eq!(calls.lock().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_over_the_limit_is_not_passed_on() {
    let report = Setup::default()
        .limits(|limits| limits.output = 1000)
        .run("big-output", "1001")
        .await;
    assert_eq!(report.outcome, Outcome::OutputTooLarge { output: 1000 });
    assert_eq!(report.result, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_over_the_limit_is_an_error_of_that_call() {
    let report = Setup::default()
        .server(Fake::plain(|_| {
            Box::pin(async { Ok(text(&"x".repeat(2000))) })
        }))
        .allow("plain/*")
        .limits(|limits| limits.transfer = 1000)
        .run("one-call", r#"{"server":"plain","tool":"go"}"#)
        .await;
    let result = report.result.unwrap();
    assert!(result.contains(r#""error":"too-large""#), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_trap_and_the_next_run_is_not_concerned() {
    let report = Setup::default().run("panics", "{}").await;
    let Outcome::Trapped { message } = &report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(message.contains("unreachable"), "{message}");
    assert!(
        message.contains("panics.wasm!panics::give_up"),
        "the guest's function by its name: {message}"
    );
    assert!(
        message.contains("panics.wasm!std::process::abort\n"),
        "no hash of a build: {message}"
    );
    assert!(
        !message.contains("tokio"),
        "no stack of the host: {message}"
    );
    let report = Setup::default().run("echo", "[1]").await;
    assert_eq!(report.result.as_deref(), Some("[1]"));
}

/// Runs a skill that calls a tool whose server panics, and returns how the run failed.
async fn panicking(server: Fake, skill: &str, input: &str) -> String {
    let linked = Setup::default()
        .server(server)
        .allow("plain/*")
        .linked(&guest(skill))
        .unwrap();
    let error = mcp_host::execute(&linked, input, &mcp_host::Limits::default())
        .await
        .unwrap_err();
    // The same linked skill runs again: it keeps nothing of the run.
    let again = mcp_host::execute(&linked, input, &mcp_host::Limits::default()).await;
    assert!(again.is_err());
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_host_function_fails_one_run_and_the_host_goes_on() {
    let by_name = Fake::plain(|_| panic!("the server is broken"));
    assert_eq!(
        panicking(by_name, "one-call", r#"{"server":"plain","tool":"go"}"#).await,
        "a host function panicked: the server is broken"
    );
    for skill in ["typed-sync", "typed-async"] {
        let typed = Fake::new("fake", Fake::standard_tools(), |_, _| {
            Box::pin(async { panic!("the server is broken") })
        });
        assert_eq!(
            panicking(typed, skill, "null").await,
            "a host function panicked: the server is broken"
        );
    }
    let report = Setup::default().run("echo", "[1]").await;
    assert_eq!(report.result.as_deref(), Some("[1]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_share_the_engine_and_nothing_else() {
    let runs = (0..20).map(|i| async move {
        let report = Setup::default().run("echo", &i.to_string()).await;
        (i, report.result)
    });
    for (i, result) in futures_util::future::join_all(runs).await {
        assert_eq!(result, Some(i.to_string()));
    }
}
