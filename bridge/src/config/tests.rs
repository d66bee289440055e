//! Configurations, good and bad, and what they mean.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;

mod clients;

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
fn each_mistake_of_a_file_says_where_it_is() {
    let shape = r#"write {"mcpServers": {"NAME": {"command": "...", "args": []}}}"#;
    let cases = [
        (
            message("{\n  \"mcpServers\": {,}\n}"),
            "line 2 column 18: not valid JSON: unexpected token in object".to_owned(),
        ),
        (
            message("{\"mcpServers\": {}"),
            "line 1 column 1: not valid JSON: unterminated object".to_owned(),
        ),
        (
            message("{} {}"),
            "line 1 column 4: not valid JSON: text cannot contain more than one JSON value"
                .to_owned(),
        ),
        (
            message("{'a': 1}"),
            "line 1 column 2: not valid JSON: single-quoted strings are not allowed".to_owned(),
        ),
        (
            message("\n // nothing\n"),
            format!("line 1 column 1: the file is empty: {shape}"),
        ),
        (
            message("[]"),
            format!("line 1 column 1: found a list, expected an object with `mcpServers`: {shape}"),
        ),
        (
            message("{\"mcpServers\": 3}"),
            format!(
                "line 1 column 16: key `mcpServers`: found a number, \
                 expected an object of servers by name: {shape}"
            ),
        ),
        (
            message("{\"mcp\": {\"servers\": [{\"command\": \"c\"}]}}"),
            format!(
                "line 1 column 21: key `mcp.servers`: found a list, \
                 expected an object of servers by name: {shape}"
            ),
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
// Long: one entry for each mistake.
fn each_mistake_of_an_entry_says_where_it_is() {
    let entry = |entry: &str| {
        let text =
            format!("{{\"mcpServers\": {{\"good\": {{\"command\": \"c\"}}, \"s\":\n{entry}}}}}");
        let config = parse(&text).unwrap();
        assert!(
            config.server("good").is_ok(),
            "another server is usable: {entry}"
        );
        config.server("s").unwrap_err().to_string()
    };
    let cases = [
        (
            entry("true"),
            "line 2 column 1: server `s`: found true, expected an object with `command` or `url`",
        ),
        (
            entry("null"),
            "line 2 column 1: server `s`: found null, expected an object with `command` or `url`",
        ),
        (
            entry("\"https://example.org/mcp\""),
            "line 2 column 1: server `s`: found a string, expected an object with `command` or `url`",
        ),
        (
            entry("{\"command\": \"c\",\n\"args\": \"x\"}"),
            "line 3 column 9: server `s`, key `args`: found a string, \
             expected a list of strings, such as [\"--flag\", \"value\"]",
        ),
        (
            entry("{\"command\": \"c\", \"args\": [\"x\", {}]}"),
            "line 2 column 32: server `s`, key `args[1]`: found an object, expected a string",
        ),
        (
            entry("{\"command\": []}"),
            "line 2 column 13: server `s`, key `command`: found an empty list, \
             expected the program as a string",
        ),
        (
            entry("{\"command\": \"c\", \"env\": {\"PORT\": []}}"),
            "line 2 column 34: server `s`, key `env.PORT`: found a list, expected a string",
        ),
        (
            entry("{\"command\": \"c\", \"env\": []}"),
            "line 2 column 25: server `s`, key `env`: found a list, expected an object of strings",
        ),
        (
            entry("{\"command\": \"c\", \"tool_timeout_sec\": 0}"),
            "line 2 column 38: server `s`, key `tool_timeout_sec`: \
             `0` is not a number of seconds above 0",
        ),
        (
            entry("{\"command\": \"c\", \"limits\": {\"max_message_bytes\": 1000}}"),
            "line 2 column 50: server `s`, key `limits.max_message_bytes`: \
             `1000` is not a whole number from 1024 to 4294967295",
        ),
        (
            entry("{\"args\": []}"),
            "line 2 column 1: server `s`: has neither `command` (a program to start) \
             nor `url` (a server to call)",
        ),
        (
            entry("{\"mcpServers\": {\"s\": {\"command\": \"c\"}}}"),
            "line 2 column 1: server `s`: has servers of its own in `mcpServers`: \
             move them up, beside this entry",
        ),
        (
            entry("{\"command\": \"c\", \"url\": \"u\"}"),
            "line 2 column 1: server `s`: has both `command` and `url`: keep one of them",
        ),
        (
            entry("{\"command\": \"c\", \"type\": \"http\"}"),
            "line 2 column 1: server `s`: `type` is `http`, but must be `stdio` with `command`, \
             or `http`, `streamable-http` or `sse` with `url`",
        ),
        (
            entry("{\"type\": \"ws\", \"url\": \"ws://localhost\"}"),
            "line 2 column 10: server `s`, key `type`: `ws` is not supported: write `stdio` with \
             `command`, or `http`, `streamable-http` or `sse` with `url`",
        ),
        (
            entry("{\"command\": \"c\", \"limits\": {\"tools\": {\"t\": {\"concurrency\": 1.5}}}}"),
            "line 2 column 60: server `s`, key `limits.tools.t.concurrency`: \
             `1.5` is not a whole number from 1 to 4294967295",
        ),
        (
            entry("{\"command\": \"c\", \"cache\": true}"),
            "line 2 column 27: server `s`, key `cache`: found true, \
             expected an object, such as {\"ttl_sec\": 60}",
        ),
        (
            entry("{\"command\": \"c\"}, \"s\": {\"command\": \"d\"}"),
            "line 2 column 24: server `s`: there are two servers of this name",
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
fn entry_that_is_not_understood_is_one_warning_even_if_it_is_disabled() {
    let text = r#"{"servers": {"ide": {"type": "ide", "disabled": true}, "x": null, "good": {"command": "c"}}}"#;
    let (config, notices) = Config::read(text, Path::new("mcp.json")).unwrap();
    assert!(config.is_disabled("ide") && !config.is_disabled("x"));
    assert_eq!(config.names().collect::<Vec<_>>(), ["ide", "x", "good"]);
    let said: Vec<_> = notices
        .iter()
        .map(|notice| (notice.server.as_deref(), notice.quiet, &*notice.message))
        .collect();
    let broken = "entry is not understood: ";
    assert_eq!(
        said,
        [
            (
                Some("ide"),
                false,
                &*format!(
                    "{broken}key `type`: `ide` is not supported: write `stdio` with `command`, \
                     or `http`, `streamable-http` or `sse` with `url`"
                )
            ),
            (
                Some("x"),
                false,
                &*format!("{broken}found null, expected an object with `command` or `url`")
            ),
        ]
    );
}

#[test]
fn file_with_servers_in_an_unexpected_place_says_where_they_are() {
    let written = "where no server is read: write {\"mcpServers\": {\"s\": {...}}}";
    let cases = [
        (
            r#"{"s": {"command": "c"}}"#,
            "line 1 column 7: server `s` stands at the top of the file",
        ),
        (
            r#"{"mcpserver": {"s": {"url": "u"}, "t": {"command": ["c"]}}}"#,
            "line 1 column 15: servers `s`, `t` stand in `mcpserver`",
        ),
        (
            r#"{"mcpServers": {}, "projects": {"/home/u": {"mcpServers": {"s": {"command": "c"}}}}}"#,
            "line 1 column 59: server `s` stands in `projects./home/u.mcpServers`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(
            message(text),
            format!("`/etc/mcp.json` {expected}, {written}")
        );
    }
    let text = r#"{"mcpServers": {"a": {"command": "c"}}, "old": {"s": {"command": "c"}}}"#;
    let (config, notices) = Config::read(text, Path::new("mcp.json")).unwrap();
    assert_eq!(config.names().collect::<Vec<_>>(), ["a"]);
    assert_eq!(
        notices[0].message,
        format!("server `s` stands in `old`, {written}")
    );
    assert_eq!(
        parse("{}").unwrap().names().count(),
        0,
        "no server stands anywhere"
    );
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
fn unknown_server_is_told_what_there_is() {
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
