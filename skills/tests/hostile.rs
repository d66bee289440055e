//! Texts of servers and users in the documents: none of them breaks out of its place, and none is too long.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::{Duration, Instant};

use common::{checked, metadata, server, tools};
use mcp_skills::document::{Described, Example, Facts, Source, Used, skill_md};
use mcp_skills::{LONGEST_REFERENCE, Name, front_matter, reference_md};
use serde_json::{Map, Value, json};

/// Texts that would do something in Markdown, in front matter, in HTML, in a shell or in a terminal.
const HOSTILE: [&str; 14] = [
    "```\n# INJECTED\n```",
    "````\n# INJECTED",
    "~~~\n# INJECTED",
    "a\n---\nname: INJECTED\n---\n# INJECTED",
    "\n# INJECTED\n\n## INJECTED",
    "| INJECTED |\n|---|\n| x |",
    "<!-- INJECTED --> <script>INJECTED</script> <img src=x>",
    "[INJECTED](http://evil.example) ![INJECTED](http://evil.example)",
    "\u{202e}INJECTED\u{2066}\u{200b}\u{feff}\u{e0041}",
    "'; INJECTED; echo '",
    "*/ INJECTED(); /*",
    "\x1b]0;INJECTED\x07\r\nINJECTED\u{2028}INJECTED\u{85}",
    "`INJECTED` ``INJECTED`` `",
    "\\`INJECTED \\",
];

fn is_safe(text: &str) {
    let page = front_matter::read(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    assert_eq!(text.matches("\n---\n").count(), 1, "{text}");
    body_is_safe(page.body);
}

/// Nothing of a text is the start of a block, HTML, a link or a cell of its own, and each block of code ends.
fn body_is_safe(body: &str) {
    let mut fence: Option<usize> = None;
    for line in body.lines() {
        let is_shown = |char: char| mcp_bridge::text::is_safe(char) || char == '\t';
        assert!(line.chars().all(is_shown), "{line:?}");
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) => {
                if ticks >= open && line.len() == ticks {
                    fence = None;
                }
                continue;
            }
            None if ticks >= 3 && !line[ticks..].contains('`') => {
                fence = Some(ticks);
                continue;
            }
            None => line_is_safe(line),
        }
    }
    assert_eq!(fence, None, "a block of code does not end\n{body}");
}

fn line_is_safe(line: &str) {
    let text = without_code(line);
    for start in [
        "# INJECTED",
        "## INJECTED",
        "- # INJECTED",
        "---",
        "~~~",
        "<",
        "    ",
    ] {
        assert!(!text.starts_with(start), "{line:?}");
    }
    for part in ["<script", "<!--", "<img", "[INJECTED]"] {
        let at = text.find(part);
        let is_escaped = at.is_some_and(|at| text[..at].ends_with('\\'));
        assert!(at.is_none() || is_escaped, "{part} in {line:?}");
    }
    if line.starts_with('|') {
        let bars = text
            .replace("\\\\", "")
            .replace("\\|", "")
            .matches('|')
            .count();
        assert!((4..=5).contains(&bars), "{line:?}");
    }
}

/// The line without its code.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let slashes = out.len() - out.trim_end_matches('\\').len();
        if slashes % 2 == 1 {
            out.push('`');
            rest = &rest[at + 1..];
            continue;
        }
        let run = |text: &str| text.len() - text.trim_start_matches('`').len();
        let ticks = run(&rest[at..]);
        let after = &rest[at + ticks..];
        let mut from = 0;
        let end = loop {
            let found = after[from..].find('`');
            let found = found.unwrap_or_else(|| panic!("code does not end: {line:?}")) + from;
            let length = run(&after[found..]);
            if length == ticks {
                break found;
            }
            from = found + length;
        };
        // A bar in a cell ends it, in code too.
        assert!(
            !line.starts_with('|') || !after[..end].replace("\\|", "").contains('|'),
            "{line:?}"
        );
        rest = &after[end + ticks..];
    }
    out.push_str(rest);
    out
}

