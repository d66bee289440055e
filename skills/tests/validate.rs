//! What `validate` finds: nothing in what this crate writes, and each fault with its place and what to do.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::tracker;
use mcp_skills::document::Example;
use mcp_skills::validate::{Checked, Imported, Recorded, Severity, entry_of, validate};
use mcp_skills::{About, Draft, ImportedTool, Kind, Name, Origin, SkillPath, documents};
use serde_json::{Value, json};

const SCRIPT: &str =
    "import { list_issues, add_comment } from \"mcp:tracker\";\nexport default 1;\n";

/// The directory of a skill as it is saved.
fn saved() -> Checked {
    let name: Name = "stale-issues".parse().unwrap();
    let definitions: Value =
        serde_json::from_str(include_str!("golden/tracker.tools.json")).unwrap();
    let definitions = definitions["tools"].as_array().unwrap().clone();
    let tools = definitions
        .into_iter()
        .filter(|tool| tool["name"] == "list_issues" || tool["name"] == "add_comment");
    let tools = tools.map(|tool| ImportedTool {
        server: "tracker".to_owned(),
        tool: serde_json::from_value(tool).unwrap(),
    });
    let mut draft = Draft::new(
        name,
        Kind::Script,
        "Finds stale issues.".to_owned(),
        SCRIPT.into(),
        tools.collect(),
        Origin::Path("x.ts".to_owned()),
    );
    let schema = json!({
        "type": "object",
        "properties": {"repo": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["repo"],
    });
    draft
        .files
        .insert(SkillPath::input_schema(), schema.to_string().into());
    let (input, output) = (json!({"repo": "acme/shop", "days": 3}), json!([1, 2]));
    let about = About {
        runs: &[Example {
            input: &input,
            output: &output,
            run: Some("r_7f3k2m9q"),
        }],
        ..About::default()
    };
    draft.files.insert(SkillPath::example(1), "{}\n".into());
    draft.files.extend(documents(&draft, 1, &about));
    draft.check().unwrap();
    let imported = ["list_issues", "addComment"].map(|tool| Imported {
        server: "tracker".to_owned(),
        tool: tool.to_owned(),
        line: Some(1),
    });
    let recorded = Recorded {
        input,
        output: Some(output),
    };
    Checked {
        directory: Some("stale-issues".to_owned()),
        files: draft.files,
        imported: Some(Ok(imported.to_vec())),
        examples: vec![(SkillPath::example(1), Ok(recorded))],
        ..Checked::default()
    }
}

fn edited(path: SkillPath, from: &str, to: &str) -> Checked {
    let mut checked = saved();
    let text = String::from_utf8(checked.files.remove(&path).unwrap()).unwrap();
    assert!(text.contains(from), "{from} is not in\n{text}");
    checked
        .files
        .insert(path, text.replacen(from, to, 1).into());
    checked
}

fn skill_md(from: &str, to: &str) -> Checked {
    edited(SkillPath::skill_md(), from, to)
}

/// Place and words of each finding, without its hint.
fn found(checked: &Checked) -> Vec<String> {
    let found = validate(checked);
    for finding in &found {
        assert!(!finding.hint.is_empty(), "{finding}");
    }
    let line = |finding: &mcp_skills::validate::Finding| {
        finding.to_string().lines().next().unwrap().to_owned()
    };
    found.iter().map(line).collect()
}

/// The line of a text of SKILL.md, from 1.
fn line(checked: &Checked, text: &str) -> usize {
    let page = String::from_utf8(checked.files[&SkillPath::skill_md()].clone()).unwrap();
    1 + page.lines().position(|line| line.contains(text)).unwrap()
}

#[test]
fn what_is_written_here_is_valid() {
    assert_eq!(found(&saved()), Vec::<String>::new());
    let checked = saved();
    let (path, bytes) = entry_of(&checked.files).unwrap();
    assert_eq!(
        (path.as_str(), bytes),
        ("scripts/stale-issues.ts", SCRIPT.as_bytes())
    );
}

#[test]
fn the_page_of_a_server_is_valid() {
    let [skill, reference] = common::server("tracker", &tracker());
    let files = [
        (SkillPath::skill_md(), skill),
        (SkillPath::reference_md(), reference),
    ];
    let checked = Checked {
        directory: Some("tracker".to_owned()),
        files: files
            .into_iter()
            .map(|(path, text)| (path, text.into_bytes()))
            .collect(),
        ..Checked::default()
    };
    assert_eq!(found(&checked), Vec::<String>::new());
}

#[test]
fn metadata_is_checked() {
    let mut other = saved();
    other.directory = Some("other".to_owned());
    assert_eq!(
        found(&other),
        ["SKILL.md:2:1: error: the name is `stale-issues`, and the directory `other`"]
    );
    assert_eq!(
        found(&skill_md("metadata:", "version: 1\nmetadata:")),
        ["SKILL.md:5:1: warning: `version` is no key of agentskills.io, and is ignored"]
    );
    assert_eq!(
        found(&skill_md(
            "description: Finds stale issues.",
            "description: Finds --- stale issues"
        )),
        ["SKILL.md:3:20: warning: `---` stands inside the front matter"]
    );
    assert_eq!(
        found(&skill_md(
            "mcp-host.version: \"1\"",
            "mcp-host.version: \"one\""
        )),
        {
            let at = line(&saved(), "mcp-host.version");
            [format!(
                "SKILL.md:{at}:3: error: `mcp-host.version` is no number"
            )]
        }
    );
    let broken = skill_md("description: Finds", "description: \"Finds");
    assert!(
        found(&broken)[0].starts_with("SKILL.md:"),
        "{:?}",
        found(&broken)
    );
    let mut none = saved();
    none.files.remove(&SkillPath::skill_md());
    assert_eq!(found(&none), ["SKILL.md: error: it is missing"]);
    let mut foreign = saved();
    foreign.files.insert(
        SkillPath::skill_md(),
        "---\nname: stale-issues\ndescription: x\n---\n".into(),
    );
    assert!(found(&foreign)[0].contains("warning: `metadata` has no `mcp-host.entry`"));
    assert_eq!(validate(&foreign)[0].severity, Severity::Warning);
}

#[test]
fn digests_are_compared() {
    let changed = edited(
        Kind::Script.entry(&"stale-issues".parse().unwrap()),
        "default 1",
        "default 2",
    );
    let at = line(&saved(), "mcp-host.digest");
    let findings = found(&changed);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].starts_with(&format!(
        "SKILL.md:{at}:3: error: `mcp-host.digest` is not that of the files"
    )));
    // An installed copy is one without recorded runs, and has the same digest.
    let mut installed = saved();
    installed.files.remove(&SkillPath::example(1));
    installed.examples.clear();
    assert_eq!(found(&installed), [""; 0]);
    let changed = edited(SkillPath::tools(), "newest first", "oldest first");
    let findings = found(&changed);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[1].contains("`mcp-host.schemas` is not that of the tools"),
        "{findings:?}"
    );
    let mut gone = saved();
    gone.files
        .remove(&Kind::Script.entry(&"stale-issues".parse().unwrap()));
    gone.imported = None;
    let missing = "the entry `scripts/stale-issues.ts` is missing";
    let findings = found(&gone);
    assert!(
        findings.iter().any(|line| line.contains(missing)),
        "{findings:?}"
    );
    let escaping = skill_md(
        "mcp-host.entry: \"scripts/",
        "mcp-host.entry: \"../scripts/",
    );
    assert!(
        found(&escaping)[0].contains("a part of a path"),
        "{:?}",
        found(&escaping)
    );
}

