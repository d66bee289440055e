//! Installs what a directory of the tests pins, once, below `target/servers`: never globally and never into the
//! sources.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mcp_tests::{root, skip};

/// Where the npm packages are that `pinned` names, a directory of the repository. `None`, and a line that says so,
/// where they cannot be.
pub(crate) fn node(test: &str, pinned: &str, name: &str) -> Option<PathBuf> {
    let version = node_version(test)?;
    let pins = ["package.json", "package-lock.json", ".npmrc"];
    Some(installed(name, &version, pinned, &pins, |dir| {
        // No package needs a script of its own to be installed, and what runs no script can do less.
        let options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        done(Command::new("npm").args(options).current_dir(dir));
    }))
}

/// The version of node, where npm is there too. `None`, and a line that says so, where they are not.
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

/// Where the virtual environment is with the packages that `pinned` names, a directory of the repository. `None`, and a
/// line that says so, where it cannot be.
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

/// The version of Python, where it can make environments. `None`, and a line that says so, where it cannot.
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

/// Held while something is made that several tests need: by one thread of one process at a time.
pub(crate) fn lock(name: &str) -> File {
    let dir = root().join("target/servers");
    fs::create_dir_all(&dir).unwrap();
    let file = File::create(dir.join(format!("{name}.lock"))).unwrap();
    file.lock().unwrap();
    file
}

/// What an installation was made from: the stamp that [`installed`] leaves in it.
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
    // What was left half done, or made from other pins, is of no use.
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

/// What a command printed, if it is there and succeeded.
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
