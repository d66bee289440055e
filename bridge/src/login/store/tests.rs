//! Tests of the files of logins.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;

use secrecy::ExposeSecret as _;

use super::*;
use crate::login::record::{Method, Registered, Tokens};

fn record(server: &str, issuer: &str, access: &str) -> Record {
    Record {
        server: server.to_owned(),
        issuer: issuer.to_owned(),
        resource: server.to_owned(),
        token_endpoint: format!("{issuer}/token"),
        revocation_endpoint: None,
        client: Some(Registered {
            id: "client".to_owned(),
            secret: Some("client-secret".into()),
            method: Method::ClientSecretPost,
            redirect: None,
            scopes: Vec::new(),
            ends: None,
        }),
        scopes: vec!["read".to_owned()],
        login: "1".to_owned(),
        tokens: Some(Tokens {
            access: access.into(),
            refresh: Some("refresh-token".into()),
            received: 1,
            lasts: Some(2),
        }),
    }
}

fn access(record: Option<Record>) -> Option<String> {
    let tokens = record?.tokens?;
    Some(tokens.access.expose_secret().to_owned())
}

const SERVER: &str = "https://a.example/mcp";

#[tokio::test]
async fn login_is_found_by_server_and_issuer_alone() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    assert_eq!(access(logins.find(SERVER, None).unwrap()), None);
    logins
        .save(&record(SERVER, "https://i.example", "one"))
        .unwrap();
    let found = |server: &str, issuer| access(logins.find(server, issuer).unwrap());
    assert_eq!(found(SERVER, None).as_deref(), Some("one"));
    assert_eq!(
        found(SERVER, Some("https://i.example")).as_deref(),
        Some("one")
    );
    assert_eq!(found(SERVER, Some("https://j.example")), None);
    assert_eq!(found("https://a.example/mcp2", None), None);
    logins
        .replace(&record(SERVER, "https://j.example", "two"))
        .await
        .unwrap();
    assert_eq!(found(SERVER, None).as_deref(), Some("two"));
    assert_eq!(found(SERVER, Some("https://i.example")), None);
}

#[test]
fn files_are_private_and_encrypted_and_cannot_take_the_place_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    let (one, other) = (SERVER, "https://b.example/mcp");
    logins
        .save(&record(one, "https://i.example", "token-of-one"))
        .unwrap();
    logins
        .save(&record(other, "https://i.example", "token-of-other"))
        .unwrap();
    let path = |server| logins.directory.join(name(server, "https://i.example"));
    let kept = fs::read(path(one)).unwrap();
    for secret in [
        "token-of-one",
        "refresh-token",
        "client-secret",
        "a.example",
    ] {
        let is_there = kept
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!is_there, "{secret}");
    }
    assert_eq!(
        fs::metadata(path(one)).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let mode = fs::metadata(&logins.directory)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    fs::copy(path(other), path(one)).unwrap();
    assert!(matches!(logins.find(one, None), Err(LoginError::Store(_))));
    // A login repairs it.
    logins
        .save(&record(one, "https://i.example", "again"))
        .unwrap();
    assert_eq!(
        access(logins.find(one, None).unwrap()).as_deref(),
        Some("again")
    );
}

#[tokio::test]
async fn login_is_held_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    let held = logins.hold(SERVER, "i").await.unwrap();
    let waits = logins.hold(SERVER, "i");
    tokio::pin!(waits);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waits).await;
    assert!(early.is_err());
    // Another login is not concerned.
    logins.hold(SERVER, "j").await.unwrap();
    drop(held);
    waits.await.unwrap();
}

#[test]
fn directory_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    fs::create_dir(&logins.directory).unwrap();
    fs::set_permissions(&logins.directory, fs::Permissions::from_mode(0o755)).unwrap();
    let saved = logins.save(&record(SERVER, "i", "one"));
    assert!(matches!(saved, Err(LoginError::Store(_))));
}

#[tokio::test]
async fn lock_that_is_no_file_is_refused_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    logins.ready().unwrap();
    let path = logins
        .directory
        .join(name(SERVER, "i"))
        .with_extension("lock");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let Err(error) = logins.hold(SERVER, "i").await else {
        panic!("it is held");
    };
    assert!(error.to_string().contains("it is a FIFO"), "{error}");
}

#[test]
fn file_that_was_cut_or_is_a_link_is_no_login_and_a_new_one_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let logins = in_directory(dir.path());
    let one = record(SERVER, "https://i.example", "one");
    logins.save(&one).unwrap();
    let path = logins.directory.join(name(SERVER, "https://i.example"));
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let found = logins.find(SERVER, None);
        assert!(matches!(found, Err(LoginError::Store(_))), "{length}");
    }
    fs::remove_file(&path).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    fs::write(&elsewhere, "not a login").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    assert!(logins.find(SERVER, None).is_err());
    logins.save(&one).unwrap();
    assert_eq!(
        access(logins.find(SERVER, None).unwrap()).as_deref(),
        Some("one")
    );
}
