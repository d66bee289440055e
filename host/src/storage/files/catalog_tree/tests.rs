//! The files below `/mcp-tools`, and what reading them charges.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use futures_util::future::{BoxFuture, ready};
use mcp_bridge::{Answer, CallError, JsonObject, Tool};
use serde_json::{Value, json};

use super::*;
use crate::catalog::ToolServer;

/// A server that counts how often its tools are read.
struct Listed {
    name: String,
    tools: Vec<Tool>,
    looks: AtomicUsize,
}

impl Listed {
    fn new(name: &str, tools: impl IntoIterator<Item = Value>) -> Arc<Self> {
        let tools = tools.into_iter().map(serde_json::from_value);
        Arc::new(Self {
            name: name.to_owned(),
            tools: tools.collect::<Result<_, _>>().unwrap(),
            looks: AtomicUsize::new(0),
        })
    }
}

impl ToolServer for Listed {
    fn name(&self) -> &str {
        &self.name
    }

    fn tools(&self) -> &[Tool] {
        self.looks.fetch_add(1, Ordering::Relaxed);
        &self.tools
    }

    fn call<'a>(
        &'a self,
        _tool: &'a str,
        _arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Answer, CallError>> {
        Box::pin(ready(Err(CallError::NotFound("none".to_owned()))))
    }
}

fn tree(servers: impl IntoIterator<Item = Arc<Listed>>) -> CatalogTree {
    let servers = servers
        .into_iter()
        .map(|server| server as Arc<dyn ToolServer>);
    CatalogTree::new(Arc::new(Catalog::of(servers).unwrap()))
}

fn account(memory: usize, timeout: Duration) -> Account {
    Account::new(memory, Instant::now().checked_add(timeout))
}

const MINUTE: Duration = Duration::from_secs(60);

fn free() -> Account {
    account(256 << 20, MINUTE)
}

fn sizes(tree: &CatalogTree, server: &str) -> Vec<(String, u64)> {
    let listed = tree.list("/mcp-tools/x", &[server], &free()).unwrap();
    listed
        .into_iter()
        .map(|entry| (entry.name, entry.size))
        .collect()
}

/// A chain of definitions that each use the next one three times: a kilobyte of text, and ten thousand parts.
fn heavy(name: &str) -> Value {
    let level = |at: usize| {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        let level = json!({"type": "array", "prefixItems": [next, next, next]});
        (format!("d{at}"), level)
    };
    let last = ("d25".to_owned(), json!({"type": "string"}));
    let defs: serde_json::Map<String, Value> = (0..25).map(level).chain([last]).collect();
    let schema =
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": defs});
    json!({"name": name, "inputSchema": schema, "outputSchema": schema})
}

fn plain(name: &str) -> Value {
    json!({
        "name": name,
        "description": "\n  Says \"hello\".\u{1}\nAnd more.",
        "inputSchema": {
            "type": "object",
            "properties": {"to": {"type": "string", "enum": [], "default": {}}, "n": {"minimum": -1.5e300}},
            "required": ["to"],
        },
        "annotations": {"readOnlyHint": true},
    })
}

#[test]
fn the_size_of_every_file_is_the_length_of_what_is_read() {
    let tools = (0..20).map(|at| plain(&format!("say_{at}")));
    let tree = tree([Listed::new("greeter", tools), Listed::new("none", [])]);
    for (server, files) in [("greeter", 22), ("none", 2)] {
        let sizes = sizes(&tree, server);
        assert_eq!(sizes.len(), files);
        for (name, size) in sizes {
            let bytes = tree.read("/x", &[server, &name], &free()).unwrap();
            assert_eq!(u64::try_from(bytes.len()).unwrap(), size, "{server}/{name}");
            assert_eq!(bytes.last(), Some(&b'\n'));
        }
    }
}

#[test]
fn a_definition_is_read_as_the_server_gave_it() {
    let tree = tree([Listed::new("greeter", [plain("sayHello")])]);
    let bytes = tree
        .read("/x", &["greeter", "say-hello.json"], &free())
        .unwrap();
    let text = serde_json::to_string_pretty(&plain("sayHello")).unwrap() + "\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), text);
    let bytes = tree
        .read("/x", &["greeter", "tools.json"], &free())
        .unwrap();
    let rows = json!([{"tool": "sayHello", "function": "say-hello", "description": "Says \"hello\".\u{1}"}]);
    let index = json!({"server": "greeter", "tools": rows});
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), index);
}

#[test]
fn only_the_server_that_is_asked_for_is_looked_at_and_only_once() {
    let servers: Vec<_> = (0..3)
        .map(|at| {
            Listed::new(
                &format!("s{at}"),
                (0..50).map(|at| plain(&format!("t{at}"))),
            )
        })
        .collect();
    let tree = tree(servers.clone());
    let looks = |at: usize| servers[at].looks.load(Ordering::Relaxed);
    assert_eq!(tree.list("/mcp-tools", &[], &free()).unwrap().len(), 3);
    assert_eq!([looks(0), looks(1), looks(2)], [0, 0, 0]);
    sizes(&tree, "s1");
    assert_eq!([looks(0), looks(2)], [0, 0]);
    // The second time everything is known.
    let before = looks(1);
    sizes(&tree, "s1");
    assert_eq!(looks(1), before);
    tree.read("/x", &["s2", "t7.json"], &free()).unwrap();
    assert_eq!(looks(0), 0);
    assert!(looks(2) < 10, "{}", looks(2));
}

