//! Why the OS does not start a command, and what to do: the file, its mode and its first line. Starts nothing.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::text::sanitize;

/// How much of a file is read to see which program runs it, in bytes.
const FIRST_LINE: usize = 128;
/// `ENOEXEC` of Linux and the BSDs: the file is no program that the system can run.
const NO_PROGRAM: i32 = 8;

/// What is wrong with the file of a command that exists and did not start, and what to do: empty where the error of the
/// OS says it all. `path` is the `PATH` that the server has.
pub(super) fn reason(command: &str, path: Option<&str>, error: &io::Error) -> String {
    let Some(file) = found(command, path) else {
        return String::new();
    };
    let Ok(metadata) = fs::metadata(&file) else {
        return String::new();
    };
    if metadata.is_dir() {
        return ": it is a directory: name the program in it".to_owned();
    }
    if !metadata.is_file() {
        return String::new();
    }
    let first = first_line(&file);
    let interpreter = first
        .strip_prefix(b"#!")
        .map(|rest| sanitize(rest.trim_ascii()));
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::PermissionDenied, _) if metadata.permissions().mode() & 0o111 == 0 => {
            format!(
                ": it is not executable: run `chmod +x` on it, or {}",
                by_interpreter(&file)
            )
        }
        (io::ErrorKind::NotFound, _) if let Some(interpreter) = interpreter => {
            if first.ends_with(b"\r") {
                return format!(
                    ": its first line `#!{interpreter}` ends with a carriage return, as on Windows: save it with \
                     line ends of Unix, or {}",
                    by_interpreter(&file)
                );
            }
            format!(
                ": the interpreter in its first line, `#!{interpreter}`, does not exist: install it, or {}",
                by_interpreter(&file)
            )
        }
        (io::ErrorKind::NotFound, _) => {
            ": the program is there, but not the loader that it needs: it is for another system"
                .to_owned()
        }
        (_, Some(NO_PROGRAM)) if is_text(&first) => format!(
            ": it is a script without an interpreter: begin it with a line such as `#!/usr/bin/env {}`, or {}",
            interpreter_of(&file).unwrap_or("bash"),
            by_interpreter(&file)
        ),
        (_, Some(NO_PROGRAM)) => {
            ": it is no program for this system: check that it is built for it".to_owned()
        }
        _ => String::new(),
    }
}

/// The file that a command means: the path itself, or the first file of this name on `PATH`.
fn found(command: &str, path: Option<&str>) -> Option<PathBuf> {
    if command.contains('/') {
        return Some(PathBuf::from(command)).filter(|file| file.exists());
    }
    path?
        .split(':')
        .map(|directory| Path::new(directory).join(command))
        .find(|file| file.is_file())
}

fn by_interpreter(file: &Path) -> String {
    match interpreter_of(file) {
        Some(program) => {
            format!("write `\"command\": \"{program}\"` and its path as the first of `args`")
        }
        None => {
            "write its interpreter as `command`, and its path as the first of `args`".to_owned()
        }
    }
}

/// The usual interpreter of a script by the end of its name.
fn interpreter_of(file: &Path) -> Option<&'static str> {
    Some(match file.extension()?.to_str()? {
        "py" => "python3",
        "js" | "mjs" | "cjs" | "ts" | "mts" => "node",
        "sh" | "bash" => "bash",
        "rb" => "ruby",
        "php" => "php",
        "pl" => "perl",
        _ => return None,
    })
}

fn first_line(file: &Path) -> Vec<u8> {
    let mut first = Vec::new();
    let most = u64::try_from(FIRST_LINE).unwrap_or(u64::MAX);
    let read = File::open(file).and_then(|file| file.take(most).read_to_end(&mut first));
    if read.is_err() {
        first.clear();
    }
    let end = first.iter().position(|byte| *byte == b'\n');
    first.truncate(end.unwrap_or(first.len()));
    first
}

fn is_text(first: &[u8]) -> bool {
    first
        .iter()
        .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// What is said of a file of this name, mode and text that failed to start with this error.
    fn said(name: &str, mode: u32, text: &str, error: i32) -> String {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        reason(
            file.to_str().unwrap(),
            None,
            &io::Error::from_raw_os_error(error),
        )
    }

    #[test]
    fn file_that_cannot_be_executed_says_what_to_do() {
        let (missing, no_program, denied) = (2, 8, 13);
        for (name, mode, text, error, expected) in [
            (
                "s.py",
                0o644,
                "#!/usr/bin/env python3\n",
                denied,
                ": it is not executable: run `chmod +x` on it, or write `\"command\": \"python3\"` and its path as \
                 the first of `args`",
            ),
            (
                "s.mjs",
                0o755,
                "import x from 'x'\n",
                no_program,
                ": it is a script without an interpreter: begin it with a line such as `#!/usr/bin/env node`, or \
                 write `\"command\": \"node\"` and its path as the first of `args`",
            ),
            (
                "server",
                0o755,
                "\u{7f}ELF\u{1}",
                no_program,
                ": it is no program for this system: check that it is built for it",
            ),
            (
                "server",
                0o755,
                "#!/opt/none/bin/run\n",
                missing,
                ": the interpreter in its first line, `#!/opt/none/bin/run`, does not exist: install it, or write \
                 its interpreter as `command`, and its path as the first of `args`",
            ),
            (
                "s.sh",
                0o755,
                "#!/bin/sh\r\nexit\r\n",
                missing,
                ": its first line `#!/bin/sh` ends with a carriage return, as on Windows: save it with line ends of \
                 Unix, or write `\"command\": \"bash\"` and its path as the first of `args`",
            ),
            ("s.py", 0o755, "#!/bin/sh\n", denied, ""),
        ] {
            assert_eq!(said(name, mode, text, error), expected);
        }
    }

    #[test]
    fn command_is_looked_for_on_the_path_of_the_server() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("tool"), "x").unwrap();
        let denied = io::Error::from_raw_os_error(13);
        let path = format!("/does/not/exist:{}", directory.path().display());
        assert!(reason("tool", Some(&path), &denied).contains("chmod +x"));
        assert_eq!(reason("other", Some(&path), &denied), "");
        assert_eq!(
            reason(directory.path().to_str().unwrap(), None, &denied),
            ": it is a directory: name the program in it"
        );
    }
}
