//! The library inside another program: many runs at once, a queue, and dropped runs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use mcp_host::{
    Catalog, Environment, Grants, Host, Limits, Linked, Outcome, Request, RunError, ToolServer,
};
use mcp_tests::{Fake, guest, text};
use tokio::sync::{Notify, Semaphore};

const CALL: &str = r#"{"server":"plain","tool":"go","arguments":{}}"#;

/// A server whose answers wait for a permit.
fn gate() -> (Fake, Arc<Semaphore>, Arc<Notify>) {
    let (gate, arrived) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let (opened, arrives) = (Arc::clone(&gate), Arc::clone(&arrived));
    let fake = Fake::plain(move |_| {
        let (opened, arrives) = (Arc::clone(&opened), Arc::clone(&arrives));
        Box::pin(async move {
            arrives.notify_one();
            opened.acquire().await.unwrap().forget();
            Ok(text("ok"))
        })
    });
    (fake, gate, arrived)
}

async fn linked(host: &Host, server: Fake) -> Arc<Linked> {
    let skill = host
        .load(&std::fs::read(guest("one-call")).unwrap())
        .await
        .unwrap();
    let grants = Grants {
        tools: vec!["plain/*".parse().unwrap()],
        ..Grants::default()
    };
    let environment = Environment {
        catalog: Arc::new(Catalog::of([Arc::new(server) as Arc<dyn ToolServer>]).unwrap()),
        grants: Arc::new(grants),
        ..Environment::default()
    };
    let first = host.link(&skill, &environment).unwrap();
    let second = host.link(&skill, &environment).unwrap();
    assert!(Arc::ptr_eq(&first, &second), "linked once");
    first
}

fn small() -> Limits {
    Limits {
        memory: 16 << 20,
        ..Limits::default()
    }
}

fn host(slots: u32, wait: Duration) -> Arc<Host> {
    let host = Host::builder().slots(slots).memory(16 << 20).wait(wait);
    Arc::new(host.build().unwrap())
}

fn start(
    host: &Arc<Host>,
    linked: &Arc<Linked>,
) -> tokio::task::JoinHandle<Result<Outcome, RunError>> {
    let (host, linked) = (Arc::clone(host), Arc::clone(linked));
    tokio::spawn(async move {
        let report = host.run(&linked, &Request::Input(CALL), &small()).await?;
        Ok(report.outcome)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_skills_are_in_a_call_at_once() {
    let host = host(1_000, Duration::from_secs(60));
    let all = Arc::new(tokio::sync::Barrier::new(1_000));
    let server = Fake::plain(move |_| {
        let all = Arc::clone(&all);
        Box::pin(async move {
            // No call continues before the last one has arrived.
            all.wait().await;
            Ok(text("ok"))
        })
    });
    let linked = linked(&host, server).await;
    let runs: Vec<_> = (0..1_000).map(|_| start(&host, &linked)).collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap(), Outcome::Finished);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_run_too_many_waits_and_is_then_made() {
    let host = host(2, Duration::from_secs(60));
    let (server, gate, arrived) = gate();
    let linked = linked(&host, server).await;
    let runs: Vec<_> = (0..2).map(|_| start(&host, &linked)).collect();
    arrived.notified().await;
    let third = start(&host, &linked);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!third.is_finished());
    gate.add_permits(3);
    for run in runs.into_iter().chain([third]) {
        assert_eq!(run.await.unwrap().unwrap(), Outcome::Finished);
    }
}

/// A run whose tool call says which one it is.
async fn numbered(host: Arc<Host>, linked: Arc<Linked>, n: u32) -> Result<Outcome, RunError> {
    let call = format!(r#"{{"server":"plain","tool":"go","arguments":{{"n":{n}}}}}"#);
    let report = host.run(&linked, &Request::Input(&call), &small()).await?;
    Ok(report.outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_runs_come_in_the_order_in_which_they_asked() {
    let host = host(1, Duration::from_secs(60));
    let (server, gate, arrived) = gate();
    let calls = server.calls();
    let linked = linked(&host, server).await;
    let run = |n| Box::pin(numbered(Arc::clone(&host), Arc::clone(&linked), n));
    let first = tokio::spawn(run(0));
    arrived.notified().await;
    let mut waiting: Vec<_> = (1..=4).map(run).collect();
    for run in &mut waiting {
        // Each enters the queue before the next one asks.
        assert!(run.as_mut().now_or_never().is_none());
    }
    // One that gives up leaves its place to the next ones.
    drop(waiting.remove(1));
    gate.add_permits(4);
    // The order of polls does not change the order of the queue.
    let rest = futures_util::future::join_all(waiting.into_iter().rev()).await;
    for done in rest.into_iter().chain([first.await.unwrap()]) {
        assert_eq!(done.unwrap(), Outcome::Finished);
    }
    let calls = calls.lock().unwrap();
    let order: Vec<_> = calls.iter().map(|(_, call)| call["n"].as_u64()).collect();
    assert_eq!(order, [0, 1, 3, 4].map(Some));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waited_too_long_is_busy() {
    let host = host(1, Duration::from_millis(50));
    let (server, gate, arrived) = gate();
    let linked = linked(&host, server).await;
    let first = start(&host, &linked);
    arrived.notified().await;
    let second = start(&host, &linked).await.unwrap();
    let error = second.unwrap_err();
    assert!(matches!(error, RunError::Busy { slots: 1, .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("busy: all 1 slots were taken for "),
        "{error}"
    );
    gate.add_permits(1);
    assert_eq!(first.await.unwrap().unwrap(), Outcome::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_dropped_gives_its_slot_back() {
    let host = host(1, Duration::from_secs(60));
    let (server, gate, arrived) = gate();
    let linked = linked(&host, server).await;
    let first = start(&host, &linked);
    arrived.notified().await;
    first.abort();
    let second = start(&host, &linked);
    arrived.notified().await;
    gate.add_permits(1);
    assert_eq!(second.await.unwrap().unwrap(), Outcome::Finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_a_tool_server_fails_one_run_and_frees_its_slot() {
    let host = host(1, Duration::from_secs(60));
    let panics = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let once = Arc::clone(&panics);
    let server = Fake::plain(move |_| {
        let panics = once.swap(false, std::sync::atomic::Ordering::Relaxed);
        Box::pin(async move {
            assert!(!panics, "on purpose");
            Ok(text("ok"))
        })
    });
    let linked = linked(&host, server).await;
    let error = start(&host, &linked).await.unwrap().unwrap_err();
    assert!(matches!(error, RunError::Execute(_)), "{error}");
    assert_eq!(
        start(&host, &linked).await.unwrap().unwrap(),
        Outcome::Finished
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_beyond_a_slot_are_refused() {
    let host = host(1, Duration::from_secs(1));
    let linked = linked(&host, Fake::plain(|_| Box::pin(async { Ok(text("ok")) }))).await;
    let run = host
        .run(&linked, &Request::Input(CALL), &Limits::default())
        .await;
    assert!(matches!(run, Err(RunError::Memory { .. })));
}
