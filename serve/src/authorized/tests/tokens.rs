//! Which tokens are taken.

use ring::hmac;

use super::*;

#[tokio::test]
async fn a_good_token_says_who_asks_and_the_widest_of_its_scopes() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let authorized = issuer.authorized();
    for (scopes, widest) in [
        (json!({}), "mcp:read"),
        (json!({"scope": "openid mcp:read mcp:write"}), "mcp:write"),
        (json!({"scope": null, "scp": ["mcp:read"]}), "mcp:read"),
        (json!({"aud": ["https://other", RESOURCE]}), "mcp:read"),
        (json!({"exp": now() - 5}), "mcp:read"),
        (
            json!({"exp": (now() + 9) as f64 + 0.5, "nbf": now()}),
            "mcp:read",
        ),
    ] {
        let token = signer.token(&issuer.address, &json!({}), &scopes);
        let caller = asks(&authorized, &token).await.unwrap();
        assert_eq!(caller.principal, Principal::new(&issuer.address, "ann"));
        assert_eq!(caller.scope.as_deref(), Some(widest), "{scopes}");
    }
    for header in [
        json!({"typ": "JWT"}),
        json!({"typ": null}),
        json!({"kid": null}),
    ] {
        let token = signer.token(&issuer.address, &header, &json!({}));
        assert!(asks(&authorized, &token).await.is_ok(), "{header}");
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_token_that_is_not_of_the_issuer_for_this_server_now_is_refused() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let authorized = issuer.authorized();
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"iss": format!("{}/", issuer.address)}),
        json!({"iss": [issuer.address, "https://evil.example"]}),
        json!({"iss": null}),
        json!({"aud": "https://other.example/mcp"}),
        json!({"aud": "https://mcp.example.com"}),
        json!({"aud": null}),
        json!({"aud": []}),
        json!({"exp": now() - 60}),
        json!({"exp": 0}),
        json!({"exp": (now() + 600).to_string()}),
        json!({"exp": null}),
        json!({"nbf": now() + 60}),
        json!({"nbf": "soon"}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "x".repeat(256)}),
        json!({"sub": ["ann"]}),
        json!({"cnf": {"jkt": "a key"}}),
    ] {
        let token = signer.token(&issuer.address, &json!({}), &claims);
        let refused = asks(&authorized, &token).await;
        assert!(
            matches!(refused, Err(Refused::Invalid(_))),
            "{claims}: {refused:?}"
        );
    }
    let none = signer.token(&issuer.address, &json!({}), &json!({"scope": "openid"}));
    assert_eq!(asks(&authorized, &none).await, Err(Refused::Scope));
}

#[tokio::test]
async fn a_token_that_the_issuer_did_not_sign_is_refused() {
    let (signer, thief) = (Signer::new("one"), Signer::new("one"));
    let issuer = Issuer::with(&[&signer]).await;
    let authorized = issuer.authorized();
    let good = signer.token(&issuer.address, &json!({}), &json!({}));
    assert!(asks(&authorized, &good).await.is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let bob = part(json!({
        "iss": issuer.address, "sub": "bob", "aud": RESOURCE, "exp": now() + 600, "scope": "mcp:write",
    }));
    let none = part(json!({"alg": "none", "typ": "at+jwt"}));
    // The public key as the secret of an HMAC.
    let shared = part(json!({"alg": "HS256", "typ": "at+jwt", "kid": "one"}));
    let key = hmac::Key::new(hmac::HMAC_SHA256, signer.pair.public_key().as_ref());
    let tag = hmac::sign(&key, format!("{shared}.{bob}").as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(tag);
    let own_key = thief.token(&issuer.address, &json!({"jwk": thief.jwk()}), &json!({}));
    let rsa = signer.token(&issuer.address, &json!({"alg": "RS256"}), &json!({}));
    let critical = json!({"crit": ["b64"], "b64": true});
    for (what, token) in [
        ("other claims", format!("{header}.{bob}.{signature}")),
        ("no signature", format!("{header}.{claims}.")),
        ("none", format!("{none}.{bob}.")),
        ("none, signed", format!("{none}.{bob}.{signature}")),
        ("a shared secret", format!("{shared}.{bob}.{tag}")),
        (
            "another key",
            thief.token(&issuer.address, &json!({}), &json!({})),
        ),
        ("its own key", own_key),
        ("another algorithm", rsa),
        (
            "a critical extension",
            signer.token(&issuer.address, &critical, &json!({})),
        ),
        (
            "an id token",
            signer.token(&issuer.address, &json!({"typ": "logout+jwt"}), &json!({})),
        ),
        (
            "a long one",
            format!("{header}.{claims}.{}", "A".repeat(16 << 10)),
        ),
        ("two parts", signed.to_owned()),
        ("four parts", format!("{good}.x")),
        ("nothing", String::new()),
        ("no JSON", "e30.e30.e30".to_owned()),
    ] {
        let refused = asks(&authorized, &token).await;
        assert!(
            matches!(refused, Err(Refused::Invalid(_))),
            "{what}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_token_stands_in_its_header_once_and_in_no_address() {
    let signer = Signer::new("one");
    let issuer = Issuer::with(&[&signer]).await;
    let authorized = issuer.authorized();
    let token = signer.token(&issuer.address, &json!({}), &json!({}));
    let bearer = format!("Bearer {token}");
    let request = |uri: &str, headers: &[&str]| {
        let mut request = Request::builder().uri(uri);
        for header in headers {
            request = request.header(AUTHORIZATION, *header);
        }
        request.body(()).unwrap().into_parts().0
    };
    let query = format!("/mcp?x=1&access_token={token}");
    let encoded = format!("/mcp?access%5Ftoken={token}");
    for (uri, headers) in [
        (&*query, &[][..]),
        (&*query, &[&*bearer][..]),
        (&*encoded, &[&*bearer][..]),
        ("/mcp", &[&*bearer, &*bearer][..]),
    ] {
        let refused = authorized.caller(&request(uri, headers)).await;
        assert!(matches!(refused, Err(Refused::Invalid(_))), "{uri}");
    }
    let basic = format!("Basic {token}");
    for headers in [&[][..], &[&*basic][..], &[&*token][..]] {
        let refused = authorized.caller(&request("/mcp", headers)).await;
        assert_eq!(refused, Err(Refused::Missing));
    }
    let lower = with_header(&authorized, &format!("bearer  {token}")).await;
    assert!(lower.is_ok());
}
