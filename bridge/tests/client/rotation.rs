//! A token file that changes while its server is in use: each connection has the token that it was opened with.

use std::fs;
use std::path::Path;

use super::*;

const OLD: &str = "tok_old_A1b2C3d4E5f6";
const NEW: &str = "tok_new_Z9y8X7w6V5u4";

/// Whether a file below the directory holds the text.
fn holds(dir: &Path, text: &str) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, text),
            false => String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(text),
        }
    })
}

#[tokio::test]
async fn reconnect_after_a_rotation_hides_the_new_token_and_serves_no_answer_of_the_old_one() {
    let place = Place::new(json!({
        "env": {"TOKEN": "${file:token}"},
        "cache": {"tools": ["read"]},
    }));
    fs::write(place.path("token"), OLD).unwrap();
    let store = place.store();
    let client = place.try_connect(Some(&store)).await.unwrap();
    let one = json!({"q": 1});
    assert_eq!(
        answer(&client, "read", one.clone()).await.1,
        Source::ServerAfterMiss
    );
    assert_eq!(answer(&client, "read", one.clone()).await.1, Source::Cache);

    fs::write(place.path("token"), NEW).unwrap();
    let died = call(&client, "write", json!({"die": true})).await;
    assert!(matches!(died, Err(CallError::Unavailable(_))), "{died:?}");

    // The server has the new token from here on. An answer that holds it is not cached.
    for _ in 0..2 {
        let (text, source) = answer(&client, "read", json!({"leak": true})).await;
        assert!(text.contains(NEW), "{text}");
        assert_eq!(source, Source::ServerAfterMiss);
    }
    assert!(!holds(&place.path("answers"), NEW));

    assert_eq!(
        answer(&client, "read", one.clone()).await.1,
        Source::ServerAfterMiss,
        "the cached answer is that of another token"
    );
    assert_eq!(answer(&client, "read", one).await.1, Source::Cache);

    let shouted = call(&client, "write", json!({"shout": true, "die": true})).await;
    let error = shouted.unwrap_err().to_string();
    assert!(error.contains("${TOKEN}"), "{error}");
    assert!(!error.contains(NEW), "{error}");
}
