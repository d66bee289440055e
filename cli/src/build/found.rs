//! Finds what cargo built in a directory. Runs no tool: even `cargo metadata` runs the compiler that the project names.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::rust::TARGET;

/// The largest manifest or list of sources that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// The component of a crate, if it is as new as all of its sources.
pub(super) fn of_cargo(dir: &Path) -> Option<PathBuf> {
    let dir = dir.canonicalize().ok()?;
    let names = artifacts(&dir)?;
    targets(&dir)
        .flat_map(|target| {
            let release = target.join(TARGET).join("release");
            names.iter().map(move |name| release.join(name))
        })
        .find(|component| is_current(component, &dir))
}

/// Whether the component has one of the names that cargo gives those of the package in this directory.
pub(super) fn is_of_cargo(component: &Path, dir: &Path) -> bool {
    let name = component.file_name().and_then(|name| name.to_str());
    artifacts(dir).is_some_and(|names| names.iter().any(|known| Some(known.as_str()) == name))
}

/// The file names that cargo gives the components of the library and of the program.
fn artifacts(dir: &Path) -> Option<Vec<String>> {
    let manifest: toml::Table = read(&dir.join("Cargo.toml"))?.parse().ok()?;
    let package = manifest.get("package")?.get("name")?.as_str()?;
    let library = manifest
        .get("lib")
        .and_then(|library| library.get("name"))
        .and_then(toml::Value::as_str)
        .unwrap_or(package)
        .replace('-', "_");
    let programs = manifest.get("bin").and_then(toml::Value::as_array);
    let programs = programs
        .into_iter()
        .flatten()
        .filter_map(|program| program.get("name")?.as_str());
    let names = std::iter::once(library.as_str())
        .chain(std::iter::once(package))
        .chain(programs)
        // A name that is a path would lead elsewhere.
        .filter(|name| !name.contains(['/', '\\']))
        .map(|name| format!("{name}.wasm"));
    Some(names.collect())
}

/// Cargo's target directories, unless the project's own configuration names another: the variable, or `target` of the
/// package or of a workspace around it.
fn targets(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let named = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
        .into_iter()
        .filter_map(std::env::var_os)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let beside = dir
        .ancestors()
        .filter(|above| above.join("Cargo.toml").is_file())
        .map(|above| above.join("target"));
    named.chain(beside)
}

/// Whether the component is newer than its manifest and than each source in cargo's list beside it.
fn is_current(component: &Path, dir: &Path) -> bool {
    let current = || {
        let built = changed(component)?;
        let noted = read(&component.with_extension("d"))?;
        let sources = sources(&noted)?;
        let manifest = dir.join("Cargo.toml");
        std::iter::once(&manifest)
            .chain(&sources)
            .map(|source| changed(&dir.join(source)))
            .try_fold(true, |all, changed| Some(all & (changed? <= built)))
    };
    component.is_file() && current() == Some(true)
}

/// The files behind the colon of `/target/x.wasm: /src/lib.rs /src/a\ b.rs`.
fn sources(noted: &str) -> Option<Vec<PathBuf>> {
    let (_, list) = noted.lines().next()?.split_once(".wasm:")?;
    let mut sources = Vec::new();
    let mut source = String::new();
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&' ') => source.extend(letters.next()),
            ' ' => sources.push(std::mem::take(&mut source)),
            letter => source.push(letter),
        }
    }
    sources.push(source);
    sources.retain(|source| !source.is_empty());
    Some(sources.into_iter().map(PathBuf::from).collect())
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

fn read(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let is_small = metadata.is_file() && metadata.len() <= LARGEST;
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::time::Duration;

    use super::*;

    /// A crate that looks built.
    fn built() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for path in ["src", "target/wasm32-wasip2/release"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        fs::write(at("Cargo.toml"), "[package]\nname = \"my-skill\"\n").unwrap();
        fs::write(at("src/a b.rs"), "").unwrap();
        let component = at("target/wasm32-wasip2/release/my_skill.wasm");
        fs::write(&component, "").unwrap();
        let source = at("src/a b.rs").display().to_string().replace(' ', "\\ ");
        let noted = format!("{}: {source}\n", component.display());
        fs::write(component.with_extension("d"), noted).unwrap();
        dir
    }

    fn touch(path: &Path, later: Duration) {
        let file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() + later).unwrap();
    }

    #[test]
    fn a_component_that_is_newer_than_its_sources_is_found() {
        let dir = built();
        let found = of_cargo(dir.path()).unwrap();
        assert!(found.ends_with("target/wasm32-wasip2/release/my_skill.wasm"));
    }

    #[test]
    fn a_component_older_than_a_source_or_the_manifest_is_not_found() {
        for changed in ["src/a b.rs", "Cargo.toml"] {
            let dir = built();
            touch(&dir.path().join(changed), Duration::from_secs(10));
            assert_eq!(of_cargo(dir.path()), None, "{changed}");
        }
        let dir = built();
        fs::remove_file(dir.path().join("src/a b.rs")).unwrap();
        assert_eq!(of_cargo(dir.path()), None);
    }

    #[test]
    fn a_crate_that_was_never_built_has_no_component() {
        let dir = built();
        fs::remove_dir_all(dir.path().join("target")).unwrap();
        assert_eq!(of_cargo(dir.path()), None);
    }
}
