//! Finds a C compiler for WebAssembly: the `clang` of the machine, else zig's, which PyPI has for every system.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

/// Zig's clang and its headers of the C library, as a wheel.
const ZIG: &str = "ziglang";
const ZIG_VERSION: &str = "0.15.2";

/// A C compiler and an archiver for WebAssembly.
pub(crate) struct Compiler {
    /// For messages.
    pub(crate) name: String,
    /// What decides about the bytes that it makes.
    pub(crate) version: String,
    pub(crate) cc: PathBuf,
    pub(crate) ar: PathBuf,
    /// Whether it needs the headers of the C library.
    pub(crate) headers: bool,
}

/// The compiler of the machine, else zig's, which is installed below `cache`.
pub(crate) fn find(cache: &Path) -> Result<Compiler> {
    if let Some(clang) = clang() {
        return Ok(clang);
    }
    zig(cache).map_err(|reason| {
        format!(
            "its C part needs a compiler for WebAssembly: install clang and llvm (`apt install clang llvm`), \
             or python3 with venv (`apt install python3-venv`), of which the build installs {ZIG} {ZIG_VERSION} \
             from PyPI; then build again ({reason})"
        )
    })
}

fn clang() -> Option<Compiler> {
    let targets = output(Command::new("clang").arg("--print-targets")).ok()?;
    let ar = ["llvm-ar", "ar"]
        .into_iter()
        .find(|ar| output(Command::new(ar).arg("--version")).is_ok())?;
    let version = output(Command::new("clang").arg("--version")).ok()?;
    targets.contains("wasm32").then(|| Compiler {
        name: version.lines().next().unwrap_or("clang").to_owned(),
        version,
        cc: "clang".into(),
        ar: ar.into(),
        headers: true,
    })
}

fn zig(cache: &Path) -> Result<Compiler> {
    let directory = cache.join(format!("{ZIG}-{ZIG_VERSION}"));
    let python = directory.join("bin/python");
    let works = || {
        output(Command::new(&python).args(["-m", ZIG, "version"]))
            .is_ok_and(|version| version.trim() == ZIG_VERSION)
    };
    if !works() {
        println!(
            "cargo::warning=installing {ZIG} {ZIG_VERSION} below {}",
            cache.display()
        );
        output(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&directory),
        )?;
        output(Command::new(directory.join("bin/pip")).args([
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
            &format!("{ZIG}=={ZIG_VERSION}"),
        ]))?;
        if !works() {
            return Err(format!("{ZIG} does not run"));
        }
    }
    Ok(Compiler {
        name: format!("zig {ZIG_VERSION}"),
        version: format!("{ZIG} {ZIG_VERSION}"),
        // The crate `cc` passes a target that only Rust has.
        cc: script(
            cache,
            "zig-cc",
            &format!(
                "list=()\nfor part in \"$@\"; do case \"$part\" in --target=*) ;; *) list+=(\"$part\") ;; esac; done\n\
                 exec {python:?} -m {ZIG} cc -target wasm32-wasi -fno-sanitize=all \"${{list[@]}}\"\n"
            ),
        )?,
        ar: script(
            cache,
            "zig-ar",
            &format!("exec {python:?} -m {ZIG} ar \"$@\"\n"),
        )?,
        headers: false,
    })
}

/// Writes a program of the shell.
fn script(cache: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = cache.join(name);
    fs::write(&path, format!("#!/usr/bin/env bash\n{text}"))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| format!("cannot change {}: {error}", path.display()))?;
    }
    Ok(path)
}

/// Runs a program, and gives what it prints. The error has the end of what it complains about.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("cannot run `{program}`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = complaint.lines().collect();
    let end = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(format!("`{program}` failed: {end}"))
}

/// The directory of cargo's registry, whose path must not get into the engine.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}
