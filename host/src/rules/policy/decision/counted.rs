//! Rules with a number of calls.

use std::sync::Mutex;

use super::*;

/// Counts as a file does, in memory.
#[derive(Debug, Default)]
struct Today(Mutex<Vec<String>>);

impl DayCounts for Today {
    fn take(&self, rule: &str, most: u32) -> bool {
        let mut taken = self.0.lock().unwrap();
        let is_left = taken.iter().filter(|one| *one == rule).count() < most as usize;
        if is_left {
            taken.push(rule.to_owned());
        }
        is_left
    }

    fn has(&self, rule: &str, most: u32) -> bool {
        let taken = self.0.lock().unwrap();
        taken.iter().filter(|one| *one == rule).count() < most as usize
    }
}

#[test]
fn a_rule_whose_calls_are_used_up_asks() {
    let grants = agent(&[(
        Place::User,
        "allow = [{ tool = \"fs/write\", per-run = 2 }]",
    )]);
    let rules = grants.rules_of("fs", "write", SILENT);
    let arguments = Map::new();
    for _run in 0..2 {
        let decider = Decider::new(&grants);
        let decisions = [(); 4].map(|()| shown(&decider.decide(&rules, &arguments)));
        let asks = "ask: allow = { tool = \"fs/write\", per-run = 2 } of user: its 2 calls per run are used up";
        assert_eq!(decisions, ["allow", "allow", asks, asks]);
    }
    // After a resume the calls of the earlier part count.
    let decider = Decider::new(&grants);
    decider.made(&rules, &arguments);
    assert_eq!(decider.decide(&rules, &arguments), Decision::Allow);
    assert!(matches!(
        decider.decide(&rules, &arguments),
        Decision::Ask(_)
    ));
}

#[test]
fn a_resumed_run_has_no_fresh_count_of_any_rule() {
    let two = r#"{ tool = "fs/write", per-run = 2 }"#;
    let three = r#"{ tool = "fs/write", per-run = 3, where = { "/n" = { min = 0 } } }"#;
    let today = r#"{ tool = "fs/write", per-run = 9, per-day = 1 }"#;
    let arguments = json!({"n": 1});
    let arguments = arguments.as_object().unwrap();
    for rules in [
        format!("{two}, {three}"),
        format!("{three}, {two}"),
        format!("{today}, {three}"),
    ] {
        let grants = Grants {
            day_counts: Some(Arc::new(Today::default())),
            ..agent(&[(Place::User, &format!("allow = [{rules}]"))])
        };
        let rules = grants.rules_of("fs", "write", SILENT);
        let mut made = 0;
        // Each call is in a part of the run of its own.
        while made < 20 {
            let decider = Decider::new(&grants);
            (0..made).for_each(|_| decider.made(&rules, arguments));
            if decider.decide(&rules, arguments) != Decision::Allow {
                break;
            }
            made += 1;
        }
        let most = Decider::new(&grants);
        let at_once = (0..20).filter(|_| most.decide(&rules, arguments) == Decision::Allow);
        assert!(made <= at_once.count() + 1 && made <= 5, "{made} calls");
        assert!(made >= 3, "{made} calls");
    }
}

#[test]
fn a_number_of_calls_holds_for_a_tool_that_reads_and_for_a_person() {
    let counted = "allow = [{ tool = \"fs/read\", per-run = 1 }]";
    for grants in [
        agent(&[(Place::User, counted)]),
        person(&[(Place::User, counted)]),
    ] {
        let rules = grants.rules_of("fs", "read", READS);
        let decider = Decider::new(&grants);
        assert_eq!(decider.decide(&rules, &Map::new()), Decision::Allow);
        assert!(matches!(
            decider.decide(&rules, &Map::new()),
            Decision::Ask(_)
        ));
    }
    // Another rule of `allow` still applies.
    let both = "allow = [{ tool = \"fs/read\", per-run = 1 }, \"fs/re*\"]";
    let grants = person(&[(Place::User, both)]);
    assert_eq!(
        grants.rules_of("fs", "read", READS).fixed(),
        Some(&Decision::Allow)
    );
}

