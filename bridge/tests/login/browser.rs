//! The way through the browser: what is asked for, who may come back, and what is kept.

use super::provider::{CODE, consent, parameter, value};
use super::*;

#[tokio::test]
async fn login_asks_for_what_the_server_names_and_calls_carry_its_token() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    assert_eq!(login_state(&config), Some(LoginState::None));
    let login = Login::begin(&config, LoginRequest::default())
        .await
        .unwrap();
    assert_eq!(login.issuer(), provider.web.address);
    let redirect = login.redirect().await.unwrap();
    let authorize = login.authorize(&redirect).await.unwrap();
    let asked = |name| parameter(authorize.url(), name);
    assert_eq!(asked("response_type").as_deref(), Some("code"));
    assert_eq!(asked("client_id").as_deref(), Some("client-1"));
    assert_eq!(asked("redirect_uri").as_deref(), Some(redirect.uri()));
    assert_eq!(asked("resource"), Some(provider.url()));
    assert_eq!(asked("scope").as_deref(), Some("read"));
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    let done = authorize.finish(&consent(authorize.url())).await.unwrap();
    assert_eq!(done.scopes, ["read"]);
    assert!(done.renews);
    provider.change(|known| {
        let form = &known.forms[0];
        assert_eq!(value(form, "code"), CODE);
        assert_eq!(value(form, "redirect_uri"), redirect.uri());
        assert_eq!(value(form, "resource"), provider.url());
        assert_eq!(value(form, "client_id"), "client-1");
        assert_eq!(value(form, "code_verifier").len(), 43);
    });
    assert_eq!(login_state(&config), Some(LoginState::Renews));
    let server = Server::connect(&config).await.unwrap();
    let token = provider.change(|known| known.access.clone());
    assert_eq!(
        call(&server, "write").await.unwrap(),
        format!("Bearer {token}")
    );
}

#[tokio::test]
async fn page_without_the_state_does_not_end_the_wait_for_the_browser() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let login = Login::begin(&config, LoginRequest::default())
        .await
        .unwrap();
    let redirect = login.redirect().await.unwrap();
    let authorize = login.authorize(&redirect).await.unwrap();
    let address = consent(authorize.url());
    let visits = async {
        let stray = format!("{}?code=x&state=guessed", redirect.uri());
        let elsewhere = address.replace("/callback", "/elsewhere");
        assert!(visited(&redirect, &stray).await.starts_with("HTTP/1.1 404"));
        assert!(
            visited(&redirect, &elsewhere)
                .await
                .starts_with("HTTP/1.1 404")
        );
        // A connection that is opened ahead, and never used.
        let _idle = TcpStream::connect(host(&redirect)).await.unwrap();
        let page = visited(&redirect, &address).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(page.contains("referrer-policy: no-referrer"), "{page}");
        assert!(!page.contains(CODE), "{page}");
    };
    let (arrived, ()) = tokio::join!(authorize.wait(&redirect), visits);
    authorize.finish(&arrived.unwrap()).await.unwrap();
}

fn host(redirect: &Redirect) -> String {
    let rest = redirect.uri().strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

async fn visited(redirect: &Redirect, address: &str) -> String {
    let mut stream = TcpStream::connect(host(redirect)).await.unwrap();
    let target = address.splitn(4, '/').nth(3).unwrap();
    let head = format!("GET /{target} HTTP/1.1\r\nhost: {}\r\n\r\n", host(redirect));
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

#[tokio::test]
async fn answer_of_another_authorization_server_is_not_used() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let begun = async || -> Authorize {
        let login = Login::begin(&config, LoginRequest::default())
            .await
            .unwrap();
        let redirect = login.redirect().await.unwrap();
        login.authorize(&redirect).await.unwrap()
    };
    let authorize = begun().await;
    let right = consent(authorize.url());
    let issuer = parameter(&right, "iss").unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
    for wrong in [
        right.replace(&encoded, "https%3A%2F%2Fevil.example"),
        right.replace(&encoded, &format!("{encoded}%2F")),
        right.replace(&format!("&iss={encoded}"), ""),
        right.replace("state=", "state=x"),
        "http://127.0.0.1/".to_owned(),
    ] {
        assert_ne!(wrong, right);
        let error = authorize.finish(&wrong).await.unwrap_err();
        assert!(matches!(error, LoginError::Callback(_)), "{wrong}: {error}");
    }
    assert_eq!(provider.change(|known| known.forms.len()), 0);
    // The mistaken answers have not used the login up.
    authorize.finish(&right).await.unwrap();
}

#[tokio::test]
async fn step_up_asks_for_all_scopes_that_there_were() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    log_in(&config, &[]).await.unwrap();
    let done = log_in(&config, &["write"]).await.unwrap();
    assert_eq!(done.scopes, ["read", "write"]);
}

#[tokio::test]
async fn registration_is_used_again_where_the_browser_comes_back_to_the_same_place() {
    let provider = Provider::start().await;
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let config = provider.entry(&json!({"oauth": {"redirectPort": port}}));
    for _ in 0..2 {
        log_in(&config, &[]).await.unwrap();
    }
    assert_eq!(provider.change(|known| known.registered), 1);
    let uri = format!("http://localhost:{port}/elsewhere");
    let other = provider.entry(&json!({"oauth": {"redirectUri": uri}}));
    let login = Login::begin(&other, LoginRequest::default()).await.unwrap();
    let redirect = login.redirect().await.unwrap();
    login.authorize(&redirect).await.unwrap();
    assert_eq!(provider.change(|known| known.registered), 2);
}

