//! Settings files: keys, values and errors.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::rules::limits::{Limit, Profile, resolve};
use crate::rules::policy::Destructive;

fn parse(text: &str) -> Result<Settings, String> {
    Settings::parse(text, Path::new("mcp-host.toml")).map_err(|error| error.to_string())
}

#[test]
fn every_key_is_read() {
    let settings = parse(
        r#"
        [limits]
        profile = "strict"
        fuel = 5_000_000_000
        memory = "64MiB"
        timeout = "10s"
        calls = 7
        output = 1024
        transfer = "1MiB"
        handles = 8
        instances = 9
        memories = 10
        tables = 11
        table-elements = 12
        log-lines = 13
        state = "2MiB"
        state-keys = 14

        [skills.triage.limits]
        profile = "permissive"

        [skills."a b".limits]
        calls = "1_000"

        [policy]
        allow = ["github/*", "time/now"]
        deny = ["github/delete_*"]
        read-only = true
        destructive = "matched"
        "#,
    )
    .unwrap();
    let all = &settings.limits(None)[0].1;
    assert_eq!(all.profile, Some(Profile::Strict));
    assert_eq!(all.values.len(), Limit::ALL.len());
    assert_eq!(all.values[&Limit::Memory], 64 << 20);
    assert_eq!(all.values[&Limit::Timeout], 10_000);

    let in_force = resolve(&settings.limits(Some("triage")));
    assert_eq!(in_force.limits, Profile::Permissive.limits());
    let in_force = resolve(&settings.limits(Some("a b")));
    assert_eq!(in_force.limits.calls, 1000);
    assert!(
        in_force
            .settings
            .iter()
            .any(|setting| setting.to_string() == "`[skills.\"a b\".limits]` in `mcp-host.toml`")
    );

    let policy = settings.policy.unwrap();
    let policy = &policy.tables()[0];
    assert_eq!(policy.allow.as_ref().unwrap().len(), 2);
    assert_eq!(policy.deny[0].to_string(), "\"github/delete_*\"");
    assert!(policy.read_only);
    assert_eq!(policy.destructive, Destructive::Matched);
}

#[test]
fn an_empty_file_changes_nothing() {
    let settings = parse("").unwrap();
    assert_eq!(settings.policy, None);
    assert_eq!(settings.limits(Some("x")), []);
}

#[test]
fn the_wait_of_runs_and_the_list_for_agents_are_read() {
    let text = "[runs]\nwait = \"1h 30m\"\n[policy.agents]\nallow = [\"a/b\"]\n";
    let settings = parse(text).unwrap();
    assert_eq!(settings.wait, Some(std::time::Duration::from_secs(5_400)));
    assert!(!settings.keep_all);
    let policy = settings.policy.unwrap();
    let table = &policy.tables()[0];
    assert_eq!(table.allow, None);
    assert_eq!(table.agents[0].to_string(), "\"a/b\"");
    assert_eq!(table.destructive, Destructive::Matched);
}

#[test]
fn an_empty_policy_is_a_policy() {
    let policy = parse("[policy]").unwrap().policy.unwrap();
    let policy = &policy.tables()[0];
    assert_eq!(policy.allow, None);
    assert_eq!(policy.destructive, Destructive::Matched);
}

