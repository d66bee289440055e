//! Decisions about calls, and the rule that each names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod counted;
mod narrows;

use std::path::Path;

use serde_json::json;

use super::*;
use crate::rules::settings::Settings;

const READS: Hints = Hints {
    read_only: Some(true),
    destructive: None,
};
const WRITES: Hints = Hints {
    read_only: Some(false),
    destructive: Some(false),
};
const SILENT: Hints = Hints {
    read_only: None,
    destructive: None,
};

/// The `[policy]` tables of these places, each with the name of its place as its file.
fn chain(places: &[(Place, &str)]) -> Option<Policy> {
    Policy::of(places.iter().flat_map(|(place, text)| {
        let settings = Settings::parse(&format!("[policy]\n{text}"), Path::new(&place.to_string()));
        settings.unwrap().tables(*place, None)
    }))
}

fn person(places: &[(Place, &str)]) -> Grants {
    Grants {
        policy: chain(places).map(Arc::new),
        ..Grants::default()
    }
}

fn agent(places: &[(Place, &str)]) -> Grants {
    let policy = Policy::for_agents(chain(places), "user".into());
    Grants {
        policy: Some(Arc::new(policy)),
        ..Grants::default()
    }
}

/// A decision as text, of a run that makes this call alone.
fn decided(grants: &Grants, tool: &str, hints: Hints, arguments: &Value) -> String {
    let rules = grants.rules_of("fs", tool, hints);
    shown(&Decider::new(grants).decide(&rules, arguments.as_object().unwrap()))
}

fn shown(decision: &Decision) -> String {
    match decision {
        Decision::Allow => "allow".to_owned(),
        Decision::Ask(rule) => format!("ask: {rule}"),
        Decision::Deny(rule) => format!("deny: {rule}"),
    }
}

#[test]
fn the_most_careful_rule_of_a_table_wins() {
    let all = "allow = [\"fs/*\", \"fs/write\"]\nask = [\"fs/w*\"]\ndeny = [\"*/wr*\"]";
    let grants = person(&[(Place::User, all)]);
    assert_eq!(
        decided(&grants, "write", SILENT, &json!({})),
        "deny: deny = \"*/wr*\" of user"
    );
    assert_eq!(
        decided(&grants, "walk", WRITES, &json!({})),
        "ask: ask = \"fs/w*\" of user"
    );
    assert_eq!(decided(&grants, "make", WRITES, &json!({})), "allow");
    // A rule of `ask` names a tool as one of `allow` does, in any spelling.
    let only = person(&[(Place::User, "allow = []\nask = [\"fs/merge_*\"]")]);
    assert_eq!(
        decided(&only, "mergeAll", SILENT, &json!({})),
        "ask: ask = \"fs/merge_*\" of user"
    );
    assert_eq!(
        decided(&only, "make", READS, &json!({})),
        "deny: allow of user: no entry names the tool"
    );
}

#[test]
fn without_a_policy_a_person_may_do_everything() {
    let rules = Grants::default().rules_of("fs", "write", SILENT);
    assert_eq!(rules.fixed(), Some(&Decision::Allow));
    assert!(!rules.needs_arguments());
}

#[test]
fn agents_read_and_ask_for_the_rest() {
    let none = agent(&[]);
    for (hints, expected) in [
        (READS, "allow"),
        (
            SILENT,
            "ask: default for agents: the tool does not say readOnlyHint",
        ),
        (
            WRITES,
            "ask: default for agents: the tool says that it is not read-only",
        ),
    ] {
        assert_eq!(decided(&none, "t", hints, &json!({})), expected);
    }
    let some = agent(&[(
        Place::User,
        "allow = [\"fs/write\", \"fs/m*\"]\nask = [\"fs/secret\"]",
    )]);
    for (tool, hints, expected) in [
        ("write", SILENT, "allow"),
        ("read", READS, "allow"),
        ("secret", READS, "ask: ask = \"fs/secret\" of user"),
        ("make", WRITES, "allow"),
        (
            "make",
            SILENT,
            "ask: destructive = \"named\" of user: no entry of `allow` names the tool alone, \
             which does not say that it is not destructive",
        ),
        (
            "other",
            WRITES,
            "ask: default for agents: the tool says that it is not read-only",
        ),
    ] {
        assert_eq!(decided(&some, tool, hints, &json!({})), expected, "{tool}");
    }
}

