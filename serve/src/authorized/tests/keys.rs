//! Keys that change, are gone, or were never there.

use super::super::keys::Keys;
use super::super::ring_of_keys::Pace;
use super::*;

#[tokio::test]
async fn a_new_key_is_found_and_one_that_is_gone_is_not_taken_for_long() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let issuer = Issuer::with(&[&old]).await;
    let authorized = issuer.at_pace(Pace {
        fresh: Duration::from_secs(2),
        kept: Duration::from_secs(60),
        again: Duration::ZERO,
    });
    let of = |signer: &Signer| signer.token(&issuer.address, &json!({}), &json!({}));
    assert!(asks(&authorized, &of(&old)).await.is_ok());
    issuer.publish(&[&old, &new]);
    assert!(asks(&authorized, &of(&new)).await.is_ok());
    assert!(asks(&authorized, &of(&old)).await.is_ok());
    assert_eq!(issuer.asked(), 2);
    issuer.publish(&[&new]);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert!(matches!(
        asks(&authorized, &of(&old)).await,
        Err(Refused::Invalid(_))
    ));
    assert!(asks(&authorized, &of(&new)).await.is_ok());
}

#[tokio::test]
async fn names_of_keys_that_are_not_there_make_one_fetch_in_a_while() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let authorized = Arc::new(issuer.authorized());
    let unknown = |name: usize| {
        let header = json!({"kid": format!("unknown {name}")});
        signer.token(&issuer.address, &header, &json!({}))
    };
    let all = (0..50).map(|name| {
        let (authorized, token) = (Arc::clone(&authorized), unknown(name));
        tokio::spawn(async move { asks(&authorized, &token).await })
    });
    for refused in futures_util::future::join_all(all).await {
        assert!(matches!(refused.unwrap(), Err(Refused::Invalid(_))));
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn keys_stay_when_the_issuer_fails_and_not_for_ever() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let token = signer.token(&issuer.address, &json!({}), &json!({}));
    let authorized = issuer.at_pace(Pace {
        fresh: Duration::ZERO,
        kept: Duration::from_secs(3),
        again: Duration::ZERO,
    });
    assert!(asks(&authorized, &token).await.is_ok());
    issuer.fail();
    assert!(asks(&authorized, &token).await.is_ok());
    assert!(issuer.asked() >= 2);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert_eq!(asks(&authorized, &token).await, Err(Refused::Unavailable));
    // None were ever had.
    let authorized = issuer.authorized();
    assert_eq!(asks(&authorized, &token).await, Err(Refused::Unavailable));
    issuer.publish(&[&signer]);
    // It is asked again after a while.
    assert_eq!(asks(&authorized, &token).await, Err(Refused::Unavailable));
}

#[tokio::test]
async fn a_fetch_goes_on_when_its_client_goes_away() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let token = signer.token(&issuer.address, &json!({}), &json!({}));
    let authorized = issuer.authorized();
    let first = tokio::time::timeout(Duration::ZERO, asks(&authorized, &token));
    assert!(first.await.is_err(), "its client has gone away");
    assert!(asks(&authorized, &token).await.is_ok());
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn keys_that_are_for_something_else_are_no_keys() {
    use jsonwebtoken::Algorithm::{ES256, ES384, HS256};
    let signer = Signer::new("one");
    let key = |change: Value| {
        let mut key = signer.jwk();
        let members = key.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        Keys::read(json!({"keys": [1, {"kty": 1}, key]}).to_string().as_bytes()).unwrap()
    };
    assert!(key(json!({})).find(Some("one"), ES256).is_some());
    assert!(key(json!({})).find(Some("one"), ES384).is_none());
    assert!(
        key(json!({"alg": "ES256"}))
            .find(Some("one"), ES256)
            .is_some()
    );
    for change in [
        json!({"use": "enc"}),
        json!({"key_ops": ["sign"]}),
        json!({"alg": "ES384"}),
        json!({"alg": "HS256"}),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"crv": "P-521"}),
        json!({"x": "\u{1}"}),
        json!({"kid": "x".repeat(257)}),
    ] {
        assert!(key(change.clone()).is_empty(), "{change}");
    }
    assert!(
        key(json!({"kty": "oct", "k": "c2VjcmV0"}))
            .find(None, HS256)
            .is_none()
    );
    assert!(Keys::read(b"{}").is_none());
    assert!(Keys::read(b"{\"keys\":[{\"$serde_json::private::RawValue\":\"1\"}]}").is_none());
}
