//! Fuel, memory, tables, instances, handles, the stack.

use std::time::Duration;

use mcp_host::{Limit, Outcome};
use mcp_tests::{Fake, Setup};

use super::call;
use super::components::{
    COPY, FILL, grows_a_table, handles, instances, moves, recurses, spins, streams, takes_memory,
    takes_tables, with_function,
};
use super::slow;
use crate::rss;

fn out_of(quota: Limit, limit: u64) -> Outcome {
    Outcome::OutOfMemory { quota, limit }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_fill_and_of_a_copy_costs_fuel() {
    // 64 times 64 MiB are 4 GiB, in a few hundred instructions.
    for bulk in [FILL, COPY] {
        let fills = moves(bulk);
        let fuel = 1 << 30;
        let report = call(Setup::default().limits(|limits| limits.fuel = fuel), &fills).await;
        assert_eq!(report.outcome, Outcome::OutOfFuel { fuel }, "{bulk}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion_without_end_is_a_trap_and_the_host_goes_on() {
    let recurses = recurses();
    for _ in 0..3 {
        let report = call(Setup::default(), &recurses).await;
        let Outcome::Trapped { message } = report.outcome else {
            panic!("{:?}", report.outcome);
        };
        assert!(message.contains("call stack exhausted"), "{message}");
    }
    let report = Setup::default().run("echo", "[1]").await;
    assert_eq!(report.outcome, Outcome::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn table_growth_is_refused_at_the_limit_of_one_table_and_of_all_memory() {
    let grows = grows_a_table();
    let report = call(
        Setup::default().limits(|limits| limits.table_elements = 50_000),
        &grows,
    )
    .await;
    assert_eq!(report.outcome, out_of(Limit::TableElements, 50_000));
    assert!(report.peak_memory <= 50_000 * 8, "{}", report.peak_memory);

    let report = call(
        Setup::default().limits(|limits| {
            limits.table_elements = usize::MAX;
            limits.memory = 1 << 20;
        }),
        &grows,
    )
    .await;
    assert_eq!(report.outcome, out_of(Limit::Memory, 1 << 20));
    assert!(report.peak_memory <= 1 << 20, "{}", report.peak_memory);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_instances_memories_or_tables_do_not_start() {
    for (contents, quota) in [
        ("", Limit::Instances),
        ("(memory 0)", Limit::Memories),
        ("(table 0 funcref)", Limit::Tables),
    ] {
        let bomb = instances(contents);
        let report = call(
            Setup::default().limits(|limits| limits.set(quota, 50)),
            &bomb,
        )
        .await;
        assert_eq!(report.outcome, out_of(quota, 50));
        let report = call(Setup::default(), &bomb).await;
        assert_eq!(report.outcome, Outcome::Finished, "{quota:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_handles_are_refused_at_the_limit() {
    for (count, outcome) in [
        (10_000, Outcome::Finished),
        (10_001, out_of(Limit::Handles, 10_000)),
        (1_000_000, out_of(Limit::Handles, 10_000)),
    ] {
        let handles = handles(count);
        let report = call(Setup::default(), &handles).await;
        assert_eq!(report.outcome, outcome, "{count}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_streams_and_futures_are_refused_at_the_limit() {
    for kind in ["stream", "future"] {
        // Each of them has two ends, and each end is a handle.
        for (count, outcome) in [
            (2_500, Outcome::Finished),
            (5_001, out_of(Limit::Handles, 10_000)),
            (1_000_000, out_of(Limit::Handles, 10_000)),
        ] {
            let streams = streams(kind, count);
            let report = call(Setup::default(), &streams).await;
            assert_eq!(report.outcome, outcome, "{kind} {count}");
        }
    }
}

/// Runs a component until its deadline, on a runtime with one thread. Returns how often another task had that thread.
fn turns_of_others(bytes: &[u8]) -> u32 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut turns = 0;
    let setup = Setup::default().limits(|limits| {
        limits.timeout = Duration::from_secs(1);
        limits.fuel = u64::MAX;
    });
    let other = async {
        loop {
            tokio::task::yield_now().await;
            turns += 1;
        }
    };
    let report = runtime.block_on(async {
        tokio::select! {
            report = call(setup, bytes) => report,
            () = other => unreachable!("it never ends"),
        }
    });
    assert!(
        matches!(report.outcome, Outcome::TimedOut { .. }),
        "{:?}",
        report.outcome
    );
    turns
}

#[test]
fn a_guest_that_does_not_wait_shares_its_thread_with_others() {
    for (name, bytes) in [
        ("computes", spins()),
        ("grows", slow::growth_in_vain()),
        ("throws", slow::exceptions()),
        ("converts strings", slow::strings_between_inner_components()),
        ("logs", slow::long_log_lines()),
    ] {
        let turns = turns_of_others(&bytes);
        assert!(turns >= 10, "{name}: {turns}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_work_takes_the_same_fuel_each_time() {
    // Five instructions, a million times: twenty turns of the guest.
    let works = with_function(
        "(func (export \"f\") (local $left i32)
           (local.set $left (i32.const 1000000))
           (loop $again
             (br_if $again
               (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))",
    );
    for _ in 0..3 {
        let report = call(Setup::default(), &works).await;
        assert_eq!(report.outcome, Outcome::Finished);
        assert_eq!(report.fuel, 5_000_003);
    }
    // It is not checked after the last iteration.
    let fuel = 4_999_000;
    let report = call(Setup::default().limits(|limits| limits.fuel = fuel), &works).await;
    assert_eq!(report.outcome, Outcome::OutOfFuel { fuel });
}

/// A server whose tools answer only after the run has done something else.
fn waiting(answers: bool) -> Fake {
    Fake::new("fake", Fake::standard_tools(), move |_, arguments| {
        Box::pin(async move {
            if !answers {
                std::future::pending::<()>().await;
            }
            tokio::task::yield_now().await;
            Ok(mcp_tests::structured(arguments.into()))
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_subtasks_are_refused_at_the_limit_of_handles_or_of_calls() {
    let within = Setup::default().server(waiting(true));
    let report = within.run("subtasks", "1000").await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.result.as_deref(), Some("1000"));

    // Each call in flight is a handle.
    let server = waiting(false);
    let calls = server.calls();
    let report = Setup::default()
        .server(server)
        .limits(|limits| {
            limits.handles = 500;
            limits.calls = u32::MAX;
        })
        .run("subtasks", "1000000")
        .await;
    assert_eq!(report.outcome, out_of(Limit::Handles, 500));
    let under_way = calls.lock().unwrap().len();
    assert!((400..=500).contains(&under_way), "{under_way}");

    let server = waiting(false);
    let calls = server.calls();
    let report = Setup::default()
        .server(server)
        .run("subtasks", "1000000")
        .await;
    assert_eq!(report.outcome, Outcome::BudgetExhausted { calls: 1_000 });
    assert_eq!(calls.lock().unwrap().len(), 1_000);
}

#[test]
fn the_process_stays_under_the_memory_of_the_run_and_a_tenth() {
    const CAP: u64 = 96 << 20;
    // Each takes all memory that it can get and touches it, and then spins until the deadline.
    let (nothing, memory, tables) = (spins(), takes_memory(), takes_tables());
    let peak = |bytes: &[u8]| rss::peak(bytes, CAP, Duration::from_secs(2));
    let before = peak(&nothing);
    for (name, bomb) in [("memory", memory), ("tables", tables)] {
        let taken = peak(&bomb).saturating_sub(before);
        assert!(taken > CAP / 2, "{name}: the bomb took {taken} only");
        assert!(taken < CAP + CAP / 10, "{name}: {taken} of {CAP}");
    }
}
