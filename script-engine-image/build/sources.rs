//! The sources of the engine, and the digest by which what was built of them is found again.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, compiler::Compiler};

/// What the engine is made of, below the root of the repository. The build script itself is a part.
const PATHS: [&str; 7] = [
    "script-engine/Cargo.lock",
    "script-engine/Cargo.toml",
    "script-engine/c",
    "script-engine/src",
    "script-engine/wit",
    "script-engine-image/build",
    "wit",
];

/// The files, each with its path below the root.
pub(crate) struct Sources {
    root: PathBuf,
    files: Vec<PathBuf>,
}

impl Sources {
    /// Finds the files, and has cargo watch them.
    pub(crate) fn read() -> Result<Self> {
        let package = PathBuf::from(
            env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?,
        );
        let root = package
            .parent()
            .ok_or("the package has no parent directory")?
            .to_owned();
        let mut files = Vec::new();
        for path in PATHS {
            println!("cargo::rerun-if-changed={}", root.join(path).display());
            collect(&root, Path::new(path), &mut files)?;
        }
        files.sort();
        Ok(Self { root, files })
    }

    /// The root of the repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The package of the engine.
    pub(crate) fn guest(&self) -> PathBuf {
        self.root.join("script-engine")
    }

    /// Hashes the files and both compilers.
    pub(crate) fn digest(&self, compiler: &Compiler) -> Result<String> {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher
                .update(&(bytes.len() as u64).to_le_bytes())
                .update(bytes);
        };
        part(compiler.version.as_bytes());
        let rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .arg("--version")
            .output();
        part(
            &rustc
                .map_err(|error| format!("cannot run rustc: {error}"))?
                .stdout,
        );
        for file in &self.files {
            part(file.as_os_str().as_encoded_bytes());
            part(
                &fs::read(self.root.join(file))
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))?,
            );
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

fn collect(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot =
        |error: std::io::Error| format!("cannot read {}: {error}", root.join(path).display());
    if !root.join(path).is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(root.join(path)).map_err(cannot)? {
        collect(root, &path.join(entry.map_err(cannot)?.file_name()), files)?;
    }
    Ok(())
}
