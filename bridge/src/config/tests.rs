//! Configurations, good and bad, and what they mean.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;

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
// Long: one entry for each mistake.
fn each_mistake_says_where_it_is() {
    let entry = |entry: &str| message(&format!("{{\"mcpServers\": {{\"s\":\n{entry}}}}}"));
    let cases = [
        (
            message("{\n  \"mcpServers\": {,}\n}"),
            "line 2 column 18: not valid JSON: key must be a string",
        ),
        (
            message("{\"mcpServers\": {}"),
            "line 1 column 17: not valid JSON: EOF while parsing an object",
        ),
        (
            message("{} {}"),
            "line 1 column 4: not valid JSON: trailing characters",
        ),
        (
            message("[]"),
            "line 1 column 1: invalid type: sequence, expected an object with `mcpServers`",
        ),
        (
            message("{\"mcpServers\": 3}"),
            "line 1 column 16: key `mcpServers`: invalid type: integer `3`, \
             expected an object of servers by name",
        ),
        (
            entry("true"),
            "line 2 column 4: server `s`: invalid type: boolean `true`, \
             expected an object with `command` or `url`",
        ),
        (
            entry("{\"command\": \"c\",\n\"args\": \"x\"}"),
            "line 3 column 11: server `s`, key `args`: invalid type: string \"x\", \
             expected a sequence",
        ),
        (
            entry("{\"command\": \"c\", \"env\": {\"PORT\": 80}}"),
            "line 2 column 35: server `s`, key `env.PORT`: invalid type: integer `80`, \
             expected a string",
        ),
        (
            entry("{\"command\": \"c\", \"env\": []}"),
            "line 2 column 26: server `s`, key `env`: invalid type: sequence, \
             expected an object of strings",
        ),
        (
            entry("{\"command\": \"c\", \"tool_timeout_sec\": 0}"),
            "line 2 column 39: server `s`, key `tool_timeout_sec`: \
             `0` is not a number of seconds above 0",
        ),
        (
            entry("{\"command\": \"c\", \"limits\": {\"max_message_bytes\": 1000}}"),
            "line 2 column 54: server `s`, key `limits.max_message_bytes`: \
             `1000` is not a whole number from 1024 to 4294967295",
        ),
        (
            entry("{\"args\": []}"),
            "line 2 column 13: server `s`: has neither `command` (a program to start) \
             nor `url` (a server to call)",
        ),
        (
            entry("{\"command\": \"c\", \"url\": \"u\"}"),
            "line 2 column 29: server `s`: has both `command` and `url`: keep one of them",
        ),
        (
            entry("{\"command\": \"c\", \"type\": \"http\"}"),
            "line 2 column 33: server `s`: `type` is `http`, but must be `stdio` with `command`, \
             or `http`, `streamable-http` or `sse` with `url`",
        ),
        (
            entry("{\"command\": \"c\", \"limits\": {\"tools\": {\"t\": {\"concurrency\": 1.5}}}}"),
            "line 2 column 63: server `s`, key `limits.tools.t.concurrency`: \
             `1.5` is not a whole number from 1 to 4294967295",
        ),
        (
            entry("{\"command\": \"c\", \"cache\": true}"),
            "line 2 column 30: server `s`, key `cache`: invalid type: boolean `true`, \
             expected an object, such as {\"ttl_sec\": 60}",
        ),
        (
            entry("{\"command\": \"c\"}, \"s\": {\"command\": \"d\"}"),
            "line 2 column 21: server `s`: there are two servers of this name",
        ),
    ];
    let expected: Vec<String> = cases
        .iter()
        .map(|(_, expected)| format!("`/etc/mcp.json` {expected}"))
        .collect();
    let messages: Vec<String> = cases.into_iter().map(|(message, _)| message).collect();
    assert_eq!(messages.join("\n"), expected.join("\n"));
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