#[test]
fn imports_are_those_of_the_source() {
    let mut more = saved();
    let tool = |server: &str, tool: &str, line| Imported {
        server: server.to_owned(),
        tool: tool.to_owned(),
        line,
    };
    let imported = more.imported.as_mut().unwrap().as_mut().unwrap();
    imported.push(tool("tracker", "delete_issue", Some(7)));
    let what = "error: it imports `tracker/delete_issue`, and `mcp-host.imports` does not name it";
    assert_eq!(
        found(&more),
        [format!("scripts/stale-issues.ts:7:1: {what}")]
    );
    let mut fewer = saved();
    fewer.imported = Some(Ok(vec![tool("Tracker", "list-issues", None)]));
    let at = line(&fewer, "mcp-host.imports");
    let what = "`mcp-host.imports` names `tracker/add-comment`, and `scripts/stale-issues.ts` does not import it";
    assert_eq!(found(&fewer), [format!("SKILL.md:{at}:3: error: {what}")]);
    let mut unread = saved();
    unread.imported = Some(Err("no module".to_owned()));
    assert_eq!(
        found(&unread),
        ["scripts/stale-issues.ts: error: it is not read: no module"]
    );
}

#[test]
fn examples_fit_the_schema() {
    let mut wrong = saved();
    wrong.examples[0].1 = Ok(Recorded {
        input: json!({"repo": 3}),
        output: None,
    });
    let what =
        "its input does not fit assets/input.schema.json: at `/repo`: expected a string, got 3";
    assert_eq!(
        found(&wrong),
        [format!("assets/examples/1.jsonl:1:1: error: {what}")]
    );
    let mut unread = saved();
    unread.examples[0].1 = Err("cut off".to_owned());
    assert_eq!(
        found(&unread),
        ["assets/examples/1.jsonl: error: it is not read: cut off"]
    );
    let broken = edited(SkillPath::input_schema(), "{\"type\"", "{,\"type\"");
    let findings = found(&broken);
    assert!(
        findings
            .iter()
            .any(|line| line.starts_with("assets/input.schema.json:1:2: error: it is no JSON")),
        "{findings:?}"
    );
}

