//! The key of the logins in a keyring of another author: gnome-keyring, in a session bus of its own. A test runs this
//! program again in such a session, with a directory that stays.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use mcp_bridge::login_kept;

use super::*;

/// The directory that the program in the session keeps logins in.
const PLACE: &str = "MCP_BRIDGE_TEST_LOGINS";
const PROGRAMS: [&str; 3] = ["dbus-run-session", "gnome-keyring-daemon", "gdbus"];

/// Starts the keyring and waits until it answers.
const BEGIN: &str = "printf pass | gnome-keyring-daemon --unlock --components=secrets --foreground > /dev/null 2>&1 &\n\
     daemon=$!\n\
     for turn in $(seq 100); do\n\
       gdbus call --session --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets \\\n\
         --method org.freedesktop.Secret.Service.ReadAlias default 2> /dev/null | grep -q login && break\n\
       sleep 0.1\n\
     done\n";
const LOCK: &str = "gdbus call --session --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets \
     --method org.freedesktop.Secret.Service.Lock \"['/org/freedesktop/secrets/collection/login']\" > /dev/null\n";
const END: &str = "\ncode=$?; kill $daemon; exit $code";

/// Whether the programs are there. In CI they are.
fn has_programs(test: &str) -> bool {
    // Two tests that install at once would be in each other's way.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    if PROGRAMS
        .iter()
        .all(|name| Path::new("/usr/bin").join(name).exists())
    {
        return true;
    }
    if env::var_os("CI").is_some() {
        let packages =
            "apt-get update -q && apt-get install -q -y dbus gnome-keyring libglib2.0-bin";
        let installed = Command::new("sh").args(["-c", packages]).status().unwrap();
        assert!(installed.success(), "{test}: {PROGRAMS:?}");
        return true;
    }
    eprintln!("SKIPPED {test}: it needs `apt-get install dbus gnome-keyring libglib2.0-bin`");
    false
}

/// What the program says that logs in there, in a session with these commands before it.
fn in_session(dir: &Path, before: &str) -> String {
    let program = env::current_exe().unwrap();
    let program = program.display();
    let run = format!("'{program}' --exact keyring::program_in_the_session --ignored --nocapture");
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", &format!("{BEGIN}{before}{run}{END}")])
        .env("HOME", dir)
        .env("XDG_DATA_HOME", dir.join("data"))
        .env("XDG_RUNTIME_DIR", dir)
        .env("PATH", "/usr/bin:/bin")
        .env(PLACE, dir.join("logins"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{words}");
    said
}

/// Logs in, and reads the login again.
#[tokio::test]
#[ignore = "other tests run it in a session of its own"]
async fn program_in_the_session() {
    let Some(place) = env::var_os(PLACE) else {
        return;
    };
    let provider = Provider::start().await;
    keep_logins_in(place.into(), Keyring::Used);
    let config = provider.entry(&json!({}));
    let begun = std::time::Instant::now();
    let done = log_in(&config, &[]).await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(login_state(&config), Some(LoginState::Renews));
    assert_eq!(login_kept(&config).as_ref(), Some(&done.kept));
    let server = Server::connect(&config).await.unwrap();
    call(&server, "write").await.unwrap();
    #[allow(
        clippy::print_stdout,
        reason = "the test that runs this program reads it"
    )]
    {
        println!("kept: {}", done.kept);
    }
}

fn keys(dir: &Path) -> usize {
    let file = dir.join("data/keyrings/login.keyring");
    fs::read(file).map_or(0, |keyring| keyring.len())
}

#[test]
fn key_is_in_the_keyring_where_one_answers_and_stays_in_a_file_that_is_there() {
    if !has_programs("key_is_in_the_keyring_where_one_answers_and_stays_in_a_file_that_is_there") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let said = in_session(dir.path(), "");
    assert!(
        said.contains("encrypted with a key in the keyring of the desktop"),
        "{said}"
    );
    let key = dir.path().join("logins.key");
    assert!(!key.exists());
    // The next session finds the key that is there, and makes no other.
    let length = keys(dir.path());
    assert!(length > 0);
    let said = in_session(dir.path(), "");
    assert!(said.contains("in the keyring of the desktop"), "{said}");
    assert_eq!(keys(dir.path()), length);
    // A file that is there was chosen before.
    fs::write(&key, [7; 32]).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let said = in_session(dir.path(), "");
    assert!(said.contains("encrypted with the key in `"), "{said}");
}

#[test]
fn keyring_that_is_locked_or_silent_holds_nothing_up() {
    if !has_programs("keyring_that_is_locked_or_silent_holds_nothing_up") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let said = in_session(dir.path(), LOCK);
    assert!(said.contains("encrypted with the key in `"), "{said}");
    fs::remove_file(dir.path().join("logins.key")).unwrap();
    // A bus that takes connections and says nothing.
    let socket = dir.path().join("silent");
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let silent = format!(
        "export DBUS_SESSION_BUS_ADDRESS=unix:path={}\n",
        socket.display()
    );
    let said = in_session(dir.path(), &silent);
    assert!(said.contains("encrypted with the key in `"), "{said}");
}
