//! The effects of linking, apart from types.

use std::path::Path;
use std::sync::{Arc, Mutex};

use mcp_host::LinkError;
use mcp_tests::{Fake, Setup, guest};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_directory_that_is_not_there_is_named_before_anything_runs() {
    let error = Setup::default()
        .dir(Path::new("/no/such"), "/work")
        .try_run(&guest("echo"), "null")
        .await
        .expect_err("no directory");
    assert!(matches!(error, LinkError::Files(_)));
    assert_eq!(
        error.to_string(),
        "failed to open the granted directory `/no/such`"
    );
}

#[test]
fn of_250_tools_only_those_that_are_imported_are_converted() {
    let mut tools = Fake::standard_tools();
    let list = tools.as_array_mut().unwrap();
    for number in list.len()..250 {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        list.push(json!({"name": format!("other_{number}"), "inputSchema": schema}));
    }
    let fake = Fake::new("fake", tools, |_, _| unreachable!("nothing runs"));
    let setup = Setup::default().server(fake);
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer({
            let log = log.clone();
            move || log.clone()
        })
        .finish();
    let skill = guest("typed-call");
    let _second = second_dispatcher();
    let linked = tracing::subscriber::with_default(subscriber, || setup.linked(&skill));
    linked.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let converted: Vec<&str> = log
        .lines()
        .filter_map(|line| {
            line.split_once("definition is converted tool=")
                .map(|(_, tool)| tool)
        })
        .collect();
    assert_eq!(converted, ["\"wait\""]);
}

/// Keeps the events on that another test's thread meets first: with one dispatcher in the process, tracing asks only
/// that thread, which has none, and turns the event off for all.
fn second_dispatcher() -> tracing::Dispatch {
    tracing::Dispatch::new(tracing_subscriber::registry())
}

/// The log output.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
