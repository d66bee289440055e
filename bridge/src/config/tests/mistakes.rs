//! What is wrong with a file or an entry, and where it says so.

use super::*;

#[test]
fn file_of_yaml_is_named_as_such() {
    let file = Path::new("/etc/goose.yaml");
    let error = Config::parse("extensions:\n  lab:\n    cmd: c\n", file).unwrap_err();
    let says =
        "not valid JSON: unexpected word; YAML is not read: write its servers as {\"mcpServers\":";
    assert!(error.to_string().contains(says), "{error}");
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
            "line 1 column 1: not valid JSON: unterminated object; the `{` of line 1 column 1 is not closed before line 1"
                .to_owned(),
        ),
        (
            message("{\n  \"mcpServers\": {\n    \"a\": {\n      \"args\": [\"}\"] // }\n  }\n}\n"),
            "line 1 column 1: not valid JSON: unterminated object; the `{` of line 3 column 10 is not closed before line 5"
                .to_owned(),
        ),
        (
            message("{\"mcpServers\": {\"a\": {\"command\": \"c\", \"env\": {\"K\": NaN}}}}"),
            "line 1 column 52: not valid JSON: `NaN` is not a value of JSON".to_owned(),
        ),
        (
            message(r#"{"mcpServers": {"a": {"command": "C:\Users\a"}}}"#),
            r#"line 1 column 37: not valid JSON: invalid escape: a backslash is written `\\`, as in "C:\\Users""#
                .to_owned(),
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
fn server_without_a_name_costs_itself() {
    let config = parse(r#"{"mcpServers": {"": {"command": "c"}, "a": {"command": "c"}}}"#).unwrap();
    let error = config.server("").unwrap_err().to_string();
    assert!(error.contains("its name is empty"), "{error}");
    assert!(config.server("a").is_ok());
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
            entry("{\"args\": [], \"comand\": \"c\"}"),
            "line 2 column 1: server `s`: has neither `command` (a program to start) \
             nor `url` (a server to call); did you mean `command` by `comand`?",
        ),
        (
            entry("{\"cmd\": \"c\"}"),
            "line 2 column 1: server `s`: has neither `command` (a program to start) \
             nor `url` (a server to call); did you mean `command` by `cmd`?",
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
            "line 2 column 1: server `s`: `type` says that it is called over HTTP, and it has a `command`: \
             write `\"type\": \"stdio\"`, or leave `type` out",
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
fn entry_that_is_not_understood_fails_where_it_is_used_even_if_it_is_disabled() {
    let text = r#"{"servers": {"ide": {"type": "ide", "disabled": true}, "x": null, "good": {"command": "c"}}}"#;
    let (config, notices) = Config::read(text, Path::new("mcp.json")).unwrap();
    assert!(config.is_disabled("ide") && !config.is_disabled("x"));
    assert_eq!(config.names().collect::<Vec<_>>(), ["ide", "x", "good"]);
    assert_eq!(notices, []);
    for (name, says) in [
        ("ide", "server `ide`, key `type`: `ide` is not supported"),
        ("x", "server `x`: found null, expected an object"),
    ] {
        let error = config.server(name).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
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