#[test]
fn the_calls_of_a_day_are_counted_for_all_runs() {
    let grants = Grants {
        day_counts: Some(Arc::new(Today::default())),
        ..person(&[(
            Place::User,
            "allow = [{ tool = \"fs/write\", per-day = 3 }]",
        )])
    };
    let rules = grants.rules_of("fs", "write", SILENT);
    let asks = "ask: allow = { tool = \"fs/write\", per-day = 3 } of user: its 3 calls per day are used up";
    let decisions = [(); 4].map(|()| shown(&Decider::new(&grants).decide(&rules, &Map::new())));
    assert_eq!(decisions, ["allow", "allow", "allow", asks]);
    // Where nothing counts, no call is left.
    let uncounted = Grants {
        day_counts: None,
        ..grants
    };
    assert_eq!(
        shown(&Decider::new(&uncounted).decide(&rules, &Map::new())),
        asks
    );
}

#[test]
fn a_call_that_another_rule_asks_about_takes_no_count() {
    let ask = r#"ask = [{ tool = "fs/write", where = { "/big" = { equals = true, if-absent = false } } }]"#;
    let grants = person(&[
        (
            Place::User,
            "allow = [{ tool = \"fs/write\", per-run = 1 }]",
        ),
        (Place::Project, ask),
    ]);
    let rules = grants.rules_of("fs", "write", SILENT);
    let decider = Decider::new(&grants);
    let big = json!({"big": true});
    for _ in 0..3 {
        let decision = decider.decide(&rules, big.as_object().unwrap());
        assert_eq!(
            shown(&decision),
            format!(
                "ask: {} of project",
                ask.replace("[{", "{").replace("}]", "}")
            )
        );
    }
    assert_eq!(decider.decide(&rules, &Map::new()), Decision::Allow);
    assert!(matches!(
        decider.decide(&rules, &Map::new()),
        Decision::Ask(_)
    ));
}

#[test]
fn a_wider_place_keeps_its_count_where_a_narrower_one_is_used_up() {
    let counted = |per: &str| format!("allow = [{{ tool = \"fs/write\", {per} }}]");
    for (wide, narrow) in [
        ("per-run = 3", "per-run = 1"),
        ("per-day = 3", "per-run = 1"),
        ("per-day = 3", "per-day = 1"),
        ("per-run = 3", "per-run = 9, per-day = 1"),
    ] {
        let today = Arc::new(Today::default());
        let wide_only = Grants {
            day_counts: Some(Arc::clone(&today) as Arc<dyn DayCounts>),
            ..person(&[(Place::User, &counted(wide))])
        };
        let both = Grants {
            day_counts: Some(Arc::clone(&today) as Arc<dyn DayCounts>),
            ..person(&[
                (Place::User, &counted(wide)),
                (Place::Project, &counted(narrow)),
            ])
        };
        let decider = Decider::new(&both);
        let decide = |grants: &Grants| {
            let rules = grants.rules_of("fs", "write", SILENT);
            decider.decide(&rules, &Map::new()) == Decision::Allow
        };
        // The second and third call are asked about, and take nothing.
        assert_eq!([(); 3].map(|()| decide(&both)), [true, false, false]);
        // The place of the user is the first in both, and so is its count.
        assert_eq!(
            [(); 3].map(|()| decide(&wide_only)),
            [true, true, false],
            "{wide}, {narrow}"
        );
    }
}

#[test]
fn calls_of_many_threads_take_no_more_than_there_are() {
    let grants = person(&[(
        Place::User,
        "allow = [{ tool = \"fs/write\", per-run = 100 }]",
    )]);
    let rules = grants.rules_of("fs", "write", SILENT);
    let decider = Decider::new(&grants);
    let allowed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let calls = (0..50).map(|_| decider.decide(&rules, &Map::new()));
                    calls
                        .filter(|decision| *decision == Decision::Allow)
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(allowed, 100);
}
