//! Grants and patterns: what each allows.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn patterns(patterns: &[&str]) -> Vec<ToolPattern> {
    patterns.iter().map(|text| text.parse().unwrap()).collect()
}

fn grants(tools: &[&str]) -> Grants {
    Grants {
        tools: patterns(tools),
        ..Grants::default()
    }
}

fn entries(patterns: &[&str]) -> Vec<Arc<Entry>> {
    let entry = |text: &&str| Arc::new(Entry::from(text.parse::<ToolPattern>().unwrap()));
    patterns.iter().map(entry).collect()
}

fn policy(allow: Option<&[&str]>, deny: &[&str]) -> PolicyTable {
    PolicyTable {
        allow: allow.map(entries),
        deny: entries(deny),
        destructive: Destructive::Named,
        ..PolicyTable::empty(Place::User, "mcp-host.toml".into())
    }
}

fn under(policy: PolicyTable, granted: &[&str]) -> Grants {
    Grants {
        policy: Policy::of([policy]).map(Arc::new),
        ..grants(granted)
    }
}

const READS: Hints = Hints {
    read_only: Some(true),
    destructive: None,
};
const WRITES: Hints = Hints {
    read_only: Some(false),
    destructive: Some(false),
};
const DESTROYS: Hints = Hints {
    read_only: Some(false),
    destructive: Some(true),
};
const SILENT: Hints = Hints {
    read_only: None,
    destructive: None,
};

fn why(grants: &Grants, tool: &str, hints: Hints) -> Option<DenyReason> {
    grants
        .refusal("github", tool, hints)
        .map(|refusal| refusal.why)
}

#[test]
fn nothing_is_granted_by_default() {
    assert!(!Grants::default().allows("github", "get_issue"));
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    let grants = grants(&["github/get_*", "time/*"]);
    assert!(grants.allows("github", "get_issue"));
    assert!(grants.allows("time", "now"));
    assert!(!grants.allows("github", "create_issue"));
    assert!(!grants.allows("githubx", "get_issue"));
}

#[test]
fn a_star_in_the_server_grants_every_server() {
    assert!(grants(&["*/read*"]).allows("any", "read_file"));
    assert!(!grants(&["*/read*"]).allows("any", "unread"));
}

#[test]
fn without_a_policy_nothing_is_refused() {
    assert_eq!(why(&Grants::default(), "delete_repo", DESTROYS), None);
}

#[test]
fn a_tool_that_no_rule_allows_is_denied() {
    let grants = under(policy(Some(&["github/get_*"]), &[]), &[]);
    assert_eq!(why(&grants, "get_issue", READS), None);
    assert_eq!(
        why(&grants, "list_issues", READS),
        Some(DenyReason::NotAllowed)
    );
    let nothing = under(policy(Some(&[]), &[]), &[]);
    assert_eq!(
        why(&nothing, "get_issue", READS),
        Some(DenyReason::NotAllowed)
    );
    let no_list = under(policy(None, &[]), &[]);
    assert_eq!(why(&no_list, "get_issue", READS), None);
}

#[test]
fn deny_wins_over_allow_and_over_a_grant() {
    let grants = under(
        policy(Some(&["github/get_issue"]), &["github/get_*"]),
        &["github/get_issue"],
    );
    let rule = "github/get_*".parse().unwrap();
    assert_eq!(
        why(&grants, "get_issue", READS),
        Some(DenyReason::Denied(rule))
    );
}

#[test]
fn a_denial_holds_in_every_spelling() {
    for rule in [
        "github/delete-*",
        "github/delete_*",
        "github/deleteRe*",
        "github/*_repo",
    ] {
        let grants = under(policy(None, &[rule]), &[]);
        for tool in ["delete_repo", "deleteRepo", "delete-repo"] {
            assert!(
                matches!(why(&grants, tool, READS), Some(DenyReason::Denied(_))),
                "{rule} {tool}"
            );
        }
        assert_eq!(why(&grants, "get_issue", READS), None);
    }
}

#[test]
fn a_rule_of_allow_may_be_written_with_labels() {
    let grants = under(policy(Some(&["github/get-issue"]), &[]), &[]);
    for tool in ["get_issue", "getIssue"] {
        assert_eq!(why(&grants, tool, DESTROYS), None, "{tool}");
    }
    assert_eq!(
        why(&grants, "get_issues", READS),
        Some(DenyReason::NotAllowed)
    );
}

