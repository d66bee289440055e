//! Secrets that a server is given come back from it in no log, no error and no file, even where the server
//! repeats them.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;

const CANARY: &str = "canary-5f3a9c";

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[tokio::test]
async fn secret_is_in_no_log_error_or_file() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || writer.clone())
        .with_ansi(false);
    // As `mcp-host -vv` has it.
    let shown = Targets::new()
        .with_default(Level::INFO)
        .with_target("mcp_bridge", Level::TRACE)
        .with_target("server", Level::TRACE)
        .with_target("rmcp", Level::DEBUG);
    let subscriber = tracing_subscriber::registry().with(lines).with(shown);
    // With one dispatcher in the process, an event that another test's thread meets first would be off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);

    let place = Place::new(json!({"cache": {}, "env": {"API_TOKEN": CANARY}}));
    let store = place.store();
    let client = place.try_connect(Some(&store)).await.unwrap();
    let mut lock = place.lock();
    lock.pin("files", client.listed());
    lock.write().unwrap();

    // The answer itself is data: it is the caller's, and is not kept.
    let (leaked, _) = answer(&client, "read", json!({"leak": true})).await;
    assert!(
        leaked.contains(CANARY),
        "the server has the secret: {leaked}"
    );
    let again = answer(&client, "read", json!({"leak": true})).await;
    assert_eq!(again.1, Source::ServerAfterMiss);
    answer(&client, "read", json!({})).await;
    let died = call(&client, "write", json!({"shout": true, "die": true})).await;
    let died = died.unwrap_err().to_string();
    assert!(
        died.contains("API_TOKEN=${API_TOKEN}"),
        "its last output: {died}"
    );
    assert!(!died.contains(CANARY), "{died}");

    let logged = log.text();
    assert!(
        logged.contains("API_TOKEN=${API_TOKEN}"),
        "stderr is logged: {logged}"
    );
    assert!(!logged.contains(CANARY), "{logged}");
    let mut written = Vec::new();
    files(place.dir.path(), &mut written);
    assert!(
        written.len() > 4,
        "lock and an answer among them: {written:?}"
    );
    for path in written {
        let bytes = fs::read(&path).unwrap();
        let holds = bytes
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        // The configuration is where the user put it.
        assert_eq!(holds, path.ends_with("mcp.json"), "{}", path.display());
    }
}

#[tokio::test]
async fn secret_of_one_server_is_not_in_the_environment_of_another() {
    let place = Place::new(json!({"env": {"API_TOKEN": CANARY}}));
    let other = Place::new(json!({}));
    let (_one, two) = (place.connect().await, other.connect().await);
    let (environment, _) = answer(&two, "read", json!({"leak": true})).await;
    assert!(environment.contains("PATH="), "{environment}");
    assert!(
        !environment.contains(CANARY) && !environment.contains("API_TOKEN"),
        "{environment}"
    );
}

#[tokio::test]
async fn secret_in_a_header_or_address_is_in_no_error() {
    // No server listens there.
    let url = format!("http://user:{CANARY}@127.0.0.1:9/mcp?key={CANARY}");
    let entry = json!({"url": url, "headers": {"Authorization": format!("Bearer {CANARY}")}});
    let text = json!({"mcpServers": {"remote": entry}}).to_string();
    let config = Config::parse(&text, Path::new("mcp.json")).unwrap();
    let error =
        match Client::connect(config.server("remote").unwrap(), ConnectOptions::default()).await {
            Ok(_) => panic!("a server listens on the discard port"),
            Err(error) => error,
        };
    let shown = format!("{error} {error:?} {config:?}");
    assert!(!shown.contains(CANARY), "{shown}");
}
