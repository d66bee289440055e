//! Servers and authorization servers that lie: no code, token or secret goes where they point.

use std::time::Instant;

use super::*;

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const ISSUER: &str = "/.well-known/oauth-authorization-server";

async fn refused(provider: &Provider, more: &Value) -> String {
    let config = provider.entry(more);
    match log_in(&config, &[]).await {
        Ok(_) => panic!("logged in"),
        Err(error) => mcp_bridge::with_causes(&error).replace(&provider.web.address, "http://web"),
    }
}

/// A provider whose metadata are these, with `BASE` for its address.
async fn with(path: &'static str, metadata: Value) -> Provider {
    let provider = Provider::start().await;
    let text = metadata.to_string().replace("BASE", &provider.web.address);
    let metadata = serde_json::from_str(&text).unwrap();
    provider.change(|known| known.instead = vec![(path, metadata)]);
    provider
}

#[tokio::test]
async fn metadata_of_a_server_lead_to_no_place_that_it_may_not_name() {
    for (metadata, expected) in [
        (
            json!({"resource": "https://bank.example/mcp", "authorization_servers": ["BASE"]}),
            "are for another resource, `https://bank.example/mcp`",
        ),
        (
            json!({"resource": "BASE/mcp#x", "authorization_servers": ["BASE"]}),
            "are for another resource",
        ),
        (
            json!({"authorization_servers": ["BASE"]}),
            "name no `resource`",
        ),
        (
            json!({"resource": "BASE/mcp", "authorization_servers": ["http://169.254.169.254/latest"]}),
            "`http://169.254.169.254/latest` is not used",
        ),
        (
            json!({"resource": "BASE/mcp", "authorization_servers": ["https://[fe80::1]/"]}),
            "no authorization server has such an address",
        ),
        (
            json!({"resource": "BASE/mcp", "authorization_servers": ["http://login.example"]}),
            "it is not `https`",
        ),
        (
            json!({"resource": "BASE/mcp", "authorization_servers": []}),
            "name no authorization server",
        ),
    ] {
        let provider = with(RESOURCE, metadata.clone()).await;
        let error = refused(&provider, &json!({})).await;
        assert!(error.contains(expected), "{metadata}: {error}");
    }
}

#[tokio::test]
async fn metadata_of_an_issuer_are_its_own_and_lead_to_no_place_that_it_may_not_name() {
    let good = json!({
        "issuer": "BASE",
        "authorization_endpoint": "BASE/authorize",
        "token_endpoint": "BASE/token",
        "registration_endpoint": "BASE/register",
        "code_challenge_methods_supported": ["S256"],
    });
    for (key, value, expected) in [
        (
            "issuer",
            json!("https://evil.example"),
            "are those of `https://evil.example`",
        ),
        ("issuer", json!("BASE/tenant"), "are those of"),
        (
            "token_endpoint",
            json!("http://169.254.169.254/token"),
            "token endpoint",
        ),
        (
            "token_endpoint",
            json!("http://evil.example/token"),
            "it is not `https`",
        ),
        (
            "authorization_endpoint",
            json!("javascript:alert(1)"),
            "authorization endpoint",
        ),
        (
            "authorization_endpoint",
            json!("file:///etc/passwd"),
            "authorization endpoint",
        ),
        (
            "registration_endpoint",
            json!("https://10.0.0.1/r"),
            "it is in this network",
        ),
        (
            "code_challenge_methods_supported",
            json!(["plain"]),
            "PKCE with S256",
        ),
        (
            "code_challenge_methods_supported",
            Value::Null,
            "PKCE with S256",
        ),
        ("token_endpoint", Value::Null, "have no token endpoint"),
    ] {
        let mut metadata = good.clone();
        metadata[key] = value.clone();
        let provider = with(ISSUER, metadata).await;
        let error = refused(&provider, &json!({})).await;
        assert!(error.contains(expected), "{key} {value}: {error}");
        assert_eq!(provider.change(|known| known.forms.len()), 0);
    }
}

