//! Which worlds have no bindings in C (`docs/threats.md`), by the names that `wit-bindgen-c` gives, here compared with
//! its header.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../tests/support/shared.rs"]
mod shared;

use std::collections::BTreeSet;
use std::fs;

use mcp_codegen::c::{Names, names};
use mcp_codegen::{Catalog, Flavour, contract, package};
use serde_json::{Value, json};
use wit_bindgen_core::Files;
use wit_parser::{Resolve, WorldId};

use self::shared::shared;

/// A skill that imports these servers, each with its `tools/list` answer.
fn skill(servers: &[(&str, Value)]) -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let contract = contract::FILES.map(|(_, text)| text).concat();
    // One text says once which package it is.
    let header = "package mcp:tools@0.1.0;";
    let contract = format!("{header}{}", contract.replace(header, ""));
    resolve.push_str("mcp-tools.wit", &contract).unwrap();
    let mut imports = String::new();
    for (server, tools) in servers {
        let catalog = Catalog::parse(&tools.to_string()).unwrap();
        let package = package(server, &catalog.tools, Flavour::Sync).unwrap();
        resolve.push_str("tools.wit", &package.wit).unwrap();
        imports += &format!("import mcp-server:{}/tools;", package.label);
    }
    world(
        resolve,
        "",
        &format!("include mcp:tools/skill@0.1.0; {imports}"),
    )
}

fn world(mut resolve: Resolve, interfaces: &str, items: &str) -> (Resolve, WorldId) {
    let text = format!("package local:skill; {interfaces} world triage {{ {items} }}");
    let package = resolve.push_str("world.wit", &text).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    (resolve, world)
}

fn clashes(servers: &[(&str, Value)]) -> Vec<String> {
    let (resolve, world) = skill(servers);
    let names = names(&resolve, world, "skill");
    names.clashes.iter().map(ToString::to_string).collect()
}

/// A tool with these properties, all of them optional.
fn tool(name: &str, properties: Value) -> Value {
    json!({"name": name, "inputSchema": {"type": "object", "properties": properties}})
}

fn one_of(cases: &[&str]) -> Value {
    json!({"type": "string", "enum": cases})
}

#[test]
fn two_constants_of_one_server_with_one_name_are_found() {
    let tools = json!([tool(
        "x",
        json!({"status": one_of(&["closed", "open-x"]), "status_open": one_of(&["x", "y"])})
    )]);
    assert_eq!(
        clashes(&[("tracker", tools)]),
        [
            "case `open-x` of type `status` of server `tracker` and case `x` of type `status-open` of server `tracker` \
             have the same name in C, `MCP_SERVER_TRACKER_TOOLS_STATUS_OPEN_X`"
        ]
    );
}

#[test]
fn two_constants_of_one_value_do_no_harm() {
    let tools = json!([tool(
        "x",
        json!({"status": one_of(&["open-x", "closed"]), "status_open": one_of(&["x", "y"])})
    )]);
    assert_eq!(clashes(&[("tracker", tools)]), [""; 0]);
}

#[test]
fn constants_of_two_servers_with_one_name_are_found() {
    let status = json!([tool(
        "status",
        json!({"tools_mode": one_of(&["dry_run", "walk"])})
    )]);
    let apply = json!([tool(
        "apply",
        json!({"mode": one_of(&["erase_all", "dry_run"])})
    )]);
    assert_eq!(
        clashes(&[("git", status), ("git-tools", apply)]),
        [
            "type `tools-mode` of server `git` and type `mode` of server `git-tools` have the same name in C, \
             `mcp_server_git_tools_tools_mode_t`",
            "case `dry-run` of type `tools-mode` of server `git` and case `dry-run` of type `mode` of server `git-tools` \
             have the same name in C, `MCP_SERVER_GIT_TOOLS_TOOLS_MODE_DRY_RUN`"
        ]
    );
}

#[test]
fn functions_of_two_servers_with_one_name_are_found() {
    let one = json!([{"name": "tools_get"}]);
    let other = json!([{"name": "get"}]);
    assert_eq!(
        clashes(&[("github", one), ("github-tools", other)]),
        [
            "function `tools-get` of server `github` and function `get` of server `github-tools` have the same name in C, \
             `mcp_server_github_tools_tools_get`"
        ]
    );
}

#[test]
fn a_function_that_is_called_like_a_type_is_found() {
    let text = json!({"a": {"type": "string"}});
    let tools = json!([
        tool("issue", text.clone()),
        tool("issue_params_t", text.clone())
    ]);
    assert_eq!(
        clashes(&[("tracker", tools)]),
        [
            "type `issue-params` of server `tracker` and function `issue-params-t` of server `tracker` have the same name in C, \
             `mcp_server_tracker_tools_issue_params_t`"
        ]
    );
    let mut issue = tool("issue", text.clone());
    issue["inputSchema"]["required"] = json!(["a"]);
    let tools = json!([issue, tool("issue_params_free", text)]);
    assert_eq!(
        clashes(&[("tracker", tools)]),
        [
            "what frees type `issue-params` of server `tracker` and function `issue-params-free` of server `tracker` \
             have the same name in C, `mcp_server_tracker_tools_issue_params_free`"
        ]
    );
}

