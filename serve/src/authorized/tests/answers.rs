//! What clients are answered, and what settings are refused.

use super::*;

#[test]
fn metadata_and_challenges_say_whom_to_ask_for_what() {
    let scope = |scope: &str| ScopeSettings {
        scope: scope.to_owned(),
        policy: None,
    };
    let settings = Authorization::new(&AuthorizationSettings {
        issuer: "https://id.example.com".to_owned(),
        resource: RESOURCE.to_owned(),
        audience: Vec::new(),
        jwks: None,
        scopes: vec![scope("mcp:write"), scope("mcp:read")],
    });
    let settings = settings.unwrap();
    let answers = Answers(&settings);
    let expected = json!({
        "resource": RESOURCE,
        "authorization_servers": ["https://id.example.com"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp:write", "mcp:read"],
    });
    let root = "/.well-known/oauth-protected-resource";
    for path in ["", "/mcp", "/mcp/direct"] {
        let found = answers.metadata(&format!("{root}{path}"), &["/mcp", "/mcp/direct"]);
        assert_eq!(found.as_ref(), Some(&expected), "{path}");
    }
    for path in ["/mcp", "/.well-known/oauth-protected-resource/other", "/"] {
        assert_eq!(answers.metadata(path, &["/mcp"]), None, "{path}");
    }
    let challenge = |why| {
        let refusal = answers.refusal(why);
        let value = refusal
            .challenge
            .map(|(_, value)| value.to_str().unwrap().to_owned());
        (refusal.status.as_u16(), value.unwrap_or_default())
    };
    let rest = "scope=\"mcp:write mcp:read\", \
                resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"";
    assert_eq!(challenge(Refused::Missing), (401, format!("Bearer {rest}")));
    let invalid = "Bearer error=\"invalid_token\", error_description=\"why\"";
    assert_eq!(
        challenge(Refused::Invalid("why")),
        (401, format!("{invalid}, {rest}"))
    );
    let scope = "Bearer error=\"insufficient_scope\"";
    assert_eq!(challenge(Refused::Scope), (403, format!("{scope}, {rest}")));
    assert_eq!(challenge(Refused::Unavailable), (503, String::new()));
}

#[test]
fn addresses_that_cannot_be_trusted_are_refused_with_their_key() {
    let of = |issuer: &str, resource: &str, jwks: Option<&str>| {
        let settings = AuthorizationSettings {
            issuer: issuer.to_owned(),
            resource: resource.to_owned(),
            audience: Vec::new(),
            jwks: jwks.map(str::to_owned),
            scopes: Vec::new(),
        };
        Authorization::new(&settings)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let good = "https://a.example";
    assert_eq!(of(good, good, Some(good)), Ok(()));
    assert_eq!(
        of("http://127.0.0.1:1", "http://localhost:2/mcp", None),
        Ok(())
    );
    for (error, key) in [
        (of("http://a.example", good, None), "issuer"),
        (of("a.example", good, None), "issuer"),
        (of("https://a.example/ x", good, None), "issuer"),
        (of(good, "https://a.example/mcp#x", None), "resource"),
        (of(good, "https://u:p@a.example/mcp", None), "resource"),
        (of(good, "http://10.0.0.1/mcp", None), "resource"),
        (
            of(good, good, Some("http://localhost.evil.example/keys")),
            "jwks",
        ),
    ] {
        let error = error.unwrap_err();
        let start = format!("`{key}` of `[serve.authorization]` is `");
        assert!(error.starts_with(&start), "{error}");
    }
}
