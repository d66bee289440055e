//! Tokens, codes and secrets of a login are in no log, no error and no file as they are, even where the server repeats
//! them.

use std::fs;
use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use super::provider::CODE;
use super::*;

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As the programs write it.
        let shown = mcp_bridge::without_secrets(bytes);
        self.0.lock().unwrap().extend_from_slice(&shown);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What all logins of this process have on the disk.
fn kept() -> Vec<u8> {
    let mut kept = Vec::new();
    for file in fs::read_dir(place()).unwrap() {
        match fs::read(file.unwrap().path()) {
            Ok(bytes) => kept.extend(bytes),
            // Another test of this process replaced it: its place in the directory has the secrets of that test.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(!kept.is_empty());
    kept
}

#[tokio::test]
async fn token_and_code_are_in_no_log_error_or_file() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || writer.clone())
        .with_ansi(false);
    let shown = Targets::new()
        .with_default(Level::INFO)
        .with_target("mcp_bridge", Level::TRACE)
        .with_target("server", Level::TRACE)
        .with_target("rmcp", Level::DEBUG);
    let subscriber = tracing_subscriber::registry().with(lines).with(shown);
    // With one dispatcher in the process, an event that another test's thread meets first would be off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let provider = Provider::start().await;
    let mut secrets = vec![CODE.to_owned()];
    let mut said = Vec::new();
    provider.change(|known| {
        let words = format!("bad: {CODE}");
        known.refuses = Some((
            400,
            json!({"error": "invalid_grant", "error_description": words}),
        ));
    });
    let failed = log_in(&provider.entry(&json!({})), &[]).await.unwrap_err();
    said.push(failed.to_string());
    provider.change(|known| known.refuses = None);
    let server = provider.connected().await;
    let first = provider.change(|known| [known.access.clone(), known.refresh.clone()]);
    secrets.extend(first);
    // It repeats what it was sent, in errors of every kind.
    provider.change(|known| {
        let words = format!("bad: {} {}", known.access, known.refresh);
        known.access = "another".to_owned();
        known.refuses = Some((
            400,
            json!({"error": "invalid_request", "error_description": words}),
        ));
    });
    said.push(call(&server, "write").await.unwrap_err().to_string());
    provider.change(|known| known.refuses = None);
    // The answer of a tool is the caller's.
    call(&server, "read").await.unwrap();
    let second = provider.change(|known| [known.access.clone(), known.refresh.clone()]);
    secrets.extend(second);
    provider.change(|known| {
        let words = format!("{} {}", known.access, known.refresh);
        known.instead = vec![("/mcp", json!({"jsonrpc": "2.0", "id": words}))];
    });
    said.push(call(&server, "write").await.unwrap_err().to_string());
    provider.change(|known| {
        known.instead.clear();
        known.access = "another".to_owned();
        let words = format!("{} {}", known.refresh, secrets[1]);
        known.refuses = Some((
            400,
            json!({"error": "invalid_grant", "error_description": words}),
        ));
    });
    said.push(call(&server, "write").await.unwrap_err().to_string());
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("renewed the token"), "{logged}");
    let kept = kept();
    let kept = String::from_utf8_lossy(&kept);
    for secret in &secrets {
        for text in said.iter().map(String::as_str).chain([&*logged, &*kept]) {
            assert!(!text.contains(&secret[..]), "{secret} in {text}");
            assert!(
                !text.contains(&secret[secret.len() - 10..]),
                "{secret} in {text}"
            );
        }
    }
}

#[tokio::test]
async fn secret_of_a_registration_is_hidden_by_a_process_that_did_not_register() {
    const SECRET: &str = "canary-secret-d0d0d0d0d0d0d0d0";
    let provider = Provider::start().await;
    provider.change(|known| known.registration = json!({"client_secret": SECRET}));
    let server = provider.connected().await;
    provider.change(|known| {
        known.access = "another".to_owned();
        let words = format!("bad: {SECRET}");
        let body = json!({"error": "invalid_request", "error_description": words});
        known.refuses = Some((400, body));
    });
    let error = call(&server, "write").await.unwrap_err().to_string();
    assert!(error.contains("bad: [secret]"), "{error}");
}
