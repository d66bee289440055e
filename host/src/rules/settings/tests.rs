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
    assert_eq!(policy.allow.unwrap().len(), 2);
    assert_eq!(policy.deny, ["github/delete_*".parse().unwrap()]);
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
fn an_empty_policy_is_a_policy() {
    let policy = parse("[policy]").unwrap().policy.unwrap();
    assert_eq!(policy.allow, None);
    assert_eq!(policy.destructive, Destructive::Matched);
}

#[test]
fn each_mistake_says_where_it_is_and_what_to_write() {
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
            "line 2 column 1: `[policy]` has no key `whatever`; it has `allow`, `deny`, `read-only`, `destructive`",
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
            "line 2 column 9: `github` is not SERVER/TOOL; write `github/get_issue`, or `github/*` for all its tools",
        ),
        (
            "[policy]\ndestructive = \"no\"",
            "line 2 column 15: unknown variant `no`, expected `named` or `matched`",
        ),
        (
            "limits = 3",
            "line 1 column 10: invalid type: integer `3`, expected a table of limits",
        ),
        ("[limits", "line 1 column 8: "),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(message), "{error}\nhas not\n{message}");
        assert!(error.starts_with("`mcp-host.toml` line "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn policy_that_only_denies_says_nothing_about_destructive_tools() {
    let destructive = |text: &str| parse(text).unwrap().policy.unwrap().destructive;
    let deny = "[policy]\ndeny = [\"github/delete_*\"]";
    assert_eq!(destructive(deny), Destructive::Matched);
    let named = format!("{deny}\ndestructive = \"named\"");
    assert_eq!(destructive(&named), Destructive::Named);
    let allow = format!("{deny}\nallow = [\"github/*\"]");
    assert_eq!(destructive(&allow), Destructive::Named);
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
