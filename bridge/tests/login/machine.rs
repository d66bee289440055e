//! Logins without a browser on this machine: the client itself, a key, and a code that is confirmed elsewhere.

use super::provider::value;
use super::*;

#[tokio::test]
async fn client_with_a_secret_gets_its_token_when_it_connects() {
    let provider = Provider::start().await;
    let oauth = json!({"grant": "client_credentials", "clientId": "robot", "clientSecret": "s3cr3t-s3cr3t"});
    let config = provider.entry(&json!({"oauth": oauth}));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    provider.change(|known| {
        assert_eq!(known.forms.len(), 1);
        assert_eq!(value(&known.forms[0], "grant_type"), "client_credentials");
        assert_eq!(value(&known.forms[0], "resource"), provider.url());
        known.access = "another".to_owned();
    });
    let token = provider.web.received();
    let token = token.iter().find(|one| one.path == "/token").unwrap();
    // `robot:s3cr3t-s3cr3t`
    let basic = "Basic cm9ib3Q6czNjcjN0LXMzY3IzdA==";
    assert_eq!(token.header("authorization"), Some(basic));
    call(&server, "write").await.unwrap();
    assert_eq!(provider.change(|known| known.forms.len()), 2);
}

#[tokio::test]
async fn client_with_a_key_signs_for_the_authorization_server() {
    let provider = Provider::start().await;
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let oauth = json!({
        "grant": "client_credentials",
        "clientId": "robot",
        "privateKey": key.serialize_pem(),
    });
    let config = provider.entry(&json!({"oauth": oauth}));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    provider.change(|known| {
        let form = &known.forms[0];
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        assert_eq!(value(form, "client_assertion_type"), kind);
        assert_eq!(value(form, "client_assertion").split('.').count(), 3);
        assert_eq!(value(form, "client_secret"), "");
    });
}

#[tokio::test]
async fn code_that_is_confirmed_elsewhere_logs_in() {
    let provider = Provider::start().await;
    let config = provider.entry(&json!({}));
    let login = Login::begin(&config, LoginRequest::default())
        .await
        .unwrap();
    assert!(login.has_device_flow());
    let device = login.device().await.unwrap();
    assert_eq!(device.user_code, "ABCD-EFGH");
    assert_eq!(device.address, format!("{}/verify", provider.web.address));
    provider.change(|known| {
        known.refuses = Some((400, json!({"error": "authorization_pending"})));
    });
    let confirms = async {
        while provider.change(|known| known.forms.is_empty()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        provider.change(|known| known.refuses = None);
    };
    let (done, ()) = tokio::join!(device.wait(), confirms);
    assert!(done.unwrap().renews);
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
}

#[tokio::test]
async fn entry_with_a_token_of_its_own_or_without_login_is_left_alone() {
    let provider = Provider::start().await;
    log_in(&provider.entry(&json!({})), &[]).await.unwrap();
    let token = provider.change(|known| known.access.clone());
    for more in [
        json!({"headers": {"authorization": "Bearer own-token-4711"}}),
        json!({"oauth": false}),
    ] {
        let config = provider.entry(&more);
        assert_eq!(login_state(&config), None);
        let error = Server::connect(&config).await.err().unwrap();
        let ConnectError::Http { fault, .. } = &error else {
            panic!("{error}")
        };
        let HttpFault::Unauthorized { command: None, .. } = fault else {
            panic!("{fault:?}")
        };
        let begun = Login::begin(&config, LoginRequest::default()).await;
        assert!(matches!(begun, Err(LoginError::NotOffered(_))));
    }
    let sent = provider.web.received();
    let with_token = |one: &web::Received| {
        one.header("authorization")
            .is_some_and(|header| header.contains(&token))
    };
    assert!(!sent.iter().any(with_token));
}

#[tokio::test]
async fn client_itself_and_a_person_are_two_users_of_one_server() {
    let provider = Provider::start().await;
    let person = provider.entry(&json!({}));
    log_in(&person, &[]).await.unwrap();
    let oauth = json!({"grant": "client_credentials", "clientId": "robot", "clientSecret": "s3cr3t-s3cr3t"});
    let machine = provider.entry(&json!({"oauth": oauth}));
    assert_eq!(login_state(&machine), Some(LoginState::None));
    let server = Server::connect(&machine).await.unwrap();
    call(&server, "write").await.unwrap();
    let grants = provider.change(|known| {
        let forms = known.forms.iter();
        forms
            .map(|form| value(form, "grant_type").to_owned())
            .collect::<Vec<_>>()
    });
    assert_eq!(grants, ["authorization_code", "client_credentials"]);
    for config in [&machine, &person] {
        assert_eq!(login_state(config), Some(LoginState::Renews));
    }
    // Each is logged out alone.
    logout(&machine).await.unwrap();
    assert_eq!(login_state(&machine), Some(LoginState::None));
    assert_eq!(login_state(&person), Some(LoginState::Renews));
}
