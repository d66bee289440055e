//! What the host learns and counts for one user says nothing to another: types, the calls of a day, answers of servers.

use mcp_tests::binary;
use serde_json::json;

use super::{Issuer, User, guarded, has};
use crate::cli::Host;
use crate::serve::{ALLOWED, configure};

const ALIKE: &str = "[[serve.authorization.scopes]]\nscope = \"mcp:read\"\n";

const ECHO: &str =
    "import { echo } from \"mcp:scripted\";\nexport default await echo({ n: 4711 });";

fn tokens(issuer: &Issuer) -> [String; 2] {
    ["ann", "bob"].map(|user| issuer.token(user, "mcp:read"))
}

#[test]
fn types_of_answers_are_learned_for_each_user() {
    let test = "types_of_answers_are_learned_for_each_user";
    let Some((issuer, host)) = guarded(test, ALLOWED, ALIKE) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let [ann, bob] = tokens(&issuer);
    let (ann, bob) = (User::new(&served, &ann), User::new(&served, &bob));
    has(&ann.run(ECHO), "4711");
    let described =
        |user: &User<'_>| user.call("describe_tools", &json!({ "names": ["scripted.echo"] }));
    has(&described(&ann), "seen in 1 call, not declared");
    let other = described(&bob);
    has(&other, "echo(");
    assert!(!other.contains("seen in"), "{other}");
    // Nothing of it is where the one user of `stdio` has it.
    let state = host.dir.path().join("state/mcp-host");
    let learned = std::fs::read_dir(state.join("learned")).unwrap();
    assert_eq!(learned.count(), 0);
    assert_eq!(
        std::fs::read_dir(state.join("principals")).unwrap().count(),
        2
    );
}

#[test]
fn the_calls_of_a_day_are_counted_for_each_user() {
    let test = "the_calls_of_a_day_are_counted_for_each_user";
    let policy = "[policy]\nallow = [{ tool = \"scripted/echo\", per-day = 1 }]\n";
    let Some((issuer, host)) = guarded(test, policy, ALIKE) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    for token in tokens(&issuer) {
        let user = User::new(&served, &token);
        has(&user.run(ECHO), "ok  run");
        has(&user.run(ECHO), "paused  run");
    }
    // And not with those of the command line.
    let calls = host.dir.path().join("state/mcp-host/calls");
    assert!(!calls.exists());
}

/// A host whose server writes down each message, and caches `echo`.
fn caching() -> Host {
    let host = Host::new();
    let log = host.dir.path().join("seen.jsonl");
    configure(
        &host,
        &json!({ "scripted": {
            "command": binary("examples/scripted-server"),
            "args": ["ok"],
            "env": { "SCRIPTED_LOG": log },
            "cache": { "ttl_sec": 600, "tools": ["echo"] },
        } }),
    );
    host
}

#[test]
fn an_answer_that_was_cached_for_one_user_is_not_one_for_another() {
    let test = "an_answer_that_was_cached_for_one_user_is_not_one_for_another";
    let Some((issuer, _)) = guarded(test, ALLOWED, ALIKE) else {
        return;
    };
    let host = caching();
    host.settings(issuer.settings(ALLOWED, ALIKE));
    let served = issuer.serve(&host, &[]);
    let [ann, bob] = tokens(&issuer);
    let (ann, bob) = (User::new(&served, &ann), User::new(&served, &bob));
    let seen = || crate::serve::approvals::echoed(&host).len();
    has(&ann.run(ECHO), "4711");
    has(&ann.run(ECHO), "4711");
    assert_eq!(seen(), 1, "the second answer comes from the cache");
    has(&bob.run(ECHO), "4711");
    assert_eq!(seen(), 2);
}
