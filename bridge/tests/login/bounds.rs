//! Nothing of a server or of an authorization server is read without end, and nothing of one login together.

use std::time::Instant;

use super::*;

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const ISSUER: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn answers_without_end_are_read_to_a_bound() {
    place();
    for (path, expected) in [
        (RESOURCE, "longer than 256 KiB"),
        ("/token", "longer than 256 KiB"),
    ] {
        let provider = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&provider);
        // A GiB of it.
        let web = Web::start(move |received| {
            let base = format!("http://{}", received.header("host").unwrap());
            kept.lock().unwrap().clone_from(&base);
            if received.path.starts_with(path) {
                return Reply::new(200, "application/json", "{\"x\": \"")
                    .repeating(vec![b'a'; 1 << 20], 1024);
            }
            match received.path.as_str() {
                "/.well-known/oauth-protected-resource/mcp" => Reply::json(
                    json!({"resource": format!("{base}/mcp"), "authorization_servers": [base]}),
                ),
                ISSUER => Reply::json(json!({
                    "issuer": base,
                    "authorization_endpoint": format!("{base}/authorize"),
                    "token_endpoint": format!("{base}/token"),
                    "registration_endpoint": format!("{base}/register"),
                    "code_challenge_methods_supported": ["S256"],
                })),
                "/register" => Reply::json(json!({"client_id": "c"})),
                _ => Reply::status(401).with("www-authenticate", "Bearer"),
            }
        })
        .await;
        let config = entry(&format!("{}/mcp", web.address), &json!({}));
        let begun = Instant::now();
        let error = log_in(&config, &[]).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{path}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(15), "{path}");
    }
}

#[tokio::test]
async fn documents_of_one_login_are_bounded_together() {
    place();
    let web = Web::start(move |received| {
        let base = format!("http://{}", received.header("host").unwrap());
        match received.path.as_str() {
            "/.well-known/oauth-protected-resource/mcp" => {
                let issuers: Vec<String> = (0..10).map(|at| format!("{base}/{at}")).collect();
                let resource = format!("{base}/mcp");
                Reply::json(json!({"resource": resource, "authorization_servers": issuers}))
            }
            // Each leads on to the next.
            path if path.contains("well-known") => Reply::json(json!({"x": "a".repeat(250_000)})),
            _ => Reply::status(401).with("www-authenticate", "Bearer"),
        }
    })
    .await;
    let config = entry(&format!("{}/mcp", web.address), &json!({}));
    let error = log_in(&config, &[]).await.unwrap_err().to_string();
    assert!(error.contains("longer than"), "{error}");
    let read = web.received();
    let read = read.iter().filter(|one| one.path.contains("well-known"));
    assert!(read.count() <= 7);
}

#[tokio::test]
async fn challenges_without_end_are_read_to_a_bound() {
    place();
    let many = format!("{}Bearer error=\"x\"", "Basic realm=\"y\", ".repeat(3000));
    let endless = "x".repeat(1 << 20);
    for (challenge, expected) in [(many, "publishes"), (endless, "message head is too large")] {
        let web = Web::start(move |received| match received.path.as_str() {
            "/mcp" => Reply::status(401).with("www-authenticate", &challenge),
            _ => Reply::status(404),
        })
        .await;
        let config = entry(
            &format!("{}/mcp", web.address),
            &json!({"oauth": {"authorizationServer": "https://x.invalid"}}),
        );
        let begun = Instant::now();
        let error = log_in(&config, &[]).await.unwrap_err().to_string();
        assert!(
            error.contains(expected) || error.contains("x.invalid"),
            "{error}"
        );
        assert!(begun.elapsed() < Duration::from_secs(15));
    }
}
