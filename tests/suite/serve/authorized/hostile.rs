//! Tokens that are not to be taken, and what the answers say. None of them runs anything.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Issuer, SCOPES, User, guarded, has};
use crate::serve::ALLOWED;
use crate::serve::http::Served;

fn challenge(issuer: &Issuer) -> String {
    let place = format!(
        "http://{}/.well-known/oauth-protected-resource/mcp",
        issuer.address
    );
    format!("scope=\"mcp:write mcp:read\", resource_metadata=\"{place}\"")
}

#[track_caller]
fn refused(served: &Served, headers: &[&str], what: &Value) -> String {
    let answer = served.hello(headers);
    assert_eq!(answer.status, 401, "{what}: {}", answer.body);
    assert!(!answer.body.contains("scripted"), "{what}: {}", answer.body);
    assert!(
        !answer.head.contains("mcp-session-id"),
        "{what}: {}",
        answer.head
    );
    answer.head
}

#[test]
fn tokens_that_are_not_of_the_issuer_for_this_server_now_are_refused() {
    let test = "tokens_that_are_not_of_the_issuer_for_this_server_now_are_refused";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let good = issuer.forged(&json!({}));
    let bearer = |token: &str| format!("Authorization: Bearer {token}");
    assert_eq!(served.hello(&[&bearer(&good)]).status, 200);
    let expected = challenge(&issuer);
    for how in [
        json!({ "by": "none" }),
        json!({ "by": "none", "claims": { "sub": "bob" } }),
        json!({ "by": "public key as a secret" }),
        json!({ "claims": { "iss": "https://evil.example" } }),
        json!({ "claims": { "aud": "https://other.example/mcp" } }),
        json!({ "claims": { "aud": null } }),
        json!({ "claims": { "exp": "-120" } }),
        json!({ "claims": { "exp": null } }),
        json!({ "claims": { "nbf": "120" } }),
        json!({ "claims": { "sub": null } }),
        json!({ "claims": { "cnf": { "jkt": "a key of a client" } } }),
        json!({ "claims": { "padding": "x".repeat(16 << 10) } }),
        json!({ "header": { "kid": "another" } }),
        json!({ "header": { "typ": "logout+jwt" } }),
        json!({ "header": { "alg": "RS384" } }),
    ] {
        let head = refused(&served, &[&bearer(&issuer.forged(&how))], &how);
        has(
            &head,
            "www-authenticate: bearer error=\"invalid_token\", error_description=\"",
        );
        has(&head, &expected);
    }
    // A signature for other words.
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = issuer.forged(&json!({ "claims": { "sub": "bob" } }));
    let (other, _) = other.rsplit_once('.').unwrap();
    assert_ne!(signed, other);
    let what = json!("another signature");
    let head = refused(&served, &[&bearer(&format!("{other}.{signature}"))], &what);
    has(&head, "invalid_token");
    // Addresses are in logs: a good token there makes its request a bad one.
    let path = format!("/mcp?access_token={good}");
    for headers in [vec![], vec![bearer(&good)]] {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let answer = served.post(&path, &headers);
        assert_eq!(answer.status, 401, "{}", answer.body);
        has(&answer.head, "bearer error=\"invalid_token\"");
    }
    // Without a token there is no error to name (RFC 6750, 3.1).
    let head = refused(&served, &[], &json!("no token"));
    has(&head, &format!("www-authenticate: bearer {expected}"));
}

#[test]
fn a_token_without_a_scope_is_told_which_there_are() {
    let test = "a_token_without_a_scope_is_told_which_there_are";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let token = issuer.forged(&json!({ "claims": { "scope": "openid" } }));
    let answer = served.hello(&[&format!("Authorization: Bearer {token}")]);
    assert_eq!(answer.status, 403, "{}", answer.body);
    let start = "www-authenticate: bearer error=\"insufficient_scope\", ";
    has(&answer.head, &format!("{start}{}", challenge(&issuer)));
}

#[test]
fn a_scope_has_the_policy_that_the_settings_give_it() {
    let test = "a_scope_has_the_policy_that_the_settings_give_it";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let echo = "import { echo } from \"mcp:scripted\";\nexport default await echo({ n: 4711 });";
    let reads = User::new(&served, &issuer.token("bob", "mcp:read"));
    let body = reads.run(echo);
    has(&body, "error import_denied");
    has(&body, "serve.authorization.scopes");
    // The same user with more.
    let narrow = User::new(&served, &issuer.token("ann", "mcp:read"));
    has(&narrow.run(echo), "error import_denied");
    let writes = User::new(&served, &issuer.token("ann", "mcp:read mcp:write"));
    has(&writes.run(echo), "4711");
    // A change counts from the next run, and a scope that is gone allows nothing.
    host.settings(issuer.settings(
        ALLOWED,
        "[[serve.authorization.scopes]]\nscope = \"mcp:read\"\n",
    ));
    has(&narrow.run(echo), "4711");
    has(&writes.run(echo), "error import_denied");
}