#[test]
fn a_definition_that_grows_beyond_a_file_is_refused_unmade() {
    // Nested a hundred deep, each bracket gets a line with a hundred blanks.
    let deep = (0..100).fold(json!([[], [], []]), |inner, _| json!([inner]));
    let wide: Vec<Value> = (0..1_000).map(|_| deep.clone()).collect();
    let tool = json!({"name": "t", "inputSchema": {"type": "object", "default": wide}});
    let tree = tree([Listed::new("deep", [tool])]);
    let sizes = sizes(&tree, "deep");
    let size = sizes.iter().find(|(name, _)| name == "t.json").unwrap().1;
    assert!(size > MAX_FILE, "{size}");
    let account = account(1 << 20, MINUTE);
    let read = tree.read("/x", &["deep", "t.json"], &account);
    assert!(matches!(read, Err(FileError::TooLarge(_))), "{read:?}");
    assert!(account.peak() < 1 << 20);
}

#[test]
fn memory_for_catalog_files_is_charged_to_the_run_and_returned() {
    let tools = (0..2_000).map(|at| plain(&format!("say_{at}")));
    let tree = tree([Listed::new("greeter", tools)]);
    let small = account(64 << 10, MINUTE);
    for file in ["tools.json", "tools.wit"] {
        let read = tree.read("/x", &["greeter", file], &small);
        let Err(FileError::TooLarge(why)) = read else {
            panic!("{file}: {read:?}");
        };
        assert!(why.ends_with("raise it with `--memory`"), "{why}");
    }
    let listed = tree.list("/x", &["greeter"], &small);
    assert!(matches!(listed, Err(FileError::TooLarge(_))), "{listed:?}");
    // There was no room for the labels either.
    assert_eq!(small.available(), 64 << 10);

    let large = free();
    let text = tree.read("/x", &["greeter", "tools.wit"], &large).unwrap();
    assert!(large.peak() > text.len());
    // The labels stay, and the run that made them has paid for them.
    let labels = (256 << 20) - large.available();
    assert!((100_000..600_000).contains(&labels), "{labels}");
    let again = free();
    tree.read("/x", &["greeter", "tools.wit"], &again).unwrap();
    assert_eq!(again.available(), 256 << 20);
}

#[test]
fn nothing_is_made_after_the_deadline() {
    let tools = (0..10).map(|at| plain(&format!("say_{at}")));
    let tree = tree([Listed::new("greeter", tools)]);
    let late = account(256 << 20, Duration::ZERO);
    let said = FileError::Io("`/x`: the run is over its deadline".to_owned());
    assert_eq!(tree.list("/x", &["greeter"], &late).unwrap_err(), said);
    let read = tree.read("/x", &["greeter", "tools.wit"], &late);
    assert_eq!(read.unwrap_err(), said);
    // The size that was not found out is found out by the next run.
    assert!(sizes(&tree, "greeter").iter().all(|(_, size)| *size > 0));
}

#[test]
fn a_package_that_takes_long_is_listed_without_a_size_and_read_within_the_budget() {
    let tools = (0..100).map(|at| heavy(&format!("heavy{at}")));
    let tree = tree([Listed::new("evil", tools.chain([plain("plain")]))]);
    let account = account(16 << 20, MINUTE);
    let listed = tree.list("/x", &["evil"], &account).unwrap();
    let size = |name: &str| listed.iter().find(|entry| entry.name == name).unwrap().size;
    assert_eq!(size("tools.wit"), 0);
    assert!(size("heavy99.json") > 1_000);
    let text = tree.read("/x", &["evil", "tools.wit"], &account).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("  plain: func(") && text.contains("  heavy0: func("));
    assert!(
        text.contains(" tools are left out, because"),
        "{}",
        text.len()
    );
    assert!(account.peak() <= 16 << 20);
}

/// Twice the tools take about twice the time, and not four times.
#[test]
fn listing_takes_time_in_proportion_to_the_tools() {
    let time = |count: usize| {
        let tools = (0..count).map(|at| plain(&format!("say_{at}")));
        let server = Listed::new("greeter", tools);
        let best = (0..3).map(|_| {
            let tree = tree([Arc::clone(&server)]);
            let start = Instant::now();
            assert_eq!(sizes(&tree, "greeter").len(), count + 2);
            start.elapsed()
        });
        best.min().unwrap()
    };
    let (small, large) = (time(300), time(6_000));
    assert!(
        large < small * 100,
        "{small:?} for 300, {large:?} for 6,000"
    );
}