#[tokio::test]
async fn metadata_at_another_origin_are_not_read() {
    place();
    let elsewhere = Web::start(|_| Reply::status(404)).await;
    let there = format!("{}{RESOURCE}", elsewhere.address);
    let web = Web::start(move |_| {
        let challenge = format!("Bearer resource_metadata=\"{there}\"");
        Reply::status(401).with("www-authenticate", &challenge)
    })
    .await;
    let config = entry(&format!("{}/mcp", web.address), &json!({}));
    let error = log_in(&config, &[]).await.unwrap_err().to_string();
    assert!(error.contains("at another origin"), "{error}");
    // The way that the error names.
    let provider = Provider::start().await;
    let oauth = json!({"authorizationServer": provider.web.address});
    let config = entry(&format!("{}/mcp", web.address), &json!({"oauth": oauth}));
    log_in(&config, &[]).await.unwrap();
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn redirect_to_another_origin_gets_neither_a_question_nor_a_secret() {
    let elsewhere = Web::start(|_| Reply::json(json!({"access_token": "evil"}))).await;
    let there = elsewhere.address.clone();
    let provider = Provider::start().await;
    let base = provider.web.address.clone();
    let moved = Web::start(move |received| match received.path.as_str() {
        "/token" => Reply::status(307).with("location", &format!("{there}/token")),
        _ => Reply::status(404),
    })
    .await;
    let metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{}/token", moved.address),
        "registration_endpoint": format!("{base}/register"),
        "code_challenge_methods_supported": ["S256"],
    });
    provider.change(|known| known.instead = vec![(ISSUER, metadata)]);
    let error = refused(&provider, &json!({})).await;
    assert!(error.contains("HTTP 307"), "{error}");
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn server_over_plain_http_elsewhere_gets_no_login() {
    place();
    let config = entry("http://mcp.example/mcp", &json!({}));
    let error = Login::begin(&config, LoginRequest::default())
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("use `https`"), "{error}");
}

#[tokio::test]
async fn redirect_with_a_fragment_or_elsewhere_is_refused() {
    let provider = Provider::start().await;
    for uri in [
        "http://127.0.0.1:9/callback#x",
        "http://evil.example:80/callback",
        "https://127.0.0.1:9/callback",
    ] {
        let error = refused(&provider, &json!({"oauth": {"redirectUri": uri}})).await;
        assert!(error.contains("`redirectUri`"), "{uri}: {error}");
    }
}

#[tokio::test]
async fn unusable_tokens_are_not_kept() {
    for (body, expected) in [
        (json!({"token_type": "bearer"}), "has no `access_token`"),
        (json!({"access_token": ""}), "empty or too long"),
        (
            json!({"access_token": "a".repeat(20_000)}),
            "empty or too long",
        ),
        (json!({"access_token": "a\r\nb: c"}), "cannot be sent"),
        (
            json!({"access_token": "a", "token_type": "DPoP"}),
            "another type than `Bearer`",
        ),
        (
            json!({"error": "access_denied", "error_description": "no\u{1b}[31m"}),
            "access_denied: no",
        ),
    ] {
        let provider = Provider::with(|known| known.refuses = Some((200, body.clone()))).await;
        let error = refused(&provider, &json!({})).await;
        assert!(error.contains(expected), "{body}: {error}");
        assert!(!error.contains('\u{1b}'), "{error}");
        let state = login_state(&provider.entry(&json!({})));
        assert_eq!(state, Some(LoginState::None));
    }
}

#[tokio::test]
async fn failed_login_leaves_the_one_before_it() {
    let provider = Provider::start().await;
    let server = provider.connected().await;
    provider.change(|known| known.refuses = Some((500, json!({}))));
    refused(&provider, &json!({})).await;
    provider.change(|known| known.refuses = None);
    call(&server, "write").await.unwrap();
}