// Long: one case for each mistake.
#[test]
fn each_mistake_says_where_it_is_and_what_to_write() {
    let mut wrong = Vec::new();
    for (text, message) in [
        (
            "[limits]\nmemry = 1",
            "line 2 column 1: `[limits]` has no key `memry`; did you mean `memory`?",
        ),
        (
            "[limit]\nmemory = 1",
            "line 1 column 2: a settings file has no key `limit`; did you mean `limits`?",
        ),
        (
            "[skills.a]\nlimits.log_lines = 1",
            "line 2 column 8: `[skills.a.limits]` has no key `log_lines`; did you mean `log-lines`?",
        ),
        (
            "[policy]\nwhatever = 1",
            "line 2 column 1: `[policy]` has no key `whatever`; it has `allow`, `agents`, `ask`, `deny`, `read-only`, `destructive`",
        ),
        (
            "[limits]\nprofile = \"lax\"",
            "there is no profile `lax`; write `strict`, `moderate` or `permissive`",
        ),
        (
            "[limits]\nmemory = \"lots\"",
            "line 2 column 10: `memory`: `lots` is not a size; write for example 64MiB or 67108864",
        ),
        (
            "[limits]\ntimeout = 30",
            "line 2 column 11: invalid value: integer `30`, expected a value for `timeout`, for example \"1m\"",
        ),
        (
            "[limits]\ncalls = -1",
            "line 2 column 9: invalid value: integer `-1`, expected a value for `calls`, for example \"1_000\"",
        ),
        (
            "[policy]\nallow = [\"github\"]",
            "line 2 column 10: `github` is not SERVER/TOOL; write `github/get_issue`, or `github/*` for all its tools",
        ),
        (
            "[policy]\ndestructive = \"no\"",
            "line 2 column 15: unknown variant `no`, expected `named` or `matched`",
        ),
        (
            "[policy]\nask = [{ tool = \"a/b\", wher = {} }]",
            "line 2 column 24: `[policy.ask]` has no key `wher`; did you mean `where`?",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = { equal = 1 } } }]",
            "line 2 column 44: `[policy.deny.where.\"/x\"]` has no key `equal`; did you mean `equals`?",
        ),
        (
            "[policy]\n[[policy.deny]]\ntool = \"a/b\"\nwhere.\"/x\".undr = \"/\"",
            "line 4 column 12: `[policy.deny.where.\"/x\"]` has no key `undr`; did you mean `under`?",
        ),
        (
            "[skills.a.policy]\nalow = []",
            "line 2 column 1: `[skills.a.policy]` has no key `alow`; did you mean `allow`?",
        ),
        (
            "[policy]\nask = [{ tool = \"a\" }]",
            "line 2 column 17: `a` is not SERVER/TOOL; write `github/get_issue`, or `github/*` for all its tools",
        ),
        (
            "[policy]\nask = [7]",
            "line 2 column 8: invalid type: integer `7`, expected a rule: \"github/get_*\", or { tool =",
        ),
        (
            "[policy]\ndeny = [{ where = {} }]",
            "line 2 column 9: missing field `tool`",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { path = { equals = 1 } } }]",
            "line 2 column 35: `path` is not a JSON pointer; write `/path`",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/a~b\" = { equals = 1 } } }]",
            "line 2 column 35: `/a~b` is not a JSON pointer: after `~` comes `0`",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = {} } }]",
            "`/x` has no condition; write `equals`, `one-of`, `glob`, `min`, `max` or `under`",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = { under = \"reports\" } } }]",
            "line 2 column 52: `under` needs an absolute path such as `/srv/reports`: `reports` is not an absolute path",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = { min = \"many\" } } }]",
            "line 2 column 50: `min` and `max` need a number",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = { equals = 2026-11-30 } } }]",
            "line 2 column 53: JSON has no dates; write the text that the tool takes, in quotes",
        ),
        (
            "[policy]\ndeny = [{ tool = \"a/b\", where = { \"/x\" = { max = nan } } }]",
            "line 2 column 50: JSON has no `inf` and no `nan`",
        ),
        (
            "[policy]\nallow = [{ tool = \"a/b\", per-run = 0 }]",
            "line 2 column 36: a number of calls is 1 at least; write the tool into `deny` for none",
        ),
        (
            "[policy]\nask = [{ tool = \"a/b\", per-day = 5 }]",
            "line 2 column 8: `per-run` and `per-day` are for `allow`: a rule of `ask` or `deny` that ends would allow more",
        ),
        (
            "[runs]\nwait = \"8d\"",
            "line 2 column 8: a run is kept for 7 days, and waits no longer",
        ),
        (
            "[policy.agents]\ndeny = []",
            "line 2 column 1: `[policy.agents]` has no key `deny`; it has `allow`",
        ),
        (
            "limits = 3",
            "line 1 column 10: invalid type: integer `3`, expected a table of limits",
        ),
        ("[limits", "line 1 column 8: "),
    ] {
        let error = parse(text).unwrap_err();
        if !error.contains(message) {
            wrong.push(format!("{error}\nhas not\n{message}"));
        }
        assert!(error.starts_with("`mcp-host.toml` line "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn policy_that_only_denies_says_nothing_about_destructive_tools() {
    let destructive = |text: &str| parse(text).unwrap().policy.unwrap().tables()[0].destructive;
    let deny = "[policy]\ndeny = [\"github/delete_*\"]";
    assert_eq!(destructive(deny), Destructive::Matched);
    let named = format!("{deny}\ndestructive = \"named\"");
    assert_eq!(destructive(&named), Destructive::Named);
    let allow = format!("{deny}\nallow = [\"github/*\"]");
    assert_eq!(destructive(&allow), Destructive::Named);
}

#[test]
fn every_condition_of_a_rule_is_read() {
    let rule = r#"{ tool = "fs/write_file", where = { "/a" = { equals = { "k" = [1, 2.5, true] }, one-of = ["x", 7], glob = "*.md" }, "/b/0" = { min = 9007199254740993, max = "18446744073709551616", under = "/srv/./reports/", if-absent = true } }, per-run = 20, per-day = 200 }"#;
    let policy = parse(&format!("[policy]\nallow = [{rule}]"))
        .unwrap()
        .policy
        .unwrap();
    let entry = &policy.tables()[0].allow.as_ref().unwrap()[0];
    // A rule is shown as it is written, so that all of it is here.
    let shown = rule
        .replace(
            "max = \"18446744073709551616\"",
            "max = 18446744073709551616",
        )
        .replace("/srv/./reports/", "/srv/reports");
    assert_eq!(entry.to_string(), shown);
}

#[test]
fn a_skill_has_rules_of_its_own() {
    let settings =
        parse("[policy]\nallow = [\"a/*\"]\n[skills.\"x y\".policy]\ndeny = [\"a/b\"]").unwrap();
    let places = |skill| -> Vec<String> {
        let tables = settings.tables(Place::Project, skill);
        tables
            .iter()
            .map(|table| format!("{}: {table}", table.place))
            .collect()
    };
    assert_eq!(places(None), ["project: mcp-host.toml"]);
    assert_eq!(places(Some("other")), ["project: mcp-host.toml"]);
    assert_eq!(
        places(Some("x y")),
        [
            "project: mcp-host.toml",
            "skill: `[skills.\"x y\".policy]` in mcp-host.toml"
        ]
    );
}

#[test]
fn the_known_keys_are_the_limits() {
    for limit in Limit::ALL {
        parse(&format!("[limits]\n{} = \"1s\"", limit.key()))
            .map(drop)
            .unwrap_or_else(|error| assert!(!error.contains("has no key"), "{error}"));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Settings::read(Path::new("nowhere/mcp-host.toml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "settings file `nowhere/mcp-host.toml` does not exist"
    );
}

#[test]
fn the_check_of_types_is_a_switch_or_a_program() {
    let read = |value: &str| {
        let text = format!("[scripts]\ntype-check = {value}\n");
        let read = Settings::parse(&text, Path::new("/etc/mcp/mcp-host.toml"));
        read.map(|settings| settings.type_check)
            .map_err(|error| error.to_string())
    };
    assert_eq!(parse("").unwrap().type_check, TypeCheck::Off);
    assert_eq!(read("false"), Ok(TypeCheck::Off));
    assert_eq!(read("true"), Ok(TypeCheck::OnPath));
    let program = |path: &str| Ok(TypeCheck::Program(path.into()));
    assert_eq!(read("\"tsgo\""), program("tsgo"));
    assert_eq!(read("\"/opt/tsc\""), program("/opt/tsc"));
    assert_eq!(
        read("\"node_modules/.bin/tsc\""),
        program("/etc/mcp/node_modules/.bin/tsc")
    );
    let error = read("7").unwrap_err();
    assert!(
        error.contains("line 2 column 14") && error.contains("true, false"),
        "{error}"
    );
    let error = read("true\ntypecheck = 1").unwrap_err();
    assert!(error.contains("type-check"), "{error}");
}

#[test]
fn the_audit_log_is_on_and_without_arguments_unless_the_file_says_otherwise() {
    let read = |text: &str| parse(text).map(|settings| settings.audit);
    let default = AuditSettings::default();
    assert!(default.enabled && !default.arguments && !default.required);
    assert_eq!(read(""), Ok(default));
    let text =
        "[audit]\nenabled = false\narguments = true\nrequired = true\nsize = \"1MiB\"\nfiles = 3";
    let expected = AuditSettings {
        enabled: false,
        arguments: true,
        required: true,
        size: Some(1 << 20),
        files: Some(3),
    };
    assert_eq!(read(text), Ok(expected));
    for (text, message) in [
        ("size = \"1KiB\"", "`size` is at least 64KiB"),
        ("files = 0", "expected a number of files from 1 to 10,000"),
        (
            "argument = true",
            "`[audit]` has no key `argument`; did you mean `arguments`?",
        ),
        ("required = 1", "expected a boolean"),
    ] {
        let error = read(&format!("[audit]\n{text}")).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}