#[test]
fn a_list_for_agents_allows_them_and_restricts_no_person() {
    let rules = "agents.allow = [\"fs/write\", \"fs/m*\", { tool = \"fs/put\", per-run = 1 }]";
    let places = [(Place::User, rules)];
    let (agent, person) = (agent(&places), person(&places));
    for (tool, hints, expected) in [
        ("write", SILENT, "allow"),
        ("make", WRITES, "allow"),
        ("put", WRITES, "allow"),
        // A `*` is not for what may be destructive.
        (
            "make",
            SILENT,
            "ask: default for agents: the tool does not say readOnlyHint",
        ),
        (
            "other",
            WRITES,
            "ask: default for agents: the tool says that it is not read-only",
        ),
    ] {
        assert_eq!(decided(&agent, tool, hints, &json!({})), expected, "{tool}");
        assert_eq!(decided(&person, tool, hints, &json!({})), "allow", "{tool}");
    }
    let rule = |grants: &Grants, tool| {
        grants.rules_of("fs", tool, SILENT).explained()[0]
            .otherwise
            .rule
            .clone()
    };
    assert_eq!(rule(&agent, "write"), "agents.allow = \"fs/write\" of user");
    assert_eq!(rule(&person, "write"), "no rule of user");
    let put = agent.rules_of("fs", "put", WRITES);
    let decider = Decider::new(&agent);
    let twice = [(); 2].map(|()| shown(&decider.decide(&put, &Map::new())));
    assert_eq!(twice[0], "allow");
    assert!(
        twice[1].starts_with("ask: agents.allow = { tool = \"fs/put\", per-run = 1 } of user: "),
        "{twice:?}"
    );
}

#[test]
fn the_rule_that_allows_a_call_is_known_for_a_log() {
    let rules = "allow = [\"fs/make\", { tool = \"fs/put\", where = { \"/n\" = { max = 3 } } }]";
    let grants = agent(&[(Place::User, rules), (Place::Project, "")]);
    let rule = |tool, hints, arguments: Value| {
        let rules = grants.rules_of("fs", tool, hints);
        rules
            .allowing(arguments.as_object().unwrap())
            .map(|rule| rule.rule)
    };
    let found = rule("make", WRITES, json!({}));
    assert_eq!(found.unwrap(), "allow = \"fs/make\" of user");
    let found = rule("read", READS, json!({}));
    assert_eq!(
        found.unwrap(),
        "default for agents: the tool says readOnlyHint"
    );
    assert!(
        rule("put", WRITES, json!({ "n": 2 }))
            .unwrap()
            .contains("max = 3")
    );
    assert_eq!(rule("put", WRITES, json!({ "n": 4 })), None);
    assert_eq!(
        Grants::default()
            .rules_of("fs", "make", WRITES)
            .allowing(&Map::new()),
        None
    );
}

#[test]
fn a_narrower_place_only_narrows() {
    let both = |project| {
        agent(&[
            (Place::User, "allow = [\"fs/write\"]"),
            (Place::Project, project),
        ])
    };
    let project_alone = agent(&[(Place::Project, "allow = [\"fs/write\"]")]);
    let asks = "ask: default for agents: the tool does not say readOnlyHint";
    // A directory that was cloned allows an agent nothing.
    assert_eq!(decided(&project_alone, "write", SILENT, &json!({})), asks);
    assert_eq!(
        decided(&both("allow = [\"fs/write\"]"), "write", SILENT, &json!({})),
        "allow"
    );
    assert_eq!(
        decided(&both("allow = [\"fs/other\"]"), "write", SILENT, &json!({})),
        "ask: allow of project: no entry names the tool"
    );
    assert_eq!(
        decided(&both("deny = [\"fs/write\"]"), "write", SILENT, &json!({})),
        "deny: deny = \"fs/write\" of project"
    );
    let organisation = agent(&[(Place::Organisation, "allow = [\"fs/write\"]")]);
    assert_eq!(decided(&organisation, "write", SILENT, &json!({})), "allow");
    assert_eq!(
        decided(&organisation, "other", SILENT, &json!({})),
        "ask: allow of organisation: no entry names the tool"
    );
    let strict = person(&[
        (Place::Organisation, "deny = [\"fs/w*\"]"),
        (Place::User, "allow = [\"fs/write\"]"),
        (Place::Project, "ask = [\"fs/*\"]"),
        (Place::Skill, "read-only = true"),
    ]);
    assert_eq!(
        decided(&strict, "write", SILENT, &json!({})),
        "deny: deny = \"fs/w*\" of organisation"
    );
    assert_eq!(
        decided(&strict, "read", READS, &json!({})),
        "deny: allow of user: no entry names the tool"
    );
}