#[tokio::test]
async fn secret_of_a_client_goes_to_the_authorization_server_that_got_it_first() {
    let provider = Provider::start().await;
    let other = Provider::start().await;
    let secret = json!({"grant": "client_credentials", "clientId": "robot", "clientSecret": "s3cr3t-s3cr3t"});
    let config = provider.entry(&json!({"oauth": secret}));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    // The server names another one, and refuses the token.
    provider.change(|known| {
        let resource = format!("{}/mcp", provider.web.address);
        let metadata = json!({"resource": resource, "authorization_servers": [other.web.address]});
        known.instead = vec![(RESOURCE, metadata)];
        known.access = "another".to_owned();
    });
    let error = call(&server, "write").await.unwrap_err().to_string();
    assert!(error.contains("as `authorizationServer`"), "{error}");
    assert_eq!(other.change(|known| known.forms.len()), 0);
    // The user's word counts.
    let mut named = secret.clone();
    named["authorizationServer"] = other.web.address.clone().into();
    Login::begin(
        &provider.entry(&json!({"oauth": named})),
        LoginRequest::default(),
    )
    .await
    .unwrap()
    .client_credentials()
    .await
    .unwrap();
    assert_eq!(other.change(|known| known.forms.len()), 1);
}

#[tokio::test]
async fn times_and_scopes_of_an_authorization_server_may_be_anything() {
    for (lasts, expected) in [
        (json!(u64::MAX), "for ever"),
        (json!(-5), "unknown"),
        (json!(1e300), "unknown"),
        (json!("soon"), "unknown"),
        (json!(null), "unknown"),
        (json!("60"), "a minute"),
        (json!(60.9), "a minute"),
    ] {
        let body = json!({
            "access_token": "a-token-of-some-length",
            "expires_in": lasts,
            "scope": "read x\u{1b}[31m\u{202e} \"q\" read:all",
        });
        let provider = Provider::with(|known| known.refuses = Some((200, body))).await;
        let config = provider.entry(&json!({}));
        let done = log_in(&config, &[]).await.unwrap();
        assert_eq!(done.scopes, ["read", "read:all"]);
        let lasts = done.lasts.map(|lasts| lasts.as_secs());
        let found = match lasts {
            None => "unknown",
            Some(55..=60) => "a minute",
            Some(1_000_000_000_000..) => "for ever",
            Some(_) => "something else",
        };
        assert_eq!(found, expected, "{lasts:?}");
        assert!(login_state(&config).is_some());
    }
}

#[tokio::test]
async fn metadata_that_are_odd_and_no_danger_are_understood() {
    place();
    let web = Web::start(move |received| {
        let base = format!("http://{}", received.header("host").unwrap());
        match received.path.as_str() {
            "/.well-known/oauth-protected-resource/mcp" => Reply::json(json!({
                "resource": format!("{base}/mcp"),
                "authorization_servers": [base],
                "scopes_supported": null,
            })),
            // Some fail at what they do not know, and some answer it with an object of their own.
            "/.well-known/oauth-authorization-server" => {
                Reply::json(json!({"error": "no"})).with_status(500)
            }
            "/.well-known/openid-configuration" => Reply::json(json!({
                "issuer": base,
                "authorization_endpoint": format!("{base}/authorize"),
                "token_endpoint": format!("{base}/token"),
                "registration_endpoint": format!("{base}/register"),
                "scopes_supported": null,
                "client_id_metadata_document_supported": null,
                "code_challenge_methods_supported": ["S256"],
            })),
            "/register" => Reply::json(json!({"client_id": "c", "client_secret": null})),
            "/token" => Reply::json(json!({"access_token": "a-token-of-some-length"})),
            // The probe is answered by a stream that stays open.
            _ => Reply::events(": hello\n\n")
                .with("www-authenticate", "Bearer")
                .hanging(),
        }
    })
    .await;
    let config = entry(&format!("{}/mcp", web.address), &json!({}));
    let begun = Instant::now();
    log_in(&config, &[]).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn metadata_that_cannot_be_read_are_named() {
    let metadata = json!({"resource": ["BASE/mcp"], "authorization_servers": ["BASE"]});
    let error = refused(&with(RESOURCE, metadata).await, &json!({})).await;
    assert!(error.contains("the metadata of the server at"), "{error}");
    assert!(error.contains("cannot be read: invalid type"), "{error}");
}
