//! Directories of skills: those that are added, and those that are installed for agents.

use std::path::Path;

use super::*;

#[test]
fn the_directory_of_a_skill_is_added_with_its_files() {
    let host = host();
    let dir = host.dir.path().join("triage");
    std::fs::create_dir_all(dir.join("scripts")).unwrap();
    std::fs::create_dir_all(dir.join("assets")).unwrap();
    host.file("triage/scripts/triage.ts", SCRIPT);
    host.file("triage/assets/labels.txt", "bug\n");
    host.file(
        "triage/SKILL.md",
        "---\nname: triage\ndescription: Says who was seen.\nlicense: MIT\nmetadata:\n  team: shop\n---\n\n# Mine\n",
    );
    let ran = host.run(&["skill", "add", "triage"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let shown = json_of(&host, &["skill", "show", "triage"]);
    let files: Vec<_> = shown["files"].as_array().unwrap().iter().collect();
    let files: Vec<_> = files
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        files,
        [
            "SKILL.md",
            "assets/labels.txt",
            "assets/tools.json",
            "references/REFERENCE.md",
            "scripts/triage.ts"
        ]
    );
    assert_eq!(run(&host, "triage@1").stdout, "seen: a\n");
    // The text is the author's, and the front matter has what is the version's.
    let is_authors = |version: &str| {
        let document = host.dir.path().join(format!(
            "data/mcp-host/skills/triage/{version}/triage/SKILL.md"
        ));
        let document = std::fs::read_to_string(document).unwrap();
        assert!(document.ends_with("\n---\n\n# Mine\n"), "{document}");
        for line in [
            "description: Says who was seen.",
            "license: MIT",
            "  mcp-host.author: \"SKILL.md\"",
            &format!("  mcp-host.version: \"{version}\""),
            "  team: \"shop\"",
        ] {
            assert!(
                document.lines().any(|found| found == line),
                "{line}: {document}"
            );
        }
    };
    is_authors("1");
    let mut changed = tool();
    changed["description"] = "Waits for another name.".into();
    define(&host, &changed);
    assert_eq!(
        host.run(&["skill", "retest", "triage", "--yes"]).code,
        Some(0)
    );
    is_authors("2");
    // A document without a reading is not dropped.
    let document = host.file("triage/SKILL.md", "# Mine\n");
    host.run(&["skill", "add", "triage"])
        .fails_with(2, &["`triage` is not saved: SKILL.md:1:1: "]);
    std::fs::remove_file(document).unwrap();
    // What lies outside of it is none of it.
    let outside = host.file("secret.txt", "secret");
    std::os::unix::fs::symlink(outside, dir.join("assets/link.txt")).unwrap();
    let refused = host.run(&["skill", "add", "triage"]);
    refused.fails_with(2, &["assets/link.txt` is not saved: it is a link"]);
    std::fs::remove_file(dir.join("assets/link.txt")).unwrap();
    host.file("triage/.env", "TOKEN=1");
    let refused = host.run(&["skill", "add", "triage"]);
    refused.fails_with(2, &[".env` is not saved"]);
}

/// Neither another file nor a change is removed or overwritten. Leaves the directory as it was.
fn what_a_user_changed_stays(host: &Host, place: &Path) {
    let refused = |what: &str| {
        for command in ["install", "uninstall"] {
            host.run(&["skill", command, "triage"])
                .fails_with(2, &[what]);
        }
    };
    let notes = place.join("notes.txt");
    std::fs::write(&notes, "mine").unwrap();
    refused("notes.txt");
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "mine");
    std::fs::remove_file(&notes).unwrap();
    for path in ["scripts/triage.ts", "SKILL.md"] {
        let path = place.join(path);
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{written}\n// mine\n")).unwrap();
        refused("is not as mcp-host installed it");
        std::fs::write(&path, written).unwrap();
    }
    // A copy under another name, and words in the text of a page, are no installation.
    let other = place.with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    for page in [
        std::fs::read_to_string(place.join("SKILL.md")).unwrap(),
        "---\nname: other\ndescription: x\n---\nmetadata:\n  mcp-host.digest: 00\n".to_owned(),
    ] {
        std::fs::write(other.join("SKILL.md"), page).unwrap();
        host.run(&["skill", "uninstall", "other"])
            .fails_with(2, &["mcp-host did not install it"]);
    }
    std::fs::remove_dir_all(&other).unwrap();
}

#[test]
fn a_skill_is_installed_for_agents_that_read_files() {
    let host = added();
    let home = host.dir.path();
    let installed = host.run(&["skill", "install", "triage"]);
    assert_eq!(installed.code, Some(0), "{}", installed.stderr);
    let place = home.join(".agents/skills/triage");
    let validated = host.run(&["skill", "validate", "--strict", ".agents/skills/triage"]);
    assert_eq!(validated.stdout, "valid: 0 errors, 0 warnings\n");
    let script = std::fs::read_to_string(place.join("scripts/triage.ts")).unwrap();
    assert_eq!(script, SCRIPT);
    // By the way of Claude Code.
    let document = std::fs::read_to_string(home.join(".claude/skills/triage/SKILL.md")).unwrap();
    assert!(document.starts_with("---\nname: triage\n"), "{document}");
    assert!(
        !host
            .run(&["skill", "list"])
            .stdout
            .contains("is not triage")
    );
    // Another version makes it out of date, until it is installed.
    host.file("triage.ts", SCRIPT.replace("seen", "other"));
    assert_eq!(host.run(&["skill", "add", "triage.ts"]).code, Some(0));
    let listed = host.run(&["skill", "list"]).stdout;
    assert!(
        listed.contains(".agents/skills/triage is not triage@2: `mcp-host skill install triage`"),
        "{listed}"
    );
    assert_eq!(host.run(&["skill", "install", "triage"]).code, Some(0));
    assert!(
        !host
            .run(&["skill", "list"])
            .stdout
            .contains("is not triage")
    );
    let others: Vec<_> = std::fs::read_dir(home.join(".agents/skills"))
        .unwrap()
        .collect();
    assert_eq!(others.len(), 1);
    what_a_user_changed_stays(&host, &place);
    assert_eq!(host.run(&["skill", "uninstall", "triage"]).code, Some(0));
    assert!(!place.exists());
    assert!(
        home.join(".claude/skills/triage")
            .symlink_metadata()
            .is_err()
    );
    host.run(&["skill", "uninstall", "triage"])
        .fails_with(2, &["skill `triage` is not installed in"]);
    // What others wrote stays, and no link of a repository is followed.
    std::fs::create_dir(&place).unwrap();
    host.file(".agents/skills/triage/SKILL.md", "---\nname: triage\n---\n");
    host.run(&["skill", "install", "triage"])
        .fails_with(2, &["mcp-host did not install it"]);
    std::fs::remove_dir_all(home.join(".agents")).unwrap();
    std::fs::create_dir(home.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(home.join("elsewhere"), home.join(".agents")).unwrap();
    host.run(&["skill", "install", "triage"])
        .fails_with(2, &[".agents` is a link or no directory"]);
    assert_eq!(
        std::fs::read_dir(home.join("elsewhere")).unwrap().count(),
        0
    );
}
