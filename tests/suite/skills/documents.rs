//! The documents of skills and servers, as agents read them: `skills-ref` accepts each, and `validate` finds what is
//! wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_codegen::Catalog;
use mcp_skills::categories::categories;
use mcp_skills::document::{Described, Example, Facts, Source, Used, skill_md};
use mcp_skills::{
    Name, ServerFacts, front_matter, page_name, reference_md, server_md, server_reference_md,
};

use super::*;
use crate::install;

#[path = "../../support/shared.rs"]
mod shared;

/// The reference implementation accepts each of these directories. Whether it is there.
#[track_caller]
fn accepted(test: &str, directories: &[PathBuf]) -> bool {
    let Some(installation) = install::python(test, "tests/skills-ref", "skills-ref") else {
        return false;
    };
    for directory in directories {
        let mut command = Command::new(installation.join("bin/agentskills"));
        let output = command.arg("validate").arg(directory).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", directory.display());
    }
    true
}

/// A directory with both files.
fn directory(below: &Path, name: &Name, skill: &str, reference: &str) -> PathBuf {
    let directory = below.join(name.as_str());
    fs::create_dir_all(directory.join("references")).unwrap();
    fs::write(directory.join("SKILL.md"), skill).unwrap();
    fs::write(directory.join("references/REFERENCE.md"), reference).unwrap();
    directory
}

#[test]
fn skills_ref_accepts_the_pages_of_all_real_servers() {
    const TEST: &str = "skills_ref_accepts_the_pages_of_all_real_servers";
    let below = tempfile::tempdir().unwrap();
    let mut directories = Vec::new();
    for path in shared::shared("schemas") {
        let tools = Catalog::parse(&fs::read_to_string(&path).unwrap())
            .unwrap()
            .tools;
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let server = file.trim_end_matches(".tools.json");
        let name = page_name(server).unwrap();
        let facts = ServerFacts {
            name: &name,
            server,
            tools: &tools,
            categories: &categories(&tools),
            schemas: "0123",
        };
        let (skill, reference) = (server_md(&facts), server_reference_md(&facts));
        directories.push(directory(below.path(), &name, &skill, &reference));
    }
    if !directories.is_empty() {
        assert_eq!(directories.len(), 22);
    }
    if accepted(TEST, &directories) {
        // And it reads the same as this program does.
        let bin = root().join("target/servers/skills-ref/bin/agentskills");
        for directory in &directories {
            let output = Command::new(&bin)
                .arg("read-properties")
                .arg(directory)
                .output()
                .unwrap();
            let read: Value = serde_json::from_slice(&output.stdout).unwrap();
            let text = fs::read_to_string(directory.join("SKILL.md")).unwrap();
            let front = front_matter::read(&text).unwrap().front;
            assert_eq!(read["name"], front.name.as_str());
            assert_eq!(read["description"], front.description.as_str());
            assert_eq!(read["metadata"], json!(front.metadata));
        }
    }
}

#[test]
fn skills_ref_accepts_hostile_texts_and_reads_them_alike() {
    const TEST: &str = "skills_ref_accepts_hostile_texts_and_reads_them_alike";
    let below = tempfile::tempdir().unwrap();
    let mut directories = Vec::new();
    for (at, text) in [
        "a\n---\nname: evil\n---\n# x",
        "x: y # z",
        "\"'\\ - ? : , [ ] { } & * ! | > % @ `",
        "\u{202e}a\u{200b}\u{1b}[31m\u{85}\u{2028}b😀",
        "true",
        "1.0",
        "<b>tags</b>",
        "------ ---",
    ]
    .into_iter()
    .enumerate()
    {
        let name: Name = format!("hostile-{at}").parse().unwrap();
        let metadata = [
            ("note".to_owned(), text.to_owned()),
            (text.to_owned(), "1".to_owned()),
        ]
        .into();
        let (schema, value) = (
            json!({"properties": {(text): {"description": text}}}),
            json!({(text): text}),
        );
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
            words: &[],
            input: described,
            output: described,
            tools: &[Used {
                server: text,
                name: text,
                definition: None,
            }],
            example: Some(Example {
                input: &value,
                output: &value,
                run: None,
            }),
        };
        directories.push(directory(
            below.path(),
            &name,
            &skill_md(&facts),
            &reference_md(&facts),
        ));
    }
    if accepted(TEST, &directories) {
        let bin = root().join("target/servers/skills-ref/bin/agentskills");
        for directory in &directories {
            let output = Command::new(&bin)
                .arg("read-properties")
                .arg(directory)
                .output()
                .unwrap();
            let read: Value = serde_json::from_slice(&output.stdout).unwrap();
            let text = fs::read_to_string(directory.join("SKILL.md")).unwrap();
            let front = front_matter::read(&text).unwrap().front;
            assert_eq!(read["metadata"], json!(front.metadata), "{text}");
            assert_eq!(read["description"], front.description.as_str());
        }
    }
}