#[test]
fn a_grant_of_the_command_line_widens_nothing_of_the_organisation() {
    let granted = |place| Grants {
        tools: vec!["fs/write".parse().unwrap()],
        ..person(&[(place, "allow = []")])
    };
    assert_eq!(
        decided(&granted(Place::User), "write", SILENT, &json!({})),
        "allow"
    );
    assert_eq!(
        decided(&granted(Place::Organisation), "write", SILENT, &json!({})),
        "deny: allow of organisation: no entry names the tool"
    );
}

#[test]
fn allow_needs_true_and_ask_and_deny_apply_to_what_is_unknown() {
    let rule = r#"{ tool = "fs/write", where = { "/path" = { under = "/srv/reports" } } }"#;
    let grants = |list: &str| person(&[(Place::User, &*format!("{list} = [{rule}]"))]);
    let (inside, outside, unknown, absent) = (
        json!({"path": "/srv/reports/a"}),
        json!({"path": "/srv/other/a"}),
        json!({"path": "reports/a"}),
        json!({"place": "/srv/reports/a"}),
    );
    let (climbs, letters) = (
        json!({"path": "/srv/reports/../a"}),
        json!({"Path": "/srv/reports/a", "path": "/srv/other/a"}),
    );
    let not_held = "deny: allow of user: no entry for the tool holds for these arguments";
    let applies = |list: &str| format!("{list}: {list} = {rule} of user");
    for (list, arguments, expected) in [
        ("allow", &inside, "allow".to_owned()),
        ("allow", &outside, not_held.to_owned()),
        ("allow", &unknown, not_held.to_owned()),
        ("allow", &absent, not_held.to_owned()),
        ("ask", &inside, applies("ask")),
        ("ask", &outside, "allow".to_owned()),
        (
            "ask",
            &unknown,
            applies("ask") + ": \"/path\" is not an absolute path",
        ),
        ("ask", &absent, applies("ask") + ": \"/path\" is not given"),
        ("deny", &inside, applies("deny")),
        ("deny", &outside, "allow".to_owned()),
        (
            "deny",
            &unknown,
            applies("deny") + ": \"/path\" is not an absolute path",
        ),
        (
            "deny",
            &absent,
            applies("deny") + ": \"/path\" is not given",
        ),
        ("allow", &climbs, not_held.to_owned()),
        ("allow", &letters, not_held.to_owned()),
        (
            "deny",
            &climbs,
            applies("deny") + ": \"/path\" has `..` behind a name, which may be a link",
        ),
        (
            "ask",
            &letters,
            applies("ask") + ": \"/path\" is also given in other letters",
        ),
    ] {
        assert_eq!(
            decided(&grants(list), "write", SILENT, arguments),
            expected,
            "{list} {arguments}"
        );
    }
}

#[test]
fn all_conditions_of_a_rule_have_to_hold() {
    let rule = r#"deny = [{ tool = "fs/push", where = { "/branch" = { one-of = ["main", "release"] }, "/force" = { equals = true, if-absent = false } } }]"#;
    let grants = person(&[(Place::User, rule)]);
    for (arguments, denied) in [
        (json!({"branch": "main", "force": true}), true),
        (json!({"branch": "main", "force": "true"}), true),
        (json!({"force": true}), true),
        (json!({"branch": "main"}), false),
        (json!({"branch": "topic", "force": true}), false),
        (json!({"branch": "topic", "force": "true"}), false),
    ] {
        let decision = decided(&grants, "push", SILENT, &arguments);
        assert_eq!(
            decision.starts_with("deny"),
            denied,
            "{arguments} {decision}"
        );
    }
}

#[test]
fn a_tool_that_reads_is_allowed_where_its_rule_says_so() {
    let rule = r#"allow = [{ tool = "fs/read", where = { "/path" = { under = "/srv" } } }]"#;
    let grants = agent(&[(Place::User, rule)]);
    assert_eq!(
        decided(&grants, "read", READS, &json!({"path": "/srv/a"})),
        "allow"
    );
    assert_eq!(
        decided(
            &grants,
            "read",
            READS,
            &json!({"path": "/root/.ssh/id_rsa"})
        ),
        "ask: allow of user: no entry for the tool holds for these arguments"
    );
    assert_eq!(decided(&grants, "list", READS, &json!({})), "allow");
}

#[test]
fn a_rule_without_conditions_looks_at_no_argument() {
    let grants = agent(&[(
        Place::User,
        "allow = [{ tool = \"fs/write\", where = { \"/p\" = { glob = \"*\" } } }, \"fs/make\"]\ndeny = [\"fs/d*\"]",
    )]);
    for (tool, needs) in [
        ("write", true),
        ("make", false),
        ("read", false),
        ("delete", false),
    ] {
        let rules = grants.rules_of("fs", tool, SILENT);
        assert_eq!(rules.needs_arguments(), needs, "{tool}");
    }
}
