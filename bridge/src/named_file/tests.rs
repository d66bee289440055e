//! Files, links, FIFOs, sockets and devices under names that a user gives.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::net::UnixListener;

use super::*;

fn fifo(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    path
}

fn kind(error: NamedFileError) -> &'static str {
    match error {
        NamedFileError::NotRegular { kind, .. } => kind,
        error => panic!("{error:?}"),
    }
}

#[test]
fn file_that_is_not_regular_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let fifo = fifo(dir.path());
    assert_eq!(kind(read(&fifo, 9).unwrap_err()), "FIFO");
    assert_eq!(kind(read(&socket, 9).unwrap_err()), "socket");
    assert_eq!(kind(read(dir.path(), 9).unwrap_err()), "directory");
    let zero = read(Path::new("/dev/zero"), 9).unwrap_err();
    assert_eq!(kind(zero), "character device");
}

#[test]
fn file_that_is_not_regular_is_not_opened_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    let fifo = fifo(dir.path());
    assert_eq!(kind(open_with(&fifo, &options).unwrap_err()), "FIFO");
    let directory = open_with(dir.path(), &options).unwrap_err();
    assert_eq!(kind(directory), "directory");
    assert_eq!(kind(write(&fifo, "text").unwrap_err()), "FIFO");
    let file = dir.path().join("file");
    write(&file, "a longer text").unwrap();
    write(&file, "text").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"text");
}

#[test]
fn link_to_a_file_is_read_and_link_to_a_fifo_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "text").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(read_text(&link, 4).unwrap(), "text");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(fifo(dir.path()), &link).unwrap();
    assert_eq!(kind(read(&link, 4).unwrap_err()), "FIFO");
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse");
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let error = read(&path, 1 << 20).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is larger than 1 MiB (it has 1099511627776 bytes), the most that is read of it"
    );
}

#[test]
fn file_without_a_length_is_read_to_the_bound() {
    // It says 0.
    let path = Path::new("/proc/self/smaps");
    assert!(!read(path, 1 << 30).unwrap().is_empty());
    let error = read(path, 9).unwrap_err();
    assert!(
        matches!(
            error,
            NamedFileError::TooLarge {
                most: 9,
                found: None
            }
        ),
        "{error:?}"
    );
}

#[test]
fn endless_stream_is_read_to_the_bound() {
    let error = read_stream(io::repeat(b'x'), 1 << 20).unwrap_err();
    assert!(
        matches!(error, NamedFileError::TooLarge { .. }),
        "{error:?}"
    );
    assert_eq!(read_stream(io::Cursor::new("abc"), 3).unwrap(), "abc");
}

#[test]
fn a_command_that_takes_a_dash_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = read(&fifo(dir.path()), 9).unwrap_err().or_dash();
    assert_eq!(
        error.to_string(),
        "it is a FIFO, not a regular file: pass `-` and pipe into standard input"
    );
}