#[test]
fn a_saved_skill_has_documents_that_are_valid() {
    let host = host();
    host.settings("[runs]\nkeep = \"all\"\n");
    assert_eq!(run(&host, "triage.ts").code, Some(0));
    let runs = json_of(&host, &["runs", "list"]);
    let id = runs[0]["run"].as_str().unwrap().to_owned();
    let saved = json_of(&host, &["skill", "save", &id, "--name", "triage", "--yes"]);
    let directory = PathBuf::from(saved["directory"].as_str().unwrap());
    let text = fs::read_to_string(directory.join("SKILL.md")).unwrap();
    for part in [
        "mcp-host run triage --input '{\"name\":\"a\"}'",
        "{\"skill\":\"triage\",\"input\":{\"name\":\"a\"}}",
        "Learned from 1 run, not declared: other values are possible.",
        "| `name` | `string` | yes |",
        "| `fake/wait` | reads only | Waits for a name. |",
        &format!("Input and output of the run `{id}`"),
        "\"seen: a\"",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let reference = fs::read_to_string(directory.join("references/REFERENCE.md")).unwrap();
    assert!(
        reference.contains("export function wait(args: {\n  name: string;"),
        "{reference}"
    );
    accepted(
        "a_saved_skill_has_documents_that_are_valid",
        std::slice::from_ref(&directory),
    );
    let path = directory.to_str().unwrap();
    let valid = host.run(&["skill", "validate", "--strict", path]);
    valid.is(0, "valid: 0 errors, 0 warnings\n", "");
    assert_eq!(
        json_of(&host, &["skill", "validate", &format!("{path}/SKILL.md")])["valid"],
        true
    );
}

#[test]
fn validate_names_the_place_of_a_fault_and_what_to_do() {
    let host = added();
    let copy = host.dir.path().join("copy/triage");
    let from = stored(&host, "1/triage");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(&from)
        .arg(host.file("copy-it", "").with_file_name("made"))
        .status();
    assert!(copied.unwrap().success());
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::rename(host.dir.path().join("made"), &copy).unwrap();
    assert_eq!(
        host.run(&["skill", "validate", "copy/triage"]).code,
        Some(0)
    );
    // Another tool than the one that the front matter names.
    let script = SCRIPT.replace("{ wait }", "{ other }");
    let script = script.replace("await wait(", "await other(");
    fs::write(copy.join("scripts/triage.ts"), &script).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", copy.join("assets/link")).unwrap();
    let ran = host.run(&["skill", "validate", "copy/triage"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in [
        "scripts/triage.ts:2:1: error: it imports `fake/other`, and `mcp-host.imports` does not name it\n    remove the import",
        "error: `mcp-host.imports` names `fake/wait`, and `scripts/triage.ts` does not import it",
        "error: `mcp-host.digest` is not that of the files",
        "assets/link: error: it is a link or no regular file",
        "not valid: 4 errors, 0 warnings",
    ] {
        assert!(ran.stdout.contains(part), "no `{part}` in\n{}", ran.stdout);
    }
    // A warning fails only where the user wants it.
    fs::create_dir_all(host.dir.path().join("plain")).unwrap();
    host.file("plain/SKILL.md", "---\nname: plain\ndescription: x\n---\n");
    let ran = host.run(&["skill", "validate", "plain"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("valid: 0 errors, 1 warnings\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        host.run(&["skill", "validate", "--strict", "plain"]).code,
        Some(1)
    );
    host.run(&["skill", "validate", "nothing"])
        .fails_with(2, &["failed to read `nothing`"]);
}

#[test]
fn a_server_is_described_and_described_again() {
    let host = host();
    let text = host.run(&["skill", "describe", "fake"]);
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    assert!(
        text.stdout
            .contains("mcp-host call fake wait '{\"name\":\"...\"}'"),
        "{}",
        text.stdout
    );
    let made = ["skill", "describe", "fake", "--out", "skills"];
    let ran = host.run(&made);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), ""),
        "{}",
        ran.stderr
    );
    let directory = host.dir.path().join("skills/fake");
    let written = fs::read_to_string(directory.join("SKILL.md")).unwrap();
    assert_eq!(written, text.stdout);
    accepted(
        "a_server_is_described_and_described_again",
        std::slice::from_ref(&directory),
    );
    assert_eq!(
        host.run(&["skill", "validate", "--strict", "skills/fake"])
            .code,
        Some(0)
    );
    // The command that it names calls the tool.
    let called = host.run(&["call", "fake", "wait", "{\"name\":\"...\"}"]);
    assert_eq!(called.code, Some(0), "{}", called.stderr);
    // Again, with categories of a file.
    let categories = "[[category]]\ntitle = \"Waiting\"\ntools = [\"w*\", \"nothing\"]\nkeywords = [\"patience\"]\n";
    host.file("categories.toml", categories);
    let ran = host.run(&[&made[..], &["--categories", "categories.toml"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no tool has a name like `nothing`"),
        "{}",
        ran.stderr
    );
    let written = fs::read_to_string(directory.join("SKILL.md")).unwrap();
    assert!(
        written.contains("### Waiting (1)\n\nKeywords: patience\n"),
        "{written}"
    );
    // What is not ours stays.
    fs::write(
        directory.join("SKILL.md"),
        "---\nname: fake\ndescription: mine\n---\n",
    )
    .unwrap();
    host.run(&made)
        .fails_with(2, &["exists, and is not the description of server `fake`"]);
    host.file("categories.toml", "[[category]]\ntitle = 3\n");
    let wrong = host.run(&[
        "skill",
        "describe",
        "fake",
        "--categories",
        "categories.toml",
    ]);
    wrong.fails_with(
        2,
        &[
            "failed to read the categories from `categories.toml`",
            "line 2",
        ],
    );
    host.run(&["skill", "describe", "gone"])
        .fails_with(2, &["gone"]);
}
