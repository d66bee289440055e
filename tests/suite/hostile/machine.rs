//! Fuel, memory, tables, instances, handles, the stack.

use std::time::Duration;

use mcp_host::{Limit, Outcome};
use mcp_tests::{Fake, Setup};

use super::{call, component, with_function};
use crate::rss;

fn out_of(quota: Limit, limit: u64) -> Outcome {
    Outcome::OutOfMemory { quota, limit }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_fill_and_of_a_copy_costs_fuel() {
    // 64 times 64 MiB are 4 GiB, in a few hundred instructions.
    for bulk in [
        "(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x4000000))",
        "(memory.copy (i32.const 0) (i32.const 0x4000000) (i32.const 0x4000000))",
    ] {
        let fills = with_function(&format!(
            "(memory 2048)
             (func (export \"f\") (local i32)
               (loop {bulk}
                 (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 64)))))"
        ));
        let fuel = 1 << 30;
        let report = call(Setup::default().limits(|limits| limits.fuel = fuel), &fills).await;
        assert_eq!(report.outcome, Outcome::OutOfFuel { fuel }, "{bulk}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recursion_without_end_is_a_trap_and_the_host_goes_on() {
    let recurses = with_function(
        "(func $f (export \"f\") (param) (local i64 i64 i64 i64) (call $f) (call $f))",
    );
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
    let grows = with_function(
        "(table $t 1 funcref)
         (func (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (table.grow $t (ref.null func) (i32.const 1000)))))
           (unreachable))",
    );
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
        let instances = "(core instance (instantiate $bomb))".repeat(60);
        let bomb = component(&format!(
            "(component
                (core module $bomb {contents})
                {instances}
                (core module $m (func (export \"f\")))
                (core instance $i (instantiate $m))
                (func (export \"f\") (canon lift (core func $i \"f\"))))"
        ));
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

/// Makes this many of what `canon` makes, and keeps them.
fn makes(kind: &str, canon: &str, signature: &str, argument: &str, count: u32) -> Vec<u8> {
    component(&format!(
        "(component
            (type $t {kind})
            (core func $new (canon {canon} $t))
            (core module $m
              (import \"\" \"new\" (func $new {signature}))
              (func (export \"f\") (local i32)
                (loop
                  (drop (call $new {argument}))
                  (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const {count}))))))
            (core instance $i (instantiate $m (with \"\" (instance (export \"new\" (func $new))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_handles_are_refused_at_the_limit() {
    for (count, outcome) in [
        (10_000, Outcome::Finished),
        (10_001, out_of(Limit::Handles, 10_000)),
        (1_000_000, out_of(Limit::Handles, 10_000)),
    ] {
        let handles = makes(
            "(resource (rep i32))",
            "resource.new",
            "(param i32) (result i32)",
            "(i32.const 1)",
            count,
        );
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
            let streams = makes(
                &format!("({kind} u8)"),
                &format!("{kind}.new"),
                "(result i64)",
                "",
                count,
            );
            let report = call(Setup::default(), &streams).await;
            assert_eq!(report.outcome, outcome, "{kind} {count}");
        }
    }
}

/// A server whose tools never answer before the run has done something else.
fn slow(answers: bool) -> Fake {
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
    let within = Setup::default().server(slow(true));
    let report = within.run("subtasks", "1000").await;
    assert_eq!(report.outcome, Outcome::Finished);
    assert_eq!(report.result.as_deref(), Some("1000"));

    // Each call that is under way is a handle.
    let server = slow(false);
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

    let server = slow(false);
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
    // Each takes all it can get and touches it, and then spins until the deadline.
    let spins = "(loop (br 0))";
    let nothing = with_function(&format!("(func (export \"f\") {spins})"));
    let memory = with_function(&format!(
        "(memory 1)
         (func (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
           (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 0x10000)))
           {spins})"
    ));
    let tables = with_function(&format!(
        "(table $t 1 funcref)
         (func $f (export \"f\")
           (loop (br_if 0 (i32.ne (i32.const -1) (table.grow $t (ref.func $f) (i32.const 10000)))))
           {spins})
         (elem declare func $f)"
    ));
    let peak = |bytes: &[u8]| rss::peak(bytes, CAP, Duration::from_secs(2));
    let before = peak(&nothing);
    for (name, bomb) in [("memory", memory), ("tables", tables)] {
        let taken = peak(&bomb).saturating_sub(before);
        assert!(taken > CAP / 2, "{name}: the bomb took {taken} only");
        assert!(taken < CAP + CAP / 10, "{name}: {taken} of {CAP}");
    }
}
