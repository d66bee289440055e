//! What the bridge reports through `tracing`, and not by a return value.

use std::io;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// Sends the events of this thread here until the guard is dropped.
    ///
    /// With one dispatcher in the process, an event that another test's thread meets first would be off for all:
    /// so there are two.
    fn collect(&self) -> (tracing::Dispatch, tracing::subscriber::DefaultGuard) {
        let second = tracing::Dispatch::new(tracing_subscriber::registry());
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(self.clone())
            .with_ansi(false)
            .without_time();
        let shown = Targets::new()
            .with_target("mcp_bridge", tracing::Level::DEBUG)
            .with_target("server", tracing::Level::DEBUG);
        let subscriber = tracing_subscriber::registry().with(lines).with(shown);
        (second, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<String> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&written)
            .lines()
            .map(|line| line.trim().to_owned())
            .collect()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn unknown_keys_are_warned_about_with_the_nearest_known_one() {
    let written = Written::default();
    let guard = written.collect();
    let text = r#"{"mcpServer": {}, "theme": "dark", "mcpServers": {
        "s": {"command": "c", "arg": ["x"], "autoApprove": [], "colour": 1}}}"#;
    let config = Config::parse(text, Path::new("mcp.json")).unwrap();
    let of_file = written.lines().len();
    // Those of a server come when it is used, once.
    config.server("s").unwrap();
    config.server("s").unwrap();
    drop(guard);
    assert_eq!(of_file, 2);
    assert_eq!(
        written.lines(),
        [
            r#"WARN PARSER: unknown key in configuration: did you mean `mcpServers`? key="mcpServer""#,
            r#"DEBUG PARSER: key in configuration is for another program key="theme""#,
            r#"WARN PARSER: unknown key in configuration: did you mean `args`? server="s" key="arg""#,
            r#"DEBUG PARSER: key is for another program, and changes nothing here server="s" key="autoApprove""#,
            r#"WARN PARSER: unknown key in configuration is ignored server="s" key="colour""#,
        ]
        .map(|line| line.replace("PARSER", "mcp_bridge::config"))
    );
}

#[test]
fn keys_for_the_other_kind_of_server_are_warned_about() {
    let written = Written::default();
    let guard = written.collect();
    let text = r#"{"mcpServers": {
        "s": {"command": "c", "headers": {"a": "b"}, "caFile": "ca.pem"},
        "h": {"url": "https://example.org", "env": {"A": "b"}, "cwd": "/", "headers": {"a": "b"}}}}"#;
    let config = Config::parse(text, Path::new("mcp.json")).unwrap();
    for name in ["s", "h"] {
        config.server(name).unwrap();
    }
    drop(guard);
    let warning = |kind: &str, server: &str, key: &str| {
        format!(
            "WARN mcp_bridge::config: key is ignored: it is for a server with `{kind}` \
             server=\"{server}\" key=\"{key}\""
        )
    };
    assert_eq!(
        written.lines(),
        [
            warning("url", "s", "headers"),
            warning("url", "s", "caFile"),
            warning("command", "h", "env"),
            warning("command", "h", "cwd"),
        ]
    );
}

