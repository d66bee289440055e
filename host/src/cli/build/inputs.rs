//! What a component is made from, as one hash: every file below the skill's directory but what tools put there.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// How deep directories may lie in each other.
const DEEPEST: usize = 32;

/// The hash of the directory's files, and of what this program would do with them.
pub(in crate::cli) fn fingerprint(dir: &Path) -> anyhow::Result<String> {
    let mut hash = blake3::Hasher::new();
    // Another version may run other tools, and has other checks to put into the component.
    part(&mut hash, env!("CARGO_PKG_VERSION").as_bytes());
    part(&mut hash, mcp_codegen::javascript::INTEGERS.as_bytes());
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
        // A link counts as what it leads to; one that leads nowhere is nothing.
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
            let bytes =
                fs::read(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
            part(hash, below.as_bytes());
            part(hash, &bytes);
        }
    }
    Ok(())
}

/// What is hidden, and what package managers, compilers and this program write.
pub(in crate::cli) fn is_made(name: &str) -> bool {
    name.starts_with('.') || matches!(name, "build" | "node_modules" | "target" | "__pycache__")
}

/// With its length, so that no two lists of parts are the same bytes.
fn part(hash: &mut blake3::Hasher, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn of(files: &[(&str, &str)]) -> String {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fingerprint(dir.path()).unwrap()
    }

    #[test]
    fn a_changed_added_or_renamed_file_is_another_input() {
        let before = of(&[("src/a.js", "1"), ("package.json", "{}")]);
        assert_eq!(before, of(&[("package.json", "{}"), ("src/a.js", "1")]));
        assert_ne!(before, of(&[("src/a.js", "2"), ("package.json", "{}")]));
        assert_ne!(before, of(&[("src/b.js", "1"), ("package.json", "{}")]));
        assert_ne!(
            before,
            of(&[("src/a.js", "1"), ("package.json", "{}"), ("src/c.js", "")])
        );
        // The same bytes, cut elsewhere.
        assert_ne!(of(&[("a", "bc"), ("d", "")]), of(&[("a", "b"), ("cd", "")]));
    }

    #[test]
    fn what_tools_make_is_no_input() {
        let before = of(&[("src/a.js", "1")]);
        assert_eq!(
            before,
            of(&[
                ("src/a.js", "1"),
                ("build/skill.wasm", "x"),
                ("node_modules/x/index.js", "x"),
                (".venv/bin/python", "x"),
                ("src/__pycache__/a.pyc", "x"),
            ])
        );
    }
}