#[test]
fn destructive_tools_have_to_be_named() {
    let star = under(policy(Some(&["github/*"]), &[]), &[]);
    assert_eq!(why(&star, "get", READS), None);
    assert_eq!(why(&star, "add", WRITES), None);
    assert_eq!(
        why(&star, "delete", DESTROYS),
        Some(DenyReason::Destructive(DESTROYS))
    );
    assert_eq!(
        why(&star, "what", SILENT),
        Some(DenyReason::Destructive(SILENT))
    );
    let named = under(policy(Some(&["github/*", "github/what"]), &[]), &[]);
    assert_eq!(why(&named, "what", SILENT), None);
    // A grant for this run names it too.
    let granted = under(policy(Some(&["github/*"]), &[]), &["github/what"]);
    assert_eq!(why(&granted, "what", SILENT), None);

    let matched = PolicyTable {
        destructive: Destructive::Matched,
        ..policy(Some(&["github/*"]), &[])
    };
    assert_eq!(why(&under(matched, &[]), "delete", DESTROYS), None);
}

#[test]
fn read_only_refuses_even_what_is_named() {
    let read_only = PolicyTable {
        read_only: true,
        ..policy(Some(&["github/add"]), &[])
    };
    let grants = under(read_only, &[]);
    assert_eq!(why(&grants, "add", READS), None);
    for hints in [WRITES, DESTROYS, SILENT] {
        assert_eq!(
            why(&grants, "add", hints),
            Some(DenyReason::NotReadOnly(hints))
        );
    }
}

#[test]
fn the_advice_is_the_line_that_allows_all_denied_tools() {
    let grants = under(
        policy(Some(&["github/get_*"]), &["github/delete_*", "x/*"]),
        &[],
    );
    let refusals: Vec<_> = [("list", READS), ("add", SILENT), ("delete_repo", DESTROYS)]
        .iter()
        .filter_map(|(tool, hints)| grants.refusal("github", tool, *hints))
        .collect();
    assert_eq!(
        advice(refusals.iter()).unwrap(),
        "if the skill should have it: in `[policy]` of `mcp-host.toml`, \
         write `allow = [\"github/get_*\", \"github/add\", \"github/list\"]`, take `github/delete_*` out of `deny`"
    );
}

#[test]
fn what_policy_will_say_is_foreseen_from_the_labels() {
    let denied = |why: &str| Verdict::Denied(why.into());
    let depends = |why: &str| Verdict::Depends(why.into());
    let table = policy(
        Some(&["GitHub/get_*", "GitHub/add_label"]),
        &["*/delete_repo"],
    );
    let rules = Policy::of([table.clone()]).unwrap();
    assert_eq!(
        rules.predict("git-hub", "delete-repo"),
        denied("rule `*/delete_repo` of `deny`")
    );
    assert_eq!(
        rules.predict("git-hub", "list"),
        denied("no rule of `allow`")
    );
    assert_eq!(
        rules.predict("git-hub", "get-issue"),
        depends("if it is destructive, `allow` has to name it")
    );
    // As a script names it.
    assert_eq!(rules.predict("git_hub", "add_label"), Verdict::Allowed);
    assert_eq!(rules.predict("git-hub", "add-label"), Verdict::Allowed);
    let asks = PolicyTable {
        ask: entries(&["*/merge_*"]),
        place: Place::Project,
        ..table.clone()
    };
    let both = Policy::of([asks.clone(), policy(None, &[])]).unwrap();
    assert_eq!(
        both.predict("git-hub", "merge-it"),
        depends("if it is destructive, `allow` has to name it")
    );
    let asks = Policy::of([asks]).unwrap();
    assert_eq!(
        asks.predict("git-hub", "merge-it"),
        Verdict::Asks("rule `*/merge_*` of `ask`".into())
    );
    let read_only = PolicyTable {
        read_only: true,
        ..table
    };
    let read_only = Policy::of([read_only]).unwrap();
    assert_eq!(
        read_only.predict("git-hub", "add-label"),
        depends("it has to be read-only")
    );
}