fn tool(name: &str, text: &str) -> Value {
    json!({
        "name": name, "title": text, "description": text,
        "inputSchema": {
            "type": "object", "description": text, "required": ["a", text],
            "properties": {"a": {"type": "string", "description": text, "enum": [text, "x"]}, (text): {"default": text}},
        },
        "outputSchema": {"type": "object", "title": text, "properties": {(text): {"type": "string", "description": text}}},
        "annotations": {"title": text, "readOnlyHint": true},
    })
}

#[test]
fn texts_of_servers_and_users_break_out_of_nothing() {
    for text in HOSTILE {
        let listed =
            json!({"tools": [tool(text, text), tool("get_issue", text), tool("a|b`c", text)]});
        let tools = tools(&listed.to_string());
        for named in [text, "plain"] {
            let [skill, reference] = server(named, &tools);
            is_safe(&skill);
            body_is_safe(&reference);
        }
        let schema = json!({"type": "object", "properties": {(text): {"description": text}}, "required": [text]});
        let value = json!({(text): text, "list": [text]});
        let (name, mut metadata): (Name, _) = ("a-b".parse().unwrap(), metadata());
        metadata.insert("note".to_owned(), text.to_owned());
        let used = tools.iter().map(|tool| Used {
            server: text,
            name: &tool.name,
            definition: Some(tool),
        });
        let used: Vec<Used<'_>> = used.collect();
        let described = Some(Described {
            schema: &schema,
            source: Source::Declared,
        });
        let facts = Facts {
            name: &name,
            description: text,
            license: Some(text),
            compatibility: Some(text),
            metadata: &metadata,
            words: &[text.to_owned()],
            input: described,
            output: described,
            tools: &used,
            example: Some(Example {
                input: &value,
                output: &value,
                run: Some(text),
            }),
        };
        let page = skill_md(&facts);
        is_safe(&page);
        body_is_safe(&reference_md(&facts));
        assert_eq!(front_matter::read(&page).unwrap().front.metadata, metadata);
        let plain = Facts {
            compatibility: None,
            example: None,
            input: None,
            words: &[],
            ..facts
        };
        is_safe(&skill_md(&plain));
    }
}

#[test]
fn huge_catalogs_stay_within_tokens_bytes_and_time() {
    let words = [
        "😀".repeat(300),
        "menu 获取所有菜谱".repeat(100),
        "xq7Zk ".repeat(400),
        "\\`|<[".repeat(200),
    ];
    for words in &words {
        let start: String = words.chars().take(20).collect();
        let listed = (0..1_200).map(|at| tool(&format!("{at}_{start}"), words));
        let listed: Vec<Value> = listed.collect();
        let tools = tools(&json!({"tools": listed}).to_string());
        let started = Instant::now();
        let [skill, reference] = server("big", &tools);
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{:?}",
            started.elapsed()
        );
        let (_, body) = checked(&skill);
        assert!(body.contains(" more"), "the cut is not said\n{body}");
        assert!(reference.len() <= LONGEST_REFERENCE, "{}", reference.len());
        assert!(reference.contains("are left out"), "the cut is not said");
        let used = tools.iter().map(|tool| Used {
            server: words,
            name: &tool.name,
            definition: Some(tool),
        });
        let used: Vec<Used<'_>> = used.collect();
        let properties =
            (0..2_000).map(|at| (format!("{at}{words}"), json!({"description": words})));
        let schema = json!({"type": "object", "properties": properties.collect::<Map<_, _>>()});
        let value = json!(vec![json!({"a": words}); 5_000]);
        let (name, metadata): (Name, _) = ("a-b".parse().unwrap(), metadata());
        let described = Some(Described {
            schema: &schema,
            source: Source::Learned { runs: 2 },
        });
        let many = vec![words.clone(); 50];
        let facts = Facts {
            name: &name,
            description: words,
            license: None,
            compatibility: None,
            metadata: &metadata,
            words: &many,
            input: described,
            output: described,
            tools: &used,
            example: Some(Example {
                input: &value,
                output: &value,
                run: None,
            }),
        };
        checked(&skill_md(&facts));
        let reference = reference_md(&facts);
        assert!(
            reference.len() <= LONGEST_REFERENCE + (1 << 10),
            "{}",
            reference.len()
        );
        assert!(reference.contains("are left out"), "the cut is not said");
    }
}
