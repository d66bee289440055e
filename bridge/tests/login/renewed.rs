//! Tokens that end: renewed once, by one of many, and nothing is lost where the authorization server fails.

use super::provider::value;
use super::*;

#[tokio::test]
async fn refused_token_is_renewed_once_and_the_call_arrives_once() {
    let provider = Provider::start().await;
    let server = provider.connected().await;
    // As if it had ended at the server.
    provider.change(|known| known.access = "another".to_owned());
    let first = call(&server, "write").await.unwrap();
    let (access, renewed) = provider.change(|known| (known.access.clone(), known.renewed));
    assert_eq!((first, renewed), (format!("Bearer {access}"), 1));
    let calls = provider.web.received();
    let calls = calls.iter().filter(|one| one.tool() == "write");
    let sent: Vec<_> = calls
        .map(|one| one.header("authorization").unwrap())
        .collect();
    assert_eq!(
        sent.len(),
        2,
        "the one that was refused, and the next: {sent:?}"
    );
    provider.change(|known| {
        let form = known.forms.last().unwrap();
        assert_eq!(value(form, "grant_type"), "refresh_token");
        assert_eq!(value(form, "resource"), provider.url());
        assert_eq!(value(form, "client_id"), "client-1");
    });
}

#[tokio::test]
async fn token_is_renewed_ahead_of_its_end() {
    let provider = Provider::with(|known| known.lasts = Some(2)).await;
    let server = provider.connected().await;
    provider.change(|known| known.lasts = None);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    call(&server, "write").await.unwrap();
    assert_eq!(provider.change(|known| known.renewed), 1);
    let refused = provider.web.received();
    let calls = refused.iter().filter(|one| one.tool() == "write").count();
    assert_eq!(calls, 1, "no call was sent with the old token");
}

#[tokio::test]
async fn eight_connections_at_once_make_one_renewal_of_a_token_that_rotates() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    log_in(&config, &[]).await.unwrap();
    let servers = futures_util::future::join_all((0..8).map(|_| Server::connect(&config))).await;
    let servers: Vec<Server> = servers.into_iter().map(Result::unwrap).collect();
    provider.change(|known| known.access = "another".to_owned());
    let calls = servers.iter().map(|server| call(server, "write"));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(provider.change(|known| known.renewed), 1);
}

#[tokio::test]
async fn failing_token_endpoint_keeps_the_login_for_later() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let server = provider.connected().await;
    for (status, body) in [
        (503, json!({})),
        (400, json!({"error": "temporarily_unavailable"})),
        (200, json!("<html>")),
        (400, json!({"error": "invalid_request"})),
    ] {
        provider.change(|known| {
            known.access = "another".to_owned();
            known.refuses = Some((status, body.clone()));
        });
        let error = call(&server, "write").await.unwrap_err();
        let CallError::Unavailable(text) = &error else {
            panic!("{error:?}")
        };
        assert!(text.contains("its login is kept"), "{body}: {text}");
        assert_eq!(login_state(&config), Some(LoginState::Renews));
        provider.change(|known| known.refuses = None);
        // Three failures in a row would keep calls back for a while.
        call(&server, "write").await.unwrap();
    }
}

#[tokio::test]
async fn dead_refresh_token_asks_for_a_login_with_the_exact_command() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let server = provider.connected().await;
    provider.change(|known| {
        known.access = "another".to_owned();
        known.refuses = Some((400, json!({"error": "invalid_grant"})));
    });
    for _ in 0..2 {
        let error = call(&server, "write").await.unwrap_err();
        let CallError::LoginRequired(text) = &error else {
            panic!("{error:?}")
        };
        let command = "`mcp-host login far --config /etc/mcp.json`";
        assert!(text.contains(command), "{text}");
    }
    assert_eq!(login_state(&config), Some(LoginState::Ended));
    // A dead token is not offered again, and the user's next login is taken at once, on a new connection.
    let asked = provider.change(|known| {
        known.refuses = None;
        known.forms.len()
    });
    assert_eq!(asked, 2);
    log_in(&config, &[]).await.unwrap();
    call(&server, "write").await.unwrap();
}

