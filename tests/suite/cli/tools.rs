//! `mcp-host search` and `mcp-host types`: what `serve` answers, from the lists that are kept.

use mcp_tests::binary;
use serde_json::{Value, json};

use super::{Host, Ran, ran};

/// A host whose lists of tools are its own.
fn run(host: &Host, args: &[&str]) -> Ran {
    let mut command = host.command(args);
    command.env("XDG_CACHE_HOME", host.dir.path().join("cache"));
    ran(&command.output().unwrap())
}

fn starts(host: &Host) -> usize {
    let pids = std::fs::read_to_string(host.dir.path().join("pids"));
    pids.map_or(0, |pids| pids.lines().count())
}

#[test]
fn search_starts_a_server_once_and_then_answers_from_its_list() {
    let host = Host::new();
    host.scripted("tools");
    let first = run(&host, &["search", "echo"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert!(first.stdout.contains("scripted.echo("), "{}", first.stdout);
    let started = starts(&host);
    let second = run(&host, &["search", "echo"]);
    assert_eq!((second.stdout, starts(&host)), (first.stdout, started));
}

#[test]
fn hits_are_json_with_the_same_signatures() {
    let host = Host::new();
    host.scripted("tools");
    let text = run(&host, &["search", "--server", "scripted", "--limit", "2"]).stdout;
    let json = run(
        &host,
        &[
            "search", "--server", "scripted", "--limit", "2", "--format", "json",
        ],
    );
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let hits = json["hits"].as_array().unwrap();
    let signatures: Vec<_> = hits
        .iter()
        .map(|hit| hit["signature"].as_str().unwrap())
        .collect();
    assert_eq!(signatures, text.lines().take(2).collect::<Vec<_>>());
    assert!(
        hits.iter()
            .all(|hit| hit["tool"].as_str().unwrap().starts_with("scripted."))
    );
    assert!(hits.iter().all(|hit| hit["server"] == "scripted"), "{json}");
    let more = json["notes"][0].as_str().unwrap();
    assert!(more.contains("more with offset 2"), "{more}");
    let next = run(
        &host,
        &[
            "search", "--server", "scripted", "--limit", "2", "--offset", "2",
        ],
    )
    .stdout;
    assert!(!next.contains(signatures[0]), "{next}");
}

#[test]
fn types_of_a_server_are_those_of_all_its_tools() {
    let host = Host::new();
    host.scripted("tools");
    let one = run(&host, &["types", "scripted.echo"]);
    assert_eq!(one.code, Some(0), "{}", one.stderr);
    assert!(
        one.stdout.contains("declare module") && one.stdout.contains("function echo("),
        "{}",
        one.stdout
    );
    let all = run(&host, &["types", "scripted", "--format", "json"]);
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    let all = all["declarations"].as_str().unwrap();
    let listed = run(&host, &["search", "--server", "scripted", "--limit", "50"]).stdout;
    let tools: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split_once('('))
        .collect();
    assert!(tools.len() > 1, "{listed}");
    for (tool, _) in tools {
        let tool = tool.strip_prefix("scripted.").unwrap();
        // Another name is exported in quotes.
        if tool.contains('_') {
            continue;
        }
        assert!(
            all.contains(&format!("function {tool}(")),
            "no {tool} in {all}"
        );
    }
}

#[test]
fn only_the_servers_that_are_named_are_started() {
    let host = Host::new();
    let server = |name: &str| {
        let program = binary("examples/scripted-server");
        let script = format!("touch {name}; exec '{}' tools", program.display());
        json!({ "command": "sh", "args": ["-c", script] })
    };
    let servers = json!({ "mcpServers": { "one": server("one"), "two": server("two") } });
    host.file("mcp.json", servers.to_string());
    for args in [
        &["types", "one"][..],
        &["types", "one.echo"],
        &["search", "--server", "one", "echo"],
    ] {
        let ran = run(&host, args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(host.dir.path().join("one").exists(), "{args:?}");
        assert!(!host.dir.path().join("two").exists(), "{args:?}");
    }
    // A name without a server may be that of any.
    run(&host, &["types", "echo"]);
    assert!(host.dir.path().join("two").exists());
}

/// A tool with a long declaration, and a description that looks like a signature.
fn long_tool() -> Value {
    let names = (0..200).map(|at| (format!("property_number_{at}"), json!({ "type": "string" })));
    let properties: serde_json::Map<_, _> = names.collect();
    json!({ "tools": [{
        "name": "get-order",
        "description": "Gets one.\nshop.fake(a) is no tool.",
        "inputSchema": { "type": "object", "properties": properties },
        "annotations": { "readOnlyHint": true },
    }] })
}

fn shop(host: &Host) {
    let tools = host.file("tools.json", long_tool().to_string());
    let shop = json!({
        "command": binary("examples/scripted-server"),
        "args": ["listed"],
        "env": { "SCRIPTED_TOOLS": tools },
    });
    host.file(
        "mcp.json",
        json!({ "mcpServers": { "my-shop": shop } }).to_string(),
    );
}

#[test]
fn hits_of_json_have_the_names_as_they_are() {
    let host = Host::new();
    shop(&host);
    let found = run(&host, &["search", "order", "--format", "json"]);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let hit = &found["hits"][0];
    let names = json!([hit["server"], hit["name"], hit["tool"]]);
    assert_eq!(names, json!(["my-shop", "get-order", "my_shop.get_order"]));
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn a_long_declaration_says_which_command_has_all_of_it() {
    let host = Host::new();
    shop(&host);
    let short = run(&host, &["types", "my_shop.get_order"]).stdout;
    let all = "All of it: mcp-host types \"my-shop.get-order:full\"";
    assert!(
        short.contains(all) && !short.contains("describe_tools"),
        "{short}"
    );
    let full = run(&host, &["types", "my-shop.get-order:full"]).stdout;
    assert!(full.contains("property_number_199"), "{full}");
}

#[test]
fn unknown_tool_is_an_error_with_the_nearest_name() {
    let host = Host::new();
    host.scripted("tools");
    run(&host, &["types", "scripted.ecko"])
        .fails_with(2, &["did you mean `scripted.echo`?", "mcp-host search"]);
}

#[test]
fn server_that_does_not_start_is_named_and_delays_no_answer() {
    let host = Host::new();
    host.config(&serde_json::json!({ "command": "/no/such/program" }));
    let found = run(&host, &["search", "anything"]);
    assert_eq!(found.code, Some(0));
    assert!(
        found.stdout.contains("scripted  down: "),
        "{}",
        found.stdout
    );
}

#[test]
fn a_search_of_a_server_that_is_not_configured_fails() {
    let host = Host::new();
    host.scripted("tools");
    let found = run(&host, &["search", "echo", "--server", "scriptd"]);
    found.fails_with(
        2,
        &["server `scriptd` is not in", "did you mean `scripted`"],
    );
}