#[test]
fn documents_are_those_of_the_schema_and_the_imports() {
    let page = skill_md("| `days` |", "| `weeks` |");
    let at = line(&page, "| `weeks` |");
    assert_eq!(
        found(&page),
        [
            format!(
                "SKILL.md:{at}:1: error: the table names `weeks`, and assets/input.schema.json has no such property"
            ),
            format!(
                "SKILL.md:{at}:1: error: the table does not name `days` of assets/input.schema.json"
            ),
        ]
    );
    let page = skill_md("  \"days\": 3", "  \"days\": \"3\"");
    let findings = found(&page);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].contains("the input of the example does not fit"),
        "{findings:?}"
    );
    let page = skill_md("| `tracker/add_comment` |", "| `tracker/ping` |");
    let findings = found(&page);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].contains("the table names `tracker/ping`"),
        "{findings:?}"
    );
    assert!(
        findings[1].contains("the table does not name `tracker/add_comment`"),
        "{findings:?}"
    );
    let page = skill_md("(references/REFERENCE.md) has", "(references/OTHER.md) has");
    assert!(
        found(&page)[0].contains("warning: the link `references/OTHER.md` leads to no file"),
        "{:?}",
        found(&page)
    );
}

#[test]
fn text_that_a_person_does_not_see_is_found() {
    let entry = Kind::Script.entry(&"stale-issues".parse().unwrap());
    let hidden = edited(entry, "export default 1", "/* \u{202e} */ export default 1");
    let findings = found(&hidden);
    let seen = "scripts/stale-issues.ts:2:4: warning: the character \\u{202e} is not seen, or reorders what is";
    assert!(findings.iter().any(|line| line == seen), "{findings:?}");
    let long = skill_md(
        "## When to use it",
        &format!("{}\n\n## When to use it", "word ".repeat(6_000)),
    );
    assert!(
        found(&long)[0].contains("has more than about 5000 tokens"),
        "{:?}",
        found(&long)
    );
}