#[test]
fn keys_may_change_and_the_issuer_may_fail() {
    let test = "keys_may_change_and_the_issuer_may_fail";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    let status = |token: &str| {
        served
            .hello(&[&format!("Authorization: Bearer {token}")])
            .status
    };
    // No key was ever had: it is not the token that is wrong.
    issuer.control(&json!({ "down": true }));
    let old = issuer.token("ann", "mcp:read");
    assert_eq!(status(&old), 503);
    issuer.control(&json!({ "down": false }));
    let until = |token: &str, wanted: u16| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while status(token) != wanted {
            assert!(Instant::now() < deadline, "it is not {wanted}");
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    until(&old, 200);
    issuer.control(&json!({ "down": true }));
    assert_eq!(status(&old), 200);
    issuer.control(&json!({ "down": false, "rotate": true }));
    let new = issuer.token("ann", "mcp:read");
    until(&new, 200);
    // The issuer does not publish the old key any more.
    assert_eq!(status(&old), 401);
    // One before, one after, and one for each 10 s between them.
    let fetched = issuer.control(&json!({}))["jwks"].as_u64().unwrap();
    assert!((3..=8).contains(&fetched), "{fetched}");
}

#[test]
fn who_asks_for_a_token_learns_where_and_two_ways_in_exclude_each_other() {
    let test = "who_asks_for_a_token_learns_where_and_two_ways_in_exclude_each_other";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    host.file("token", "0123456789abcdef0123456789abcdef");
    let args = ["serve", "--http", "127.0.0.1:0", "--token-file", "token"];
    host.run(&args)
        .fails_with(2, &["a token of your own", "`[serve.authorization]`"]);
    let served = issuer.serve(&host, &["--direct"]);
    for path in ["", "/mcp", "/mcp/direct"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let answer = served.get(&path, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let metadata: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(metadata["resource"], issuer.resource());
        assert_eq!(
            metadata["authorization_servers"],
            json!([issuer.addresses["issuer"]])
        );
        assert_eq!(
            metadata["scopes_supported"],
            json!(["mcp:write", "mcp:read"])
        );
    }
    assert_eq!(served.get("/.well-known/other", &[]).status, 401);
    assert_eq!(served.post("/mcp/direct", &[]).status, 401);
    // A directory that was cloned does not say whose tokens are taken.
    drop(served);
    host.file("mcp-host.toml", issuer.settings("", SCOPES));
    host.run(&["serve", "--http", "127.0.0.1:0"]).fails_with(
        2,
        &["`[serve.authorization]` of `mcp-host.toml` is not used"],
    );
}

#[test]
fn a_stream_ends_with_its_token_and_a_call_does_not() {
    let test = "a_stream_ends_with_its_token_and_a_call_does_not";
    let Some((issuer, host)) = guarded(test, ALLOWED, SCOPES) else {
        return;
    };
    let served = issuer.serve(&host, &[]);
    // Good for 30 s more, as clocks may differ.
    let token = issuer.forged(&json!({ "claims": { "exp": "-24" } }));
    let user = User::in_session(&served, &token);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let long = scope.spawn(|| {
            let wait = "import { sleep } from \"mcp:scripted\";\nawait sleep({ ms: 9000 });\nexport default 'awake';";
            user.run(wait)
        });
        let session = user.session.clone().unwrap();
        let headers = ["Accept: text/event-stream", &user.authorization, &session];
        let stream = served.get("/mcp", &headers);
        assert_eq!(stream.status, 200, "{}", stream.body);
        let took = begun.elapsed();
        let expected = Duration::from_secs(3)..Duration::from_secs(9);
        assert!(expected.contains(&took), "{took:?}");
        assert_eq!(served.get("/mcp", &headers).status, 401);
        has(&long.join().unwrap(), "awake");
    });
    // The session is still there, for who brings another token of the user.
    let again = issuer.forged(&json!({}));
    let other = User {
        authorization: format!("Authorization: Bearer {again}"),
        session: user.session.clone(),
        served: &served,
    };
    has(&other.run("export default 'still here';"), "still here");
}
