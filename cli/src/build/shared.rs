//! The directory of cargo's intermediate files that Rust skills share: what one skill compiled, the next one has.
//! Decides which skills share it, and runs nothing. Components go to the target directory of their own project.
//!
//! Cargo tells packages inside of a workspace apart by their path below its root. So two skills of one name, or with a
//! crate of one name in them, would be one package in a shared directory, and one would get what the other compiled.
//! A skill takes part only where it is its workspace's one package, and gets a fingerprint made of its own path.

use std::path::{Path, PathBuf};

use mcp_bridge::named_file;
use tokio::process::Command;
use toml::{Table, Value};

use super::inputs::MAX_TEXT;

/// A cargo before 1.91 does not know the variable, and shares nothing.
const BUILD_DIR: (&str, &str) = ("CARGO_BUILD_BUILD_DIR", "{cargo-cache-home}/mcp-skills");

/// A skill that shares the directory.
pub(super) struct Shared {
    /// Of the skill's path.
    hash: String,
}

impl Shared {
    /// `None`: the skill is built as cargo does by itself.
    pub(super) fn of(dir: &Path) -> Option<Self> {
        let dir = dir.canonicalize().ok()?;
        let manifest = read(&dir.join("Cargo.toml"))?;
        if places_are_chosen(&dir) || !is_alone(&manifest, &dir) {
            return None;
        }
        let hash = blake3::hash(dir.as_os_str().as_encoded_bytes()).to_hex();
        Some(Self {
            hash: hash[..16].to_owned(),
        })
    }

    /// Completes a `cargo rustc`. Only the skill's own crate gets the argument.
    pub(super) fn apply(&self, cargo: &mut Command) {
        cargo
            .env(BUILD_DIR.0, BUILD_DIR.1)
            .args(["--", "-C"])
            .arg(format!("metadata={}", self.hash));
    }
}

/// Whether nothing that cargo compiles of the project lies below its directory, except one library or one program.
fn is_alone(manifest: &Table, dir: &Path) -> bool {
    let package = manifest.get("package").and_then(Value::as_table);
    let Some(package) = package else {
        return false;
    };
    let is_root = match manifest.get("workspace").and_then(Value::as_table) {
        Some(workspace) => !workspace.contains_key("members"),
        None => !dir
            .ancestors()
            .skip(1)
            .any(|above| above.join("Cargo.toml").exists()),
    };
    let is_library = manifest.contains_key("lib") || dir.join("src/lib.rs").exists();
    let is_program = manifest.contains_key("bin")
        || dir.join("src/main.rs").exists()
        || dir.join("src/bin").exists();
    let has_script = package.contains_key("build") || dir.join("build.rs").exists();
    is_root && is_library != is_program && !has_script && !has_path_inside(manifest, dir)
}

/// Whether a dependency or a patch is a directory below this one.
fn has_path_inside(manifest: &Table, dir: &Path) -> bool {
    const TARGETS: [&str; 5] = ["lib", "bin", "test", "example", "bench"];
    manifest.iter().any(|(key, value)| match value {
        Value::Table(table) if !TARGETS.contains(&key.as_str()) => has_path_inside(table, dir),
        Value::String(path) if key == "path" => dir
            .join(path)
            .canonicalize()
            .is_ok_and(|path| path.starts_with(dir)),
        _ => false,
    })
}

/// Whether the user's environment or a configuration of cargo says where files go.
fn places_are_chosen(dir: &Path) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let variables = [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_BUILD_BUILD_DIR",
    ];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    variables.into_iter().any(is_set)
        || dir
            .ancestors()
            .map(|above| above.join(".cargo"))
            .chain(home)
            .flat_map(|dir| ["config.toml", "config"].map(|name| dir.join(name)))
            .any(|config| chooses_places(&config))
}

fn chooses_places(config: &Path) -> bool {
    let build = read(config).and_then(|mut config| config.remove("build"));
    build.is_some_and(|build| {
        ["target-dir", "build-dir"]
            .into_iter()
            .any(|key| build.get(key).is_some())
    })
}

fn read(path: &Path) -> Option<Table> {
    named_file::read_text(path, MAX_TEXT).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::fs;

    use super::*;

    #[test]
    fn a_configuration_of_cargo_that_names_a_directory_wins() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.toml");
        assert!(!chooses_places(&config));
        fs::write(&config, "[build]\nrustflags = []\n").unwrap();
        assert!(!chooses_places(&config));
        for key in ["target-dir", "build-dir"] {
            fs::write(&config, format!("[build]\n{key} = \"elsewhere\"\n")).unwrap();
            assert!(chooses_places(&config), "{key}");
        }
    }

    #[test]
    fn only_the_one_package_of_its_workspace_shares() {
        let dir = tempfile::tempdir().unwrap();
        let skill = dir.path().canonicalize().unwrap().join("skill");
        for made in ["skill/src", "skill/inner", "sdk"] {
            fs::create_dir_all(dir.path().join(made)).unwrap();
        }
        fs::write(skill.join("src/lib.rs"), "").unwrap();
        let is_alone = |text: &str| is_alone(&text.parse().unwrap(), &skill);
        let plain = "[package]\nname = \"a\"\n[dependencies]\nsdk = { path = \"../sdk\" }\n[lib]\npath = \"src/lib.rs\"\n[workspace]\n";
        assert!(is_alone(plain));
        for other in [
            "[workspace]\nmembers = [\"inner\"]\n".to_owned(),
            format!("{plain}members = [\"inner\"]\n"),
            format!("{plain}[dev-dependencies]\ninner = {{ path = \"inner\" }}\n"),
            format!("{plain}[patch.crates-io.inner]\npath = \"inner\"\n"),
            format!("{plain}[[bin]]\nname = \"b\"\n"),
            plain.replace("name", "build = \"b.rs\"\nname"),
        ] {
            assert!(!is_alone(&other), "{other}");
        }
        fs::write(dir.path().join("Cargo.toml"), "").unwrap();
        assert!(!is_alone(&plain.replace("[workspace]\n", "")));
        assert!(is_alone(plain));
    }
}
