//! Values that a guest passes to a host function: huge, many, or of a wrong form.

use mcp_host::{Limit, Outcome};
use mcp_tests::{Fake, Setup};

use super::call;
use super::components::{logs, returns_brackets};

/// The most memory that this process had, in bytes.
fn high_water() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

fn roomy() -> Setup {
    Setup::default().limits(|limits| limits.memory = 2 << 30)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_string_of_a_gibibyte_is_refused_before_the_host_copies_it() {
    let huge = logs((1 << 14) + 1, "", (0, 1 << 30), (0, 0));
    let before = high_water();
    let report = call(roomy(), &huge).await;
    let transfer = 32 << 20;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Transfer,
            limit: transfer
        }
    );
    assert_eq!(report.log_lines, 0);
    // Other tests of this process take memory at the same time, but none of them a GiB.
    let grown = high_water() - before;
    assert!(grown < 1 << 29, "{grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_host_call_takes_is_refused_at_the_limit_and_no_sooner() {
    let setup = || Setup::default().limits(|limits| limits.transfer = 1 << 20);
    let report = call(setup(), &logs(32, "", (0, 1 << 20), (0, 0))).await;
    assert_eq!(report.outcome, Outcome::Finished);
    let report = call(setup(), &logs(32, "", (0, (1 << 20) + 1), (0, 0))).await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Transfer,
            limit: 1 << 20
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_million_empty_strings_are_refused_before_the_host_makes_them() {
    let many = logs(2600, "", (0, 0), (0, 10_000_000));
    let report = call(Setup::default(), &many).await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Transfer,
            limit: 32 << 20
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf_8_is_a_trap() {
    let prepare = "(i32.store8 (i32.const 0) (i32.const 0xff))";
    let report = call(Setup::default(), &logs(1, prepare, (0, 4), (0, 0))).await;
    let Outcome::Trapped { message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(message.contains("utf-8"), "{message}");
    assert_eq!(report.log_lines, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_string_outside_of_its_memory_is_a_trap() {
    let report = call(Setup::default(), &logs(1, "", (0, u32::MAX), (0, 0))).await;
    assert!(
        matches!(report.outcome, Outcome::Trapped { .. }),
        "{:?}",
        report.outcome
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_nested_without_end_is_refused_and_not_followed() {
    // 100,000 brackets, as the result of `run`.
    let nested = returns_brackets(4, 100_000);
    // As a string it is only a string; the host does not parse it.
    let report = call(Setup::default(), &nested).await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.result.unwrap().len(), 100_002);
}

/// A run of `heavy` with as much memory as it wants.
async fn heavy(octets: usize, depth: usize) -> mcp_host::Report {
    roomy()
        .server(Fake::standard())
        .run(
            "heavy",
            &format!(r#"{{"octets":{octets},"depth":{depth}}}"#),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_for_a_typed_tool_is_charged_for_what_the_host_makes_of_it() {
    // The guest has a byte for each element, and the host needs dozens of them.
    let report = heavy(10_000, 0).await;
    assert_eq!(report.outcome, Outcome::Finished);
    let before = high_water();
    let report = heavy(20_000_000, 0).await;
    assert_eq!(
        report.outcome,
        Outcome::OutOfMemory {
            quota: Limit::Transfer,
            limit: 32 << 20
        }
    );
    assert_eq!(report.calls(), 0);
    // As values of the host they are more than half a GiB.
    let grown = high_water() - before;
    assert!(grown < 1 << 28, "{grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_nested_without_end_is_an_error_of_that_call() {
    let report = heavy(0, 100).await;
    assert_eq!(report.outcome, Outcome::Finished);
    let report = heavy(0, 1_000_000).await;
    let Outcome::Failed { ref message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(message.contains("invalid arguments"), "{message}");
    assert!(message.contains("recursion limit"), "{message}");
    assert_eq!(report.calls(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_into_the_run_is_an_error_of_that_call() {
    let answers = Fake::new("fake", Fake::standard_tools(), |_, mut arguments| {
        arguments["text"] = "x".repeat(16 << 20).into();
        Box::pin(async move { Ok(mcp_tests::structured(arguments.into())) })
    });
    let report = Setup::default()
        .server(answers)
        .limits(|limits| {
            limits.memory = 8 << 20;
            limits.transfer = 64 << 20;
        })
        .run("heavy", r#"{"octets":0,"depth":0}"#)
        .await;
    // The skill gets the error, and could continue with less.
    let Outcome::Failed { ref message } = report.outcome else {
        panic!("{:?}", report.outcome);
    };
    assert!(
        message.contains("more memory than the run has left"),
        "{message}"
    );
    assert!(report.peak_memory <= 8 << 20, "{}", report.peak_memory);
}
