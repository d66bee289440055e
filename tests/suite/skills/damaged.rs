//! A skill that is not as it was saved.

use super::*;

#[test]
fn a_changed_byte_is_refused_before_a_server_starts() {
    let host = added();
    let entry = stored(&host, "1/triage/scripts/triage.ts");
    let text = std::fs::read_to_string(&entry).unwrap();
    std::fs::write(&entry, text.replace("seen: ", "seem: ")).unwrap();
    for ran in [
        run(&host, "triage"),
        run(&host, "triage@1"),
        host.run(&["inspect", "triage"]),
    ] {
        ran.fails_with(
            5,
            &[
                "skill `triage` is damaged: `1/triage/scripts/triage.ts` was changed after it was saved",
                "nothing of it ran",
            ],
        );
    }
    assert_eq!(calls(&host), 0);
    let verified = host.run(&["skill", "verify"]);
    assert_eq!(verified.code, Some(1), "{}", verified.stderr);
    assert!(
        verified
            .stdout
            .contains("`1/triage/scripts/triage.ts` was changed"),
        "{}",
        verified.stdout
    );
    std::fs::write(&entry, text).unwrap();
    let verified = host.run(&["skill", "verify", "triage"]);
    assert_eq!(
        (verified.code, verified.stdout.as_str()),
        (Some(0), "triage@1  intact\n")
    );
    assert_eq!(run(&host, "triage").stdout, "seen: a\n");
}

#[test]
fn one_damaged_skill_does_not_hide_the_others_and_can_be_removed() {
    let host = added();
    host.file("other.ts", SCRIPT);
    assert_eq!(host.run(&["skill", "add", "other.ts"]).code, Some(0));
    std::fs::write(stored(&host, "current"), "{}").unwrap();
    let listed = host.run(&["skill", "list"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains("other@1"), "{}", listed.stdout);
    assert!(
        listed
            .stdout
            .contains("skill `triage` is damaged: `current`"),
        "{}",
        listed.stdout
    );
    assert_eq!(
        host.run(&["skill", "remove", "triage", "--yes"]).code,
        Some(0)
    );
    assert_eq!(
        json_of(&host, &["skill", "list"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_store_that_other_users_can_use_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let host = added();
    let store = host.dir.path().join("data/mcp-host/skills");
    std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o755)).unwrap();
    run(&host, "triage").fails_with(6, &["failed to open the saved skills", "is not private"]);
}
