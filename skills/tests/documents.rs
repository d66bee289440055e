//! The documents that are generated, whole: those of a skill and of a server, and those of real servers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::{checked, metadata, server, tokens, tools, tracker};
use mcp_skills::categories::Given;
use mcp_skills::document::{Described, Example, Facts, Source, Used, skill_md};
use mcp_skills::{Name, ServerFacts, page_name, reference_md, server_md};
use serde_json::{Value, json};

#[path = "../../tests/support/shared.rs"]
mod shared;

/// Compares with a file beside this one; `BLESS=1` writes it.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "`{name}` differs: read the change after `BLESS=1`\n{text}"
    );
}

#[test]
fn the_documents_of_a_skill_are_these() {
    let definitions = tracker();
    let used = ["list_issues", "add_comment"].map(|name| Used {
        server: "tracker",
        name,
        definition: definitions.iter().find(|tool| tool.name == name),
    });
    let input_schema = json!({
        "type": "object",
        "properties": {
            "repo": {"type": "string", "description": "Owner and name. For example `acme/shop`."},
            "days": {"type": "integer", "minimum": 1, "default": 30, "description": "Days without a word | or more."},
            "state": {"enum": ["open", "closed"]},
        },
        "required": ["repo"],
    });
    let input = json!({"repo": "acme/shop", "days": 14, "api_key": "abc"});
    let issues: Vec<Value> = (0..200)
        .map(|at| json!({"number": at, "title": "Crash\n```\n# x"}))
        .collect();
    let output = json!({"stale": issues, "checked": 412});
    let learned = mcp_skills::learned([&output]);
    let (name, metadata): (Name, _) = ("stale-issues".parse().unwrap(), metadata());
    let facts = Facts {
        name: &name,
        description: "Finds issues that wait for an answer, and asks for one. Use it for reports of stale issues.",
        license: Some("MIT"),
        compatibility: None,
        metadata: &metadata,
        words: &["stale".to_owned(), "issues".to_owned(), "triage".to_owned()],
        input: Some(Described {
            schema: &input_schema,
            source: Source::Declared,
        }),
        output: Some(Described {
            schema: &learned,
            source: Source::Learned { runs: 1 },
        }),
        tools: &used,
        example: Some(Example {
            input: &input,
            output: &output,
            run: Some("r_7f3k2m9q"),
        }),
    };
    let text = skill_md(&facts);
    golden("stale-issues.SKILL.md", &text);
    golden("stale-issues.REFERENCE.md", &reference_md(&facts));
    let (front, body) = checked(&text);
    assert_eq!(front.metadata, metadata);
    assert!(!body.contains("\"abc\""), "the key is shown");
}

#[test]
fn the_documents_of_a_server_are_these() {
    let [skill, reference] = server("tracker", &tracker());
    golden("tracker.SKILL.md", &skill);
    golden("tracker.REFERENCE.md", &reference);
    checked(&skill);
    let given = "[[category]]\ntitle = \"Work\"\ntools = [\"*issue*\"]\nkeywords = [\"bug\"]\n";
    let tools = tracker();
    let (name, (found, _)) = (
        page_name("tracker").unwrap(),
        Given::parse(given).unwrap().sort(&tools),
    );
    let facts = ServerFacts {
        name: &name,
        server: "tracker",
        tools: &tools,
        categories: &found,
        schemas: "0123",
    };
    let text = server_md(&facts);
    assert!(text.contains("\n### Work (3)\n\nKeywords: bug\n"), "{text}");
}

#[test]
fn the_contents_of_a_reference_lead_to_its_lines() {
    let [_, reference] = server("tracker", &tracker());
    let lines: Vec<&str> = reference.lines().collect();
    let mut count = 0;
    for entry in reference.lines().filter(|line| line.contains(": line ")) {
        let (name, line) = entry
            .strip_prefix("- ")
            .unwrap()
            .split_once(": line ")
            .unwrap();
        let line: usize = line.parse().unwrap();
        assert_eq!(lines[line - 1], format!("### {name}"), "{entry}");
        count += 1;
    }
    assert_eq!(count, tracker().len());
}

#[test]
fn pages_of_real_servers_name_every_tool_within_their_tokens() {
    let mut longest = 0;
    for path in shared::shared("schemas") {
        let tools = tools(&std::fs::read_to_string(&path).unwrap());
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let name = file.trim_end_matches(".tools.json");
        let [skill, reference] = server(name, &tools);
        let (_, body) = checked(&skill);
        longest = longest.max(tokens(&body));
        for tool in &tools {
            assert!(
                body.contains(&format!("`{}", tool.name)),
                "{file}: {} is missing",
                tool.name
            );
            assert!(
                reference.contains(&format!("\n### `{}`\n", tool.name)),
                "{file}: {}",
                tool.name
            );
        }
        if std::env::var_os("SHOW_TOKENS").is_some() {
            let (count, bytes) = (tools.len(), reference.len());
            #[allow(clippy::print_stdout, reason = "a person asked for it")]
            {
                println!(
                    "{name}: {count} tools, {} tokens, reference {bytes} bytes",
                    tokens(&body)
                );
            }
        }
    }
    assert!(longest == 0 || longest > 1_000, "{longest}");
}

#[test]
fn the_name_of_a_page_is_one_of_agentskills_io() {
    for (server, name) in [
        ("github", Some("github")),
        ("Google Workspace", Some("google-workspace")),
        ("a_b.c", Some("a-b-c")),
        ("", None),
    ] {
        assert_eq!(
            page_name(server).as_ref().map(Name::as_str),
            name,
            "{server}"
        );
    }
    for server in [
        "x".repeat(300),
        "Ü*".repeat(50),
        "--".to_owned(),
        "获取".to_owned(),
        "1st".to_owned(),
    ] {
        assert!(page_name(&server).is_some(), "{server}");
    }
}
