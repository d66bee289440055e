//! Versions of a skill: each is there, and one is the current one.

use super::*;

/// Three versions, which say their number.
fn three() -> Host {
    let host = host();
    for version in ["1", "2", "3"] {
        host.file("triage.ts", SCRIPT.replace("seen", version));
        assert_eq!(host.run(&["skill", "add", "triage.ts"]).code, Some(0));
    }
    std::fs::remove_file(host.dir.path().join("triage.ts")).unwrap();
    host
}

#[test]
fn a_version_before_becomes_the_current_one_again() {
    let host = three();
    assert_eq!(run(&host, "triage").stdout, "3: a\n");
    let back = host.run(&["skill", "rollback", "triage"]);
    assert_eq!(back.stdout, "triage is triage@2 now\n", "{}", back.stderr);
    assert_eq!(run(&host, "triage").stdout, "2: a\n");
    let back = json_of(&host, &["skill", "rollback", "triage", "--to", "1"]);
    assert_eq!(back["version"], 1);
    assert_eq!(run(&host, "triage").stdout, "1: a\n");
    assert_eq!(run(&host, "triage@3").stdout, "3: a\n");
    host.run(&["skill", "rollback", "triage"])
        .fails_with(2, &["skill `triage` is at its first version"]);
    host.run(&["skill", "rollback", "triage", "--to", "9"])
        .fails_with(2, &["has no version 9: the latest is 3"]);
    let shown = json_of(&host, &["skill", "show", "triage"]);
    let versions: Vec<_> = shown["versions"].as_array().unwrap().iter().collect();
    let versions: Vec<_> = versions
        .iter()
        .map(|version| version["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [3, 2, 1]);
}

#[test]
fn the_difference_of_two_versions_is_shown() {
    let host = three();
    let text = host.run(&["skill", "diff", "triage@1", "triage"]).stdout;
    for line in [
        "changed  scripts/triage.ts",
        "  -export default `1: ${answer.name}`;",
        "  +export default `3: ${answer.name}`;",
        "changed  SKILL.md",
    ] {
        assert!(text.lines().any(|found| found == line), "{text}");
    }
    assert!(!text.contains("  assets/tools.json\n"), "{text}");
    let same = host.run(&["skill", "diff", "triage@1", "triage@1"]).stdout;
    assert_eq!(same, "the same files\n");
}

#[test]
fn a_skill_is_removed_after_a_question() {
    let host = three();
    host.run(&["skill", "remove", "triage"])
        .fails_with(2, &["triage: 3 versions", "skill `triage` is not removed"]);
    assert_eq!(run(&host, "triage").stdout, "3: a\n");
    let removed = host.run(&["skill", "remove", "triage", "--yes"]);
    assert_eq!(
        removed.stdout.trim_end(),
        "removed triage",
        "{}",
        removed.stderr
    );
    assert_eq!(run(&host, "triage").code, Some(2));
    host.run(&["skill", "remove", "triage", "--yes"])
        .fails_with(2, &["no skill `triage` is saved"]);
}

#[test]
fn processes_that_save_at_once_save_all_versions() {
    let host = host();
    let children: Vec<_> = (0..4)
        .map(|_| {
            host.command(&["skill", "add", "triage.ts"])
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(json_of(&host, &["skill", "list"])[0]["latest"], 4);
    let verified = host.run(&["skill", "verify", "triage"]);
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert_eq!(verified.stdout.lines().count(), 4);
}
