//! The inputs of a component as one hash: every file below the skill's directory, except those that tools write.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use mcp_bridge::named_file;

/// The largest text that a build reads whole, in bytes: project files, and each WIT file. A `package-lock.json` has
/// some MiB.
pub(super) const MAX_TEXT: u64 = 32 << 20;

/// The deepest nesting of directories.
const DEEPEST: usize = 32;

/// The hash of the directory's files, and of the version of this program.
pub(crate) async fn fingerprint(dir: &Path) -> anyhow::Result<String> {
    // On a thread of its own: a directory may hold any number of bytes, and Ctrl-C must still work.
    let dir = dir.to_owned();
    tokio::task::spawn_blocking(move || of(&dir)).await?
}

fn of(dir: &Path) -> anyhow::Result<String> {
    let mut hash = blake3::Hasher::new();
    // Another version may run other tools, and may put other checks into the component.
    part(&mut hash, env!("CARGO_PKG_VERSION").as_bytes());
    for (_, text) in mcp_codegen::javascript::FILES {
        part(&mut hash, text.as_bytes());
    }
    add(&mut hash, dir, "")?;
    Ok(hash.finalize().to_hex().to_string())
}

fn add(hash: &mut blake3::Hasher, dir: &Path, below: &str) -> anyhow::Result<()> {
    let context = || format!("failed to read `{}`", dir.display());
    let mut entries = fs::read_dir(dir)
        .with_context(context)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(context)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_made(&name) {
            continue;
        }
        let path = entry.path();
        let below = format!("{below}/{name}");
        // A link counts as its target. A link without a target is skipped.
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            anyhow::ensure!(
                below.matches('/').count() < DEEPEST,
                "`{}` is too deep: links may lead round in a circle",
                path.display()
            );
            add(hash, &path, &below)?;
        } else if metadata.is_file() {
            part(hash, below.as_bytes());
            contents(hash, &path)
                .with_context(|| format!("failed to read `{}`", path.display()))?;
        }
    }
    Ok(())
}

/// Hidden files, and those that package managers, compilers and this program write.
pub(crate) fn is_made(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "build" | "node_modules" | "target" | "__pycache__")
}

/// Hashes a file as a part, in pieces.
fn contents(hash: &mut blake3::Hasher, path: &Path) -> anyhow::Result<()> {
    let file = named_file::open(path)?;
    let length = file.metadata()?.len();
    hash.update(&length.to_le_bytes());
    // The next look finds bytes that are written meanwhile.
    hash.update_reader(file.take(length))?;
    Ok(())
}

/// Rejects a WIT directory with a file that would block its reader, or fill the memory.
pub(super) fn readable(wit: &Path) -> anyhow::Result<()> {
    readable_to(wit, 0)
}

fn readable_to(dir: &Path, depth: usize) -> anyhow::Result<()> {
    anyhow::ensure!(
        depth < DEEPEST,
        "`{}` is too deep: links may lead round in a circle",
        dir.display()
    );
    let context = || format!("failed to read `{}`", dir.display());
    for entry in fs::read_dir(dir).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let is_read = path
            .extension()
            .is_some_and(|extension| ["wit", "wat", "wasm"].iter().any(|read| extension == *read));
        if path.is_dir() {
            readable_to(&path, depth + 1)?;
        } else if is_read {
            let length = named_file::open(&path)
                .and_then(|file| Ok(file.metadata()?.len()))
                .with_context(|| format!("failed to read `{}`", path.display()))?;
            anyhow::ensure!(
                length <= MAX_TEXT,
                "`{}` has {length} bytes, and at most {MAX_TEXT} are read of a file of WIT",
                path.display()
            );
        }
    }
    Ok(())
}

/// With its length, so that no two lists of parts have the same bytes.
fn part(hash: &mut blake3::Hasher, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn hash_of(files: &[(&str, &str)]) -> String {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        of(dir.path()).unwrap()
    }

    #[test]
    fn a_changed_added_or_renamed_file_is_another_input() {
        let before = hash_of(&[("src/a.js", "1"), ("package.json", "{}")]);
        assert_eq!(
            before,
            hash_of(&[("package.json", "{}"), ("src/a.js", "1")])
        );
        assert_ne!(
            before,
            hash_of(&[("src/a.js", "2"), ("package.json", "{}")])
        );
        assert_ne!(
            before,
            hash_of(&[("src/b.js", "1"), ("package.json", "{}")])
        );
        assert_ne!(
            before,
            hash_of(&[("src/a.js", "1"), ("package.json", "{}"), ("src/c.js", "")])
        );
        // The same bytes, cut elsewhere.
        assert_ne!(
            hash_of(&[("a", "bc"), ("d", "")]),
            hash_of(&[("a", "b"), ("cd", "")])
        );
    }

    #[test]
    fn what_tools_make_is_no_input() {
        let before = hash_of(&[("src/a.js", "1")]);
        assert_eq!(
            before,
            hash_of(&[
                ("src/a.js", "1"),
                ("build/skill.wasm", "x"),
                ("node_modules/x/index.js", "x"),
                (".venv/bin/python", "x"),
                ("src/__pycache__/a.pyc", "x"),
            ])
        );
    }

    #[test]
    fn a_fifo_among_the_files_is_passed_over_and_one_of_wit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let wit = dir.path().join("wit");
        fs::create_dir(&wit).unwrap();
        for fifo in [dir.path().join("fifo"), wit.join("skill.wit")] {
            let made = std::process::Command::new("mkfifo").arg(fifo).status();
            assert!(made.unwrap().success());
        }
        of(dir.path()).unwrap();
        let error = readable(&wit).unwrap_err();
        assert!(format!("{error:#}").contains("FIFO"), "{error:#}");
    }
}