#[tokio::test]
async fn stray_ids_are_logged_with_a_rate_limit() {
    let written = Written::default();
    let guard = written.collect();
    let server = ok().await;
    let begun = Instant::now();
    for _ in 0..50 {
        let outcome = server.call("number-as-text", JsonObject::new()).await;
        outcome.unwrap_err();
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    drop(guard);
    let mut lines = written.lines();
    lines.retain(|line| line.contains("answer under an id that belongs to no request is dropped"));
    assert!(
        lines[0].starts_with("WARN mcp_bridge::stdio_transport"),
        "{}",
        lines[0]
    );
    assert!(
        !lines[0].contains("more="),
        "nothing is counted where nothing is left out: {}",
        lines[0]
    );
    // The text shows its quotes.
    assert!(
        lines[0].contains(r#"server="scripted" id="\""#),
        "{}",
        lines[0]
    );
    assert!(lines.len() <= 5 * (seconds + 1), "{}", lines.len());
}

#[tokio::test]
async fn stderr_of_a_server_becomes_events() {
    let written = Written::default();
    let guard = written.collect();
    let Err(_) = connect("exit-at-start", json!({})).await else {
        panic!("connected")
    };
    drop(guard);
    let lines = written.lines();
    let stderr = |text: &str| format!(r#"DEBUG server: {text} server="scripted""#);
    assert_eq!(lines.len(), 31, "{lines:?}");
    assert_eq!(lines[0], stderr("line 1"));
    assert_eq!(lines[30], stderr(" [31mno API key  given"));
}

#[tokio::test]
async fn log_of_a_server_becomes_events() {
    let written = Written::default();
    let guard = written.collect();
    let server = ok().await;
    server.call("log", JsonObject::new()).await.unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
    drop(guard);
    let event = r#"INFO server: disk [31m full server="scripted""#;
    let lines = written.lines();
    assert!(lines.iter().any(|line| line == event), "{lines:?}");
}

#[tokio::test]
async fn flood_of_log_lines_is_counted_and_dropped() {
    let written = Written::default();
    let guard = written.collect();
    let server = ok().await;
    for tool in ["flood", "flood-stderr", "echo"] {
        server.call(tool, JsonObject::new()).await.unwrap();
    }
    // What was dropped is reported with the next event that passes.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    server.call("log", JsonObject::new()).await.unwrap();
    server.call("echo", JsonObject::new()).await.unwrap();
    drop(guard);
    let lines = written.lines();
    assert!(lines.len() < 3000, "{}", lines.len());
    let dropped = lines.iter().any(|line| line.contains("too many log lines"));
    assert!(dropped, "the last of {}: {:?}", lines.len(), lines.last());
}

#[test]
fn key_that_stands_twice_is_warned_about() {
    let written = Written::default();
    let guard = written.collect();
    let text =
        r#"{"mcpServers": {"s": {"command": "a", "env": {"K": "1", "K": "2"}, "command": "b"}}}"#;
    let config = Config::parse(text, Path::new("mcp.json")).unwrap();
    config.server("s").unwrap();
    drop(guard);
    let warning = |key: &str| {
        format!(
            "WARN mcp_bridge::config: key stands twice, and only the last one counts: keep one server=\"s\" key=\"{key}\""
        )
    };
    assert_eq!(written.lines(), [warning("command"), warning("env.K")]);
}

/// The tools of a server, and the warnings about it.
async fn listed(mode: &str) -> (Vec<String>, Vec<String>) {
    let written = Written::default();
    let guard = written.collect();
    let server = crate::connect(mode, json!({})).await.unwrap();
    drop(guard);
    let names = server.tools().iter().map(|tool| tool.name.to_string());
    let warnings = written.lines().into_iter();
    let warnings = warnings.filter(|line| line.starts_with("WARN"));
    (names.collect(), warnings.collect())
}

#[tokio::test]
async fn page_that_is_refused_costs_no_page_before_it() {
    let (names, warnings) = listed("refused-page").await;
    assert_eq!(names, ["one"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let says =
        "page 2 of its tools is refused, and those of the pages before it are used: bad cursor";
    assert!(warnings[0].contains(says), "{warnings:?}");
}

#[tokio::test]
async fn list_without_an_object_around_it_is_used_and_named() {
    let (names, warnings) = listed("bare-list").await;
    assert_eq!(names, ["one"]);
    assert!(
        warnings[0].contains("it is a list, not an object with `tools`"),
        "{warnings:?}"
    );
    let Err(error) = crate::connect("text-list", json!({})).await else {
        panic!("connected")
    };
    assert_eq!(
        error.to_string(),
        "server `scripted` does not speak MCP as expected: its answer to `tools/list` is a text, not an object with `tools`"
    );
}

#[tokio::test]
async fn text_that_is_not_unicode_is_named_with_its_tool_and_its_place() {
    let (names, warnings) = listed("surrogates").await;
    assert_eq!(names, ["odd", "plain"]);
    assert!(
        warnings[0].contains("tool `odd`: `description`: text that is not Unicode"),
        "{warnings:?}"
    );
    let left_out = warnings.iter().filter(|line| line.contains("is left out"));
    let left_out: Vec<_> = left_out.collect();
    assert_eq!(left_out.len(), 1, "{warnings:?}");
    assert!(
        left_out[0].contains("its name is not Unicode"),
        "{warnings:?}"
    );
}