#[tokio::test]
async fn missing_scope_is_named_with_the_command_that_asks_for_it() {
    let provider = Provider::with(|known| known.needs = Some("write admin:x".to_owned())).await;
    let server = provider.connected().await;
    let error = call(&server, "write").await.unwrap_err();
    let CallError::LoginRequired(text) = &error else {
        panic!("{error:?}")
    };
    let command = "`mcp-host login far --config /etc/mcp.json --scope write --scope admin:x`";
    assert!(text.contains(command), "{text}");
    // What a shell would read is not put into a command.
    provider.change(|known| known.needs = Some("$(id) ;reboot `x` --no ok".to_owned()));
    let text = call(&server, "write").await.unwrap_err().to_string();
    assert!(
        text.ends_with("`mcp-host login far --config /etc/mcp.json --scope ok`"),
        "{text}"
    );
}

#[tokio::test]
async fn renewal_whose_caller_gives_up_is_kept_all_the_same() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let server = provider.connected().await;
    provider.change(|known| {
        known.access = "another".to_owned();
        known.pause = Duration::from_millis(600);
    });
    let gives_up = tokio::time::timeout(Duration::from_millis(300), call(&server, "write")).await;
    assert!(gives_up.is_err());
    assert_eq!(
        provider.change(|known| known.renewed),
        1,
        "the old refresh token is used up"
    );
    server.close().await;
    tokio::task::spawn_blocking(finish_renewals).await.unwrap();
    provider.change(|known| known.pause = Duration::ZERO);
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    assert_eq!(provider.change(|known| known.renewed), 1);
}

#[tokio::test]
async fn logout_ends_the_login_of_connections_that_are_open() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let server = provider.connected().await;
    call(&server, "write").await.unwrap();
    let sent = provider.web.received().len();
    // The authorization server forgets nothing.
    assert!(logout(&config).await.unwrap().is_some());
    let error = call(&server, "write").await.unwrap_err();
    assert!(matches!(error, CallError::LoginRequired(_)), "{error:?}");
    let sent = provider.web.received().split_off(sent);
    let mut to_the_server = sent.iter().filter(|one| one.path == "/mcp");
    assert!(to_the_server.all(|one| one.header("authorization").is_none()));
}

#[tokio::test]
async fn logout_waits_for_a_renewal_and_revokes_what_came_of_it() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let server = provider.connected().await;
    provider.change(|known| {
        known.access = "another".to_owned();
        known.pause = Duration::from_millis(400);
    });
    let leaves = async {
        while provider.change(|known| known.renewed) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        logout(&config).await.unwrap()
    };
    let (_, left) = tokio::join!(call(&server, "write"), leaves);
    assert_eq!(left, Some(Vec::new()));
    let (refresh, revoked) =
        provider.change(|known| (known.refresh.clone(), known.revoked.clone()));
    assert_eq!(revoked, [refresh]);
    assert_eq!(login_state(&config), Some(LoginState::None));
}

#[tokio::test]
async fn mistaken_secret_in_the_entry_loses_no_login() {
    let provider = Provider::start().await;
    let oauth = json!({"clientId": "mine", "clientSecret": "s3cr3t-s3cr3t"});
    let config = provider.entry(&json!({"oauth": oauth}));
    log_in(&config, &[]).await.unwrap();
    let server = Server::connect(&config).await.unwrap();
    provider.change(|known| {
        known.access = "another".to_owned();
        known.refuses = Some((401, json!({"error": "invalid_client"})));
    });
    let error = call(&server, "write").await.unwrap_err().to_string();
    assert!(error.contains("check `clientId`"), "{error}");
    assert_eq!(login_state(&config), Some(LoginState::Renews));
    provider.change(|known| known.refuses = None);
    call(&server, "write").await.unwrap();
    // The secret of another client is not sent for this one.
    let oauth = json!({"clientId": "other", "clientSecret": "m1staken-m1staken-m1staken"});
    let other = Server::connect(&provider.entry(&json!({"oauth": oauth})))
        .await
        .unwrap();
    provider.change(|known| known.access = "another".to_owned());
    let forms = provider.change(|known| known.forms.len());
    let error = call(&other, "write").await.unwrap_err().to_string();
    assert!(error.contains("another `clientId`"), "{error}");
    assert_eq!(provider.change(|known| known.forms.len()), forms);
}