#[test]
fn a_type_that_is_called_like_a_list_of_another_is_found() {
    let object = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
    let tools = json!([tool(
        "x",
        json!({"foos": {"type": "array", "items": object("a")}, "list_foo": object("b"), "option_list_foo": object("c")})
    )]);
    let found = clashes(&[("tracker", tools)]);
    assert_eq!(
        found[0],
        "type `list-foo` of server `tracker` and an anonymous `list_foo` of server `tracker` \
         have the same name in C, `mcp_server_tracker_tools_list_foo_t`"
    );
}

#[test]
fn a_keyword_that_the_bindings_leave_is_found() {
    let text = json!({"type": "string"});
    let tools = json!([tool(
        "x",
        json!({"restrict": text, "int": text, "ret": text})
    )]);
    assert_eq!(
        clashes(&[("tracker", tools)]),
        [
            "field `restrict` of type `x-params` of server `tracker` has a name in C that is a keyword, `restrict`"
        ]
    );
}

/// Types, functions and constants of a header, as it declares them.
fn declared(header: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut identifiers, mut macros) = (BTreeSet::new(), BTreeSet::new());
    for line in header.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(rest) = line.strip_prefix("#define ") {
            let name = rest.split(' ').next().unwrap();
            if !name.starts_with("__BINDINGS") {
                macros.insert(name.to_owned());
            }
        } else if let Some(declaration) = line.strip_suffix(");") {
            let name = declaration.split('(').next().unwrap();
            identifiers.insert(name.rsplit([' ', '*']).next().unwrap().to_owned());
        } else if let Some(declaration) = line.strip_suffix(';')
            && (line.starts_with("typedef ") || (line.starts_with("} ") && line.ends_with("_t;")))
        {
            identifiers.insert(declaration.rsplit([' ', '*']).next().unwrap().to_owned());
        }
    }
    (identifiers, macros)
}

fn header(resolve: &Resolve, world: WorldId) -> String {
    let mut resolve = resolve.clone();
    mcp_codegen::without_docs(&mut resolve);
    let mut files = Files::default();
    let options = wit_bindgen_c::Opts {
        rename_world: Some("skill".to_owned()),
        ..wit_bindgen_c::Opts::default()
    };
    options
        .build()
        .generate(&mut resolve, world, &mut files)
        .unwrap();
    let (_, header) = files.iter().find(|(name, _)| *name == "skill.h").unwrap();
    String::from_utf8(header.to_vec()).unwrap()
}

fn same(what: &str, resolve: &Resolve, world: WorldId) -> Names {
    let names = names(resolve, world, "skill");
    let (identifiers, macros) = declared(&header(resolve, world));
    let own: BTreeSet<String> = names.identifiers.keys().cloned().collect();
    let differ: Vec<_> = own.symmetric_difference(&identifiers).collect();
    assert!(differ.is_empty(), "{what}: {differ:#?}");
    let own: BTreeSet<String> = names.macros.keys().cloned().collect();
    assert_eq!(own, macros, "{what}");
    names
}

#[test]
fn the_names_are_those_of_the_header() {
    let (resolve, world) = world(
        Resolve::default(),
        "interface tools {
           record point { x: u64, y: option<f64> }
           enum status { to-do, done }
           flags rights { read, write-all }
           variant shape { nothing, dot(point), raw(list<u8>), both(tuple<status, string>) }
           type names = list<string>;
           type also-names = names;
           resource file { constructor(at: string); read: func() -> result<list<u8>>; open: static func() -> file; }
           ask: func(p: point, all: list<list<shape>>, f: borrow<file>) -> result<option<names>, status>;
           sizes: func() -> tuple<u8, s64>;
           void: func() -> result;
           may: func() -> rights;
         }
         interface other {
           use tools.{file, point as place};
           flags first { read }
           ask: func(f: file, at: option<place>) -> list<first>;
         }",
        "import tools;
         import other;
         import inline: interface { say: func(); }
         record mine { a: list<string>, b: option<string> }
         import say: func(text: mine) -> option<list<string>>;
         export run: func(m: mine) -> result<string, string>;
         export answers: interface { record answer { a: list<u8> } get: func() -> answer; }",
    );
    same("every kind", &resolve, world);
}

/// Real servers clash nowhere, and neither does the contract.
#[test]
fn the_names_of_real_servers_are_those_of_the_header() {
    let (resolve, world) = skill(&[]);
    same("no server", &resolve, world);
    for file in shared("schemas") {
        let Some(server) = file.to_str().unwrap().strip_suffix(".tools.json") else {
            continue;
        };
        let server = server.rsplit('/').next().unwrap();
        let tools = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let (resolve, world) = skill(&[(server, tools)]);
        let names = same(server, &resolve, world);
        assert_eq!(names.clashes, [], "{server}");
    }
}
