//! Configurations, good and bad, and what they mean.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;

mod clients;
mod mistakes;
mod timeouts;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/mcp.json"))
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn file_of_another_program_is_read_as_it_is() {
    let config = parse(
        r#"{
          // VS Code allows comments.
          "inputs": [],
          "servers": {
            "b": {"type": "stdio", "command": "npx", "args": ["-y", "x"], "env": null, "cwd": null},
            "a": {"type": "http", "url": "https://example.org/mcp", "headers": {"K": "v"}}
          },
          "mcpServers": {"c": {"command": "uvx", "disabled": true,
            "startup_timeout_sec": 1.5, "tool_timeout_sec": 90}}
        }"#,
    )
    .unwrap();
    assert_eq!(
        config.names().collect::<Vec<_>>(),
        ["b", "a", "c"],
        "in the order of the file"
    );
    assert_eq!(config.origin(), Some(Path::new("/etc/mcp.json")));
    let b = config.server("b").unwrap();
    assert_eq!(
        (b.startup_timeout, b.tool_timeout),
        (Duration::from_secs(30), Duration::from_secs(60))
    );
    assert!(
        matches!(&b.transport, Transport::Stdio { command, args, .. }
        if command == "npx" && args == &["-y", "x"])
    );
    assert!(
        matches!(&config.server("a").unwrap().transport, Transport::Http { url, .. }
        if url == "https://example.org/mcp")
    );
    let c = config.server("c").unwrap();
    assert!(c.disabled);
    assert_eq!(c.startup_timeout, Duration::from_millis(1500));
    assert_eq!(c.tool_timeout, Duration::from_secs(90));
}

#[test]
fn limits_and_cache_are_read_with_their_defaults() {
    let text = r#"{"mcpServers": {
        "plain": {"command": "c"},
        "bound": {"command": "c",
            "limits": {"concurrency": 4, "max_message_bytes": 2048, "max_tools": 3,
                "tools": {"a": {"calls_per_minute": 30}, "*": {"concurrency": 1}}},
            "cache": {"ttl_sec": 1.5, "max_bytes": 1000, "tools": ["a"]}},
        "cached": {"command": "c", "limits": {}, "cache": {}}}}"#;
    let config = parse(text).unwrap();
    let server = |name| config.server(name).unwrap();
    assert_eq!(server("plain").limits, CallLimits::default());
    assert_eq!(server("plain").cache, None);
    let rule = |concurrency, calls_per_minute| Rule {
        concurrency: NonZeroU32::new(concurrency),
        calls_per_minute: NonZeroU32::new(calls_per_minute),
    };
    let tools = vec![("a".to_owned(), rule(0, 30)), ("*".to_owned(), rule(1, 0))];
    let server_rule = rule(4, 0);
    assert_eq!(
        server("bound").limits,
        CallLimits {
            server: server_rule,
            tools
        }
    );
    let bounds = server("bound").bounds;
    assert_eq!((bounds.message, bounds.tools), (2048, 3));
    let bounds = server("plain").bounds;
    assert_eq!((bounds.message, bounds.tools), (16 << 20, 10_000));
    assert_eq!(
        server("bound").cache,
        Some(CachePolicy {
            ttl: Duration::from_millis(1500),
            max_bytes: 1000,
            tools: Some(vec!["a".to_owned()])
        })
    );
    assert_eq!(server("cached").limits, CallLimits::default());
    assert_eq!(
        server("cached").cache,
        Some(CachePolicy {
            ttl: Duration::from_secs(60),
            max_bytes: 16 << 20,
            tools: None
        })
    );
}

#[test]
fn search_goes_from_the_directory_to_the_user() {
    let with = |variables: &[(&str, &str)]| {
        candidates(|wanted| {
            variables
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value.into())
        })
    };
    let here = ["mcp.json", ".mcp.json"];
    assert_eq!(with(&[]), here.map(PathBuf::from));
    assert_eq!(
        with(&[("HOME", "/h")]),
        [here[0], here[1], "/h/.config/mcp-host/mcp.json"].map(PathBuf::from)
    );
    assert_eq!(
        with(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")])[2],
        Path::new("/x/mcp-host/mcp.json")
    );
    assert_eq!(
        with(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")])[2],
        Path::new("/h/.config/mcp-host/mcp.json")
    );
}

#[test]
fn file_beside_the_skill_is_found_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let skill = directory.path().join("skill");
    std::fs::create_dir(&skill).unwrap();
    let file = directory.path().join("mcp.json");
    std::fs::write(&file, r#"{"mcpServers": {"s": {"command": "c"}}}"#).unwrap();
    let component = directory.path().join("x.wasm");
    for skill in [&skill, &component] {
        assert!(beside(skill).contains(&file), "{}", skill.display());
    }
    assert_eq!(
        beside(&skill)[0],
        skill.join("mcp.json"),
        "its own directory first"
    );
    let found = beside(&skill).into_iter().find(|path| path.exists());
    let config = Config::discover(found.as_deref()).unwrap();
    assert_eq!(config.names().collect::<Vec<_>>(), ["s"]);
}

#[test]
fn explicit_file_must_exist() {
    let missing = Path::new("/no/such/mcp.json");
    let error = Config::discover(Some(missing)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration file `/no/such/mcp.json` does not exist"
    );
}

#[test]
fn error_about_an_unknown_server_names_the_known_ones() {
    let message = |config: &Config, name| config.server(name).unwrap_err().to_string();
    let config = parse(r#"{"mcpServers": {"github": {"command": "g"}, "time": {"command": "t"}}}"#);
    let config = config.unwrap();
    assert_eq!(
        message(&config, "gihub"),
        "server `gihub` is not in `/etc/mcp.json`; did you mean `github`? it has `github`, `time`"
    );
    assert_eq!(
        message(&config, "memory"),
        "server `memory` is not in `/etc/mcp.json`, which has `github`, `time`; add it to \
         `mcpServers`: {\"mcpServers\": {\"memory\": {\"command\": \"...\", \"args\": []}}}"
    );
    let empty = Config {
        servers: Vec::new(),
        origin: None,
        searched: vec!["mcp.json".into(), ".mcp.json".into()],
        notices: Arc::default(),
    };
    assert_eq!(
        message(&empty, "memory"),
        "server `memory` is not configured: none of `mcp.json`, `.mcp.json` exists; create one of \
         them with {\"mcpServers\": {\"memory\": {\"command\": \"...\", \"args\": []}}}"
    );
}

#[test]
fn secrets_are_not_shown() {
    let text = r#"{"mcpServers": {
        "s": {"command": "c", "args": ["--key=hunter2"], "env": {"TOKEN": "hunter2"}},
        "h": {"url": "https://hunter2@example.org/mcp?key=hunter2#hunter2",
              "headers": {"Authorization": "hunter2"}}}}"#;
    let config = parse(text).unwrap();
    let shown = format!("{config:?}");
    assert!(
        shown.contains("TOKEN") && shown.contains("Authorization"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    let address = config.server("h").unwrap().transport.to_string();
    assert_eq!(address, "https://example.org/mcp");
}
