//! Limits and profiles: documented values, names and bounds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::collections::BTreeMap;

fn table(name: &str) -> Origin {
    Origin::Table {
        file: "mcp-host.toml".into(),
        table: name.into(),
    }
}

fn values(values: &[(Limit, u64)]) -> Overrides {
    Overrides {
        profile: None,
        values: values.iter().copied().collect(),
    }
}

fn profile(profile: Profile) -> Overrides {
    Overrides {
        profile: Some(profile),
        values: BTreeMap::new(),
    }
}

fn origin(in_force: &InForce, limit: Limit) -> String {
    in_force
        .settings
        .iter()
        .find(|setting| setting.limit == limit)
        .unwrap()
        .to_string()
}

#[test]
fn the_profiles_have_the_documented_memory_time_and_calls() {
    let shown = Profile::ALL.map(|profile| {
        let limits = profile.limits();
        [Limit::Memory, Limit::Timeout, Limit::Calls].map(|limit| limit.show(limits.get(limit)))
    });
    assert_eq!(
        shown,
        [
            ["128MiB", "30s", "100"],
            ["256MiB", "1m", "1_000"],
            ["512MiB", "2m", "5_000"],
        ]
    );
}

#[test]
fn a_wider_profile_is_wider_in_every_limit() {
    for limit in Limit::ALL {
        let [strict, moderate, permissive] =
            Profile::ALL.map(|profile| profile.limits().get(limit));
        assert!(strict < moderate && moderate < permissive, "{limit:?}");
    }
}

#[test]
fn every_limit_is_set_and_got_under_its_own_name() {
    for limit in Limit::ALL {
        let mut limits = Limits::default();
        limits.set(limit, 7);
        for other in Limit::ALL {
            let expected = if other == limit {
                7
            } else {
                Limits::default().get(other)
            };
            assert_eq!(limits.get(other), expected, "{limit:?} {other:?}");
        }
        assert_eq!(
            serde_json::to_value(limit).unwrap(),
            serde_json::json!(limit.key())
        );
    }
}

#[test]
fn one_value_is_replaced_without_losing_the_rest() {
    let in_force = resolve(&[
        (table("limits"), profile(Profile::Strict)),
        (Origin::Option, values(&[(Limit::Memory, 1 << 20)])),
    ]);
    assert_eq!(
        in_force.limits,
        Limits {
            memory: 1 << 20,
            ..Profile::Strict.limits()
        }
    );
    assert_eq!(origin(&in_force, Limit::Memory), "`--memory`");
    assert_eq!(
        origin(&in_force, Limit::Fuel),
        "profile `strict` of `[limits]` in `mcp-host.toml`"
    );
}

#[test]
fn the_nearer_place_wins_and_a_nearer_profile_sets_everything_again() {
    let places = [
        (
            table("limits"),
            values(&[(Limit::Calls, 7), (Limit::Fuel, 9)]),
        ),
        (table("skills.a.limits"), values(&[(Limit::Calls, 8)])),
    ];
    let in_force = resolve(&places);
    assert_eq!((in_force.limits.calls, in_force.limits.fuel), (8, 9));
    assert_eq!(
        origin(&in_force, Limit::Calls),
        "`[skills.a.limits]` in `mcp-host.toml`"
    );
    assert_eq!(
        origin(&in_force, Limit::Memory),
        "profile `moderate`, the default"
    );

    let [farther, nearer] = places;
    let in_force = resolve(&[farther, nearer, (Origin::Option, profile(Profile::Strict))]);
    assert_eq!(in_force.limits, Profile::Strict.limits());
    assert_eq!(
        origin(&in_force, Limit::Calls),
        "profile `strict` of `--profile`"
    );
}

#[test]
fn values_are_read_and_shown_as_people_write_them() {
    for (limit, text, value, shown) in [
        (Limit::Memory, "64MiB", 64 << 20, "64MiB"),
        (Limit::Memory, "1GB", 1_000_000_000, "1000000000"),
        (Limit::State, "1024", 1024, "1KiB"),
        (Limit::Output, "0", 0, "0"),
        (Limit::Timeout, "500ms", 500, "500ms"),
        (Limit::Timeout, "2m", 120_000, "2m"),
        (Limit::Fuel, "1_000", 1000, "1_000"),
        (Limit::Calls, "123", 123, "123"),
    ] {
        assert_eq!(limit.parse(text), Ok(value), "{text}");
        assert_eq!(limit.show(value), shown);
    }
}

#[test]
fn an_invalid_value_of_a_limit_shows_a_valid_one() {
    for (limit, text, says) in [
        (Limit::Memory, "lots", "write for example 64MiB"),
        (Limit::Timeout, "soon", "write for example 500ms"),
        (Limit::Timeout, "0s", "write for example 30s"),
        (Limit::Timeout, "10us", "a millisecond at least"),
        (Limit::Fuel, "-1", "for example 5_000_000_000"),
    ] {
        let error = limit.parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_value_that_its_type_cannot_hold_is_as_large_as_can_be() {
    let in_force = resolve(&[(Origin::Option, values(&[(Limit::Calls, u64::MAX)]))]);
    assert_eq!(in_force.limits.calls, u32::MAX);
    let setting = in_force
        .settings
        .iter()
        .find(|setting| setting.limit == Limit::Calls)
        .unwrap();
    assert_eq!(setting.value, u64::from(u32::MAX));
}
