//! Users: what they have alone, and how many there may be.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_host::Limits;

use super::*;
use crate::rules::Rules;

fn base() -> User {
    let rules = Rules {
        policy: None,
        scopes: Vec::new(),
        settings: PathBuf::from("mcp-host.toml"),
        limits: Limits::default(),
    };
    let read = Arc::new(move |_: Option<&str>| Ok(rules.clone()));
    User {
        principal: None,
        number: 0,
        rules: CurrentRules::open(read, None, Limits::default().memory).unwrap(),
        types: Arc::new(Types::open(None)),
        tasks: Tasks::default(),
    }
}

fn principal(name: &str) -> Principal {
    Principal::new("https://a", name)
}

#[test]
fn two_users_have_nothing_in_common_and_one_user_all() {
    let dir = tempfile::tempdir().unwrap();
    let (users, base) = (Users::new(Some(dir.path().join("principals"))), base());
    let ann = users.of(&principal("ann"), &base, || 1).unwrap();
    let bob = users.of(&principal("bob"), &base, || 2).unwrap();
    assert!(Arc::ptr_eq(
        &ann,
        &users.of(&principal("ann"), &base, || 3).unwrap()
    ));
    assert_ne!(ann.number, bob.number);
    assert!(!Arc::ptr_eq(&ann.types, &bob.types));
    // A rule that allows one call of a day allows each of them one.
    let take = |user: &User| {
        let grants = user.rules.now(None).grants;
        grants.day_counts.as_ref().unwrap().take("rule", 1)
    };
    assert!(take(&ann) && !take(&ann));
    assert!(take(&bob) && !take(&bob));
    let mut names: Vec<_> = fs::read_dir(dir.path().join("principals"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected = [principal("ann").hex(), principal("bob").hex()];
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn the_user_who_asked_last_the_longest_ago_makes_room_and_one_who_is_busy_does_not() {
    let (users, base) = (Users::new(None), base());
    let busy = users.of(&principal("busy"), &base, || 1).unwrap();
    drop(users.of(&principal("idle"), &base, || 2).unwrap());
    let more: Vec<_> = (2..MOST)
        .map(|at| users.of(&principal(&at.to_string()), &base, || 3).unwrap())
        .collect();
    drop(users.of(&principal("new"), &base, || 4).unwrap());
    assert!(Arc::ptr_eq(
        &busy,
        &users.of(&principal("busy"), &base, || 5).unwrap()
    ));
    // All that is left are busy, once this one is.
    let new = users.of(&principal("new"), &base, || 6).unwrap();
    assert_eq!(new.number, 4);
    let refused = users.of(&principal("one more"), &base, || 7);
    assert_eq!(refused.err(), Some(TooManyUsers));
    drop(more);
    assert!(users.of(&principal("one more"), &base, || 8).is_ok());
}

#[test]
fn directories_are_bounded_and_one_in_use_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("principals");
    ensure(&at, Others::Nothing).unwrap();
    let old = SystemTime::now() - 2 * KEPT;
    for number in 1..MOST_KEPT {
        fs::create_dir(at.join(format!("{number}"))).unwrap();
    }
    let (users, base) = (Users::new(Some(at.clone())), base());
    let _ann = users.of(&principal("ann"), &base, || 1).unwrap();
    let touch = |name: &str| {
        File::open(at.join(name))
            .unwrap()
            .set_modified(old)
            .unwrap()
    };
    touch(&principal("ann").hex());
    // All others asked lately, and this one is in use.
    let refused = users.of(&principal("bob"), &base, || 2);
    assert_eq!(refused.err(), Some(TooManyUsers));
    touch("7");
    assert!(users.of(&principal("bob"), &base, || 3).is_ok());
    assert!(!at.join("7").exists());
    assert!(at.join(principal("ann").hex()).exists());
}