#[tokio::test]
async fn server_without_metadata_has_the_endpoints_of_2025_03_26() {
    let provider = Provider::with(|known| {
        known.instead = vec![("/.well-known/", json!("nothing here"))];
    })
    .await;
    let login = Login::begin(&provider.entry(&json!({})), LoginRequest::default())
        .await
        .unwrap();
    let redirect = login.redirect().await.unwrap();
    let authorize = login.authorize(&redirect).await.unwrap();
    let expected = format!("{}/authorize?", provider.web.address);
    assert!(
        authorize.url().starts_with(&expected),
        "{}",
        authorize.url()
    );
    let without_issuer = consent(authorize.url());
    let without_issuer = without_issuer.split("&iss=").next().unwrap();
    authorize.finish(without_issuer).await.unwrap();
}

#[tokio::test]
async fn logout_revokes_and_removes_and_the_server_wants_a_login_again() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    assert_eq!(logout(&config).await.unwrap(), None);
    log_in(&config, &[]).await.unwrap();
    let refresh = provider.change(|known| known.refresh.clone());
    assert_eq!(logout(&config).await.unwrap(), Some(Vec::new()));
    assert_eq!(provider.change(|known| known.revoked.clone()), [refresh]);
    assert_eq!(login_state(&config), Some(LoginState::None));
    let error = Server::connect(&config).await.err().unwrap().to_string();
    assert!(
        error.contains("log in with `mcp-host login far --config /etc/mcp.json`"),
        "{error}"
    );
}

#[tokio::test]
async fn server_that_claims_the_name_of_another_gets_nothing() {
    let provider = Provider::start().await;
    log_in(&provider.entry(&json!({})), &[]).await.unwrap();
    let other = Web::start(web::legacy(|received| received.result(web::text("ok")))).await;
    let config = entry(&format!("{}/mcp", other.address), &json!({}));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    let sent = other.received();
    assert!(!sent.is_empty());
    assert!(sent.iter().all(|one| one.header("authorization").is_none()));
}

#[tokio::test]
async fn connections_that_say_nothing_do_not_hold_up_the_browser() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let login = Login::begin(&config, LoginRequest::default())
        .await
        .unwrap();
    let redirect = login.redirect().await.unwrap();
    let authorize = login.authorize(&redirect).await.unwrap();
    let address = consent(authorize.url());
    let visits = async {
        let mut idle = Vec::new();
        for _ in 0..400 {
            idle.push(TcpStream::connect(host(&redirect)).await.unwrap());
        }
        let begun = std::time::Instant::now();
        let page = visited(&redirect, &address).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "{:?}",
            begun.elapsed()
        );
    };
    let (arrived, ()) = tokio::join!(authorize.wait(&redirect), visits);
    authorize.finish(&arrived.unwrap()).await.unwrap();
}

#[tokio::test]
async fn login_is_found_where_the_entry_writes_the_slash_of_its_issuer_otherwise() {
    let provider = Provider::start().await;
    provider.change(|known| {
        let base = &provider.web.address;
        let metadata = json!({
            "issuer": format!("{base}/"),
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "registration_endpoint": format!("{base}/register"),
            "code_challenge_methods_supported": ["S256"],
        });
        known.instead = vec![("/.well-known/oauth-authorization-server", metadata)];
    });
    let oauth = json!({"authorizationServer": provider.web.address});
    let config = provider.entry(&json!({"oauth": oauth}));
    let login = Login::begin(&config, LoginRequest::default())
        .await
        .unwrap();
    let redirect = login.redirect().await.unwrap();
    let authorize = login.authorize(&redirect).await.unwrap();
    let address = consent(authorize.url());
    let address = address.split("&iss=").next().unwrap();
    authorize.finish(address).await.unwrap();
    assert_eq!(login_state(&config), Some(LoginState::Renews));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
}

#[tokio::test]
async fn registration_that_has_ended_or_is_unknown_is_made_again() {
    let port = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let provider = Provider::start().await;
    let config = provider.entry(&json!({"oauth": {"redirectPort": port}}));
    let registered = || provider.change(|known| known.registered);
    log_in(&config, &[]).await.unwrap();
    log_in(&config, &[]).await.unwrap();
    assert_eq!(registered(), 1);
    // It is unknown when the code is to be exchanged.
    provider.change(|known| known.refuses = Some((401, json!({"error": "invalid_client"}))));
    log_in(&config, &[]).await.unwrap_err();
    provider.change(|known| {
        known.refuses = None;
        known.registration =
            json!({"client_secret": "s3cr3t-s3cr3t", "client_secret_expires_at": 1});
    });
    log_in(&config, &[]).await.unwrap();
    assert_eq!(registered(), 2);
    // The secret ended in 1970.
    log_in(&config, &[]).await.unwrap();
    assert_eq!(registered(), 3);
}
