//! Policy decides about imported tools before anything runs, and about calls by name when they are made.

use mcp_host::{ImportError, LinkError, Outcome};
use mcp_tests::{Fake, Setup, guest, text};
use serde_json::{Value, json};

/// The refusals of `typed-sync`, which imports `echo` and `wait` of the server `fake`, and the hint.
async fn refused(server: Fake, policy: &str) -> (Vec<String>, String) {
    let calls = server.calls();
    let error = Setup::default()
        .server(server)
        .policy(policy)
        .try_run(&guest("typed-sync"), "null")
        .await
        .unwrap_err();
    assert!(calls.lock().unwrap().is_empty());
    assert!(error.is_denial(), "{error}");
    let hint = error.hint().unwrap();
    let LinkError::Imports(errors) = error else {
        panic!("{error}");
    };
    (errors.iter().map(ImportError::to_string).collect(), hint)
}

async fn runs(server: Fake, policy: &str) {
    let report = Setup::default()
        .server(server)
        .policy(policy)
        .run("typed-sync", "null")
        .await;
    assert_eq!(report.outcome, Outcome::Finished, "{policy}");
}

/// The server `fake` whose tools have these annotations.
fn annotated(annotations: &Value) -> Fake {
    let mut tools = Fake::standard_tools();
    for tool in tools.as_array_mut().unwrap() {
        tool["annotations"] = annotations.clone();
    }
    Fake::new("fake", tools, |_, arguments| {
        Box::pin(async move { Ok(mcp_tests::structured(Value::Object(arguments))) })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_that_policy_lacks_are_all_named_with_the_line_to_add() {
    let (errors, hint) = refused(Fake::standard(), "allow = [\"time/now\"]").await;
    assert_eq!(
        errors,
        [
            "import `mcp-server:fake/tools#echo`: policy does not allow tool `fake/echo`",
            "import `mcp-server:fake/tools#wait`: policy does not allow tool `fake/wait`",
        ]
    );
    assert_eq!(
        hint,
        "if the skill should have it: in `[policy]` of `mcp-host.toml`, \
         write `allow = [\"time/now\", \"fake/echo\", \"fake/wait\"]`"
    );
    runs(
        Fake::standard(),
        "allow = [\"time/now\", \"fake/echo\", \"fake/wait\"]",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deny_wins_over_allow() {
    let policy = "allow = [\"fake/echo\", \"fake/wait\"]\ndeny = [\"*/ec*\"]";
    let (errors, hint) = refused(Fake::standard(), policy).await;
    assert_eq!(
        errors,
        ["import `mcp-server:fake/tools#echo`: policy denies tool `fake/echo`: rule `*/ec*`"]
    );
    assert!(hint.ends_with("take `*/ec*` out of `deny`"), "{hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_says_nothing_is_taken_for_destructive_and_has_to_be_named() {
    let (errors, _) = refused(Fake::standard(), "allow = [\"fake/*\", \"fake/wait\"]").await;
    assert_eq!(
        errors,
        [
            "import `mcp-server:fake/tools#echo`: policy allows destructive tools by name only, \
             and tool `fake/echo` does not say that it is not"
        ]
    );
    let harmless = json!({ "readOnlyHint": false, "destructiveHint": false });
    runs(annotated(&harmless), "allow = [\"fake/*\"]").await;
    runs(
        Fake::standard(),
        "allow = [\"fake/*\"]\ndestructive = \"matched\"",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_takes_what_the_live_server_says() {
    let policy = "allow = [\"fake/*\"]\nread-only = true";
    let (errors, hint) = refused(Fake::standard(), policy).await;
    assert_eq!(errors.len(), 2);
    assert!(
        errors[0].ends_with(
            "policy allows read-only tools only, and tool `fake/echo` does not say that it is"
        ),
        "{errors:?}"
    );
    assert!(hint.contains("write `read-only = false`"), "{hint}");
    runs(annotated(&json!({ "readOnlyHint": true })), policy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_name_needs_a_grant_and_policy_can_still_refuse_it() {
    let call = r#"{"server":"plain","tool":"go","surface":true}"#;
    let server = || Fake::plain(|_| Box::pin(async { Ok(text("ok")) }));
    for (policy, says) in [
        ("deny = [\"plain/*\"]", "policy denies tool `plain/go`"),
        ("read-only = true", "policy allows read-only tools only"),
        (
            "allow = [\"plain/*\"]",
            "policy allows destructive tools by name only",
        ),
    ] {
        let fake = server();
        let calls = fake.calls();
        let report = Setup::default()
            .server(fake)
            .allow("plain/*")
            .policy(policy)
            .run("one-call", call)
            .await;
        let Outcome::Denied { message } = report.outcome else {
            panic!("{policy}: {:?}", report.outcome);
        };
        assert!(message.contains(says), "{message}");
        assert!(calls.lock().unwrap().is_empty());
    }
    // What is granted for this run by name is allowed, and named.
    let report = Setup::default()
        .server(server())
        .allow("plain/go")
        .policy("allow = []")
        .run("one-call", call)
        .await;
    assert_eq!(report.outcome, Outcome::Finished);
    // A rule of policy alone does not grant a call.
    let report = Setup::default()
        .server(server())
        .policy("allow = [\"plain/go\"]")
        .run("one-call", call)
        .await;
    assert!(matches!(report.outcome, Outcome::Denied { .. }));
}
