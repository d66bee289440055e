//! What a client gets to see before any script runs: three tools, the instructions, hits and declarations.

use serde_json::{Value, json};

use super::{Session, configure, host, scripted};
use crate::cli::Host;

fn tools(session: &mut Session) -> Value {
    session.request("tools/list", &json!({}))["result"]["tools"].take()
}

#[test]
fn the_surface_is_three_tools_whatever_is_connected() {
    let host = host();
    let listed = tools(&mut Session::open(&host));
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["search_tools", "describe_tools", "run_script"]);
    for tool in listed.as_array().unwrap() {
        assert_eq!(tool["_meta"]["anthropic/alwaysLoad"], true, "{tool}");
        assert!(tool.get("outputSchema").is_none(), "{tool}");
    }
    let empty = Host::new();
    configure(&empty, &json!({}));
    let other = tools(&mut Session::open(&empty));
    assert_eq!(listed.to_string(), other.to_string());
}

#[test]
fn a_client_may_keep_the_list_of_tools() {
    let mut session = Session::open(&host());
    let listed = session.request("tools/list", &json!({}))["result"].take();
    assert_eq!(listed["ttlMs"], 86_400_000, "{listed}");
    assert_eq!(listed["cacheScope"], "public", "{listed}");
}

#[test]
fn the_instructions_name_the_servers() {
    let host = Host::new();
    configure(&host, &json!({ "first": scripted(), "second": scripted() }));
    let session = Session::open(&host);
    let text = session.instructions();
    let (names, rest) = text.split_once(". ").unwrap();
    assert!(names.starts_with("Connected: first"), "{text}");
    assert!(names.contains(", second"), "{text}");
    assert!(
        rest.starts_with("Search here before saying that something cannot be done."),
        "{text}"
    );
}

#[test]
fn a_disabled_server_is_not_named() {
    let host = Host::new();
    let mut off = scripted();
    off["disabled"] = true.into();
    configure(&host, &json!({ "on": scripted(), "off": off }));
    let session = Session::open(&host);
    let text = session.instructions();
    assert!(
        text.contains("Connected: on") && !text.contains("off"),
        "{text}"
    );
}

#[test]
fn a_search_finds_a_tool_as_a_signature_that_says_what_it_may_do() {
    let host = host();
    let mut session = Session::open(&host);
    let text = session.search_until("echo", "scripted.echo(");
    let hit = text
        .lines()
        .find(|line| line.starts_with("scripted.echo("))
        .unwrap();
    assert!(hit.contains("[writes]"), "{hit}");
    let text = session.search_until("read-die-once", "die");
    let hit = text.lines().find(|line| line.contains("read"));
    assert!(
        hit.is_some_and(|hit| !hit.contains("[writes]")),
        "`read-die-once` only reads:\n{text}"
    );
}

#[test]
fn a_hit_says_that_the_user_is_asked_about_its_calls() {
    let host = host();
    let mut session = Session::open(&host);
    for (tool, asks) in [("pid", true), ("echo", false)] {
        let start = format!("scripted.{tool}(");
        let text = session.search_until(tool, &start);
        let hit = text.lines().find(|line| line.starts_with(&start)).unwrap();
        assert_eq!(hit.contains(" [asks user] [writes]"), asks, "{hit}");
    }
}

#[test]
fn a_search_without_a_query_lists_the_servers() {
    let host = host();
    let mut session = Session::open(&host);
    let text = session.search_until("", " tools\n");
    assert!(text.starts_with("Servers:\nscripted  "), "{text}");
}

#[test]
fn a_search_that_finds_nothing_shows_the_nearest_names() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted.echo(");
    let text = session.search("qqqqzzzz");
    assert!(text.starts_with("nothing found for \"qqqqzzzz\""), "{text}");
    assert!(text.contains("nearest: scripted."), "{text}");
}

#[test]
fn hits_come_in_pages() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted.echo(");
    let mut page = |offset: u32| {
        let asked = json!({ "server": "scripted", "limit": 3, "offset": offset });
        session.call("search_tools", &asked).text
    };
    let (first, second) = (page(0), page(3));
    assert!(
        first.contains("1 to 3 of ") && first.ends_with("more with offset 3"),
        "{first}"
    );
    assert!(second.contains("4 to 6 of "), "{second}");
    let hits = |text: &str| {
        let hits = text.lines().filter(|line| line.starts_with("scripted."));
        hits.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(hits(&first).len(), 3, "{first}");
    assert!(
        hits(&first).iter().all(|hit| !hits(&second).contains(hit)),
        "{first}\n{second}"
    );
    assert!(page(1_000).starts_with("no more: "));
}

#[test]
fn describe_gives_the_declaration_of_a_tool() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted.echo(");
    for name in ["scripted.echo", "scripted/echo", "echo"] {
        let answer = session.call("describe_tools", &json!({ "names": [name] }));
        assert!(!answer.is_error, "{name}: {}", answer.text);
        for part in [
            "declare module \"mcp-server:scripted/tools\"",
            "export function echo(args",
            "Promise<unknown>",
        ] {
            assert!(
                answer.text.contains(part),
                "{name}: no `{part}` in:\n{}",
                answer.text
            );
        }
        assert!(!answer.text.contains("function sleep"), "{}", answer.text);
    }
}

#[test]
fn the_name_in_a_hit_is_understood_everywhere() {
    let host = Host::new();
    host.settings("[policy]\nallow = [\"my-server/echo\"]\n");
    configure(&host, &json!({ "my-server": scripted() }));
    let mut session = Session::open(&host);
    session.search_until("echo", ".echo(");
    let text = session.search("echo");
    let (server, _) = text.split_once(".echo(").unwrap();
    let names = json!({ "names": [format!("{server}.echo")] });
    let answer = session.call("describe_tools", &names);
    assert!(!answer.is_error, "{}", answer.text);
    let asked = json!({ "query": "echo", "server": server });
    let answer = session.call("search_tools", &asked);
    assert!(answer.text.contains(".echo("), "{}", answer.text);
    let import =
        format!("import {{ echo }} from \"mcp:{server}\";\nexport default await echo({{}});");
    assert_eq!(session.result(&import).1, "\"{}\"");
    let member = format!("export default await {server}.echo({{}});");
    assert_eq!(session.result(&member).1, "\"{}\"");
}

#[test]
fn describe_names_what_it_does_not_find() {
    let host = host();
    let mut session = Session::open(&host);
    session.search_until("echo", "scripted.echo(");
    let asked = json!({ "names": ["scripted.echo", "scripted.nothing"] });
    let answer = session.call("describe_tools", &asked);
    assert!(!answer.is_error, "{}", answer.text);
    assert!(
        answer.text.contains("// no tool `scripted.nothing`"),
        "{}",
        answer.text
    );
    let answer = session.call("describe_tools", &json!({ "names": ["scripted.nothing"] }));
    assert!(answer.is_error, "{}", answer.text);
    let answer = session.call("describe_tools", &json!({ "names": [] }));
    assert!(
        answer.is_error && answer.text.contains("`names` is empty"),
        "{}",
        answer.text
    );
}

#[test]
fn a_tool_that_is_not_there_is_an_error_that_names_the_way() {
    let host = host();
    let mut session = Session::open(&host);
    let asked = json!({ "name": "echo", "arguments": {} });
    let answer = session.request("tools/call", &asked);
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("there is no tool `echo`") && message.contains("`search_tools`"),
        "{message}"
    );
}
