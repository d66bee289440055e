//! What an ordinary program sees of the files by its standard library: the granted directories, and nothing else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Host, guest};

/// The answers of a program to these operations, under these grants.
fn done(host: &Host, grants: &[&str], operations: &Value) -> Value {
    let input = json!({ "files": operations }).to_string();
    let skill = guest("command");
    let mut args = vec!["run", &skill, "--input", &input];
    for grant in grants {
        args.extend(["--dir", grant]);
    }
    let ran = host.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A directory `data` with a file, and one file outside of it.
fn data(host: &Host) -> std::path::PathBuf {
    let data = host.dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("a.txt"), "alpha").unwrap();
    host.file("secret.txt", "secret");
    data
}

fn error(answer: &Value) -> &str {
    answer["error"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_granted_directory_is_there_and_read_only_unless_rw() {
    let host = Host::new();
    let data = data(&host);
    let operations = json!([
        ["read", "/data/a.txt"],
        ["list", "/data"],
        ["write", "/data/b.txt", "x"],
        ["write", "/data/a.txt", "x"],
        ["remove", "/data/a.txt"],
    ]);
    let read = done(&host, &["data::/data"], &operations);
    assert_eq!((&read[0], &read[1]), (&json!("alpha"), &json!(["a.txt"])));
    for refused in [&read[2], &read[3], &read[4]] {
        assert!(error(refused).contains("not permitted"), "{refused}");
    }
    assert_eq!(fs::read_to_string(data.join("a.txt")).unwrap(), "alpha");
    let written = done(&host, &["data::/data:rw"], &operations);
    assert_eq!(written[2], "written");
    assert_eq!(fs::read_to_string(data.join("b.txt")).unwrap(), "x");
    let none = done(&host, &[], &operations);
    assert!(
        none.as_array()
            .unwrap()
            .iter()
            .all(|answer| answer["error"].is_string()),
        "{none}"
    );
}

#[test]
fn no_link_and_no_path_leads_out_of_a_grant() {
    let host = Host::new();
    let data = data(&host);
    symlink("../secret.txt", data.join("up")).unwrap();
    symlink(host.dir.path().join("secret.txt"), data.join("absolute")).unwrap();
    symlink("a.txt", data.join("inside")).unwrap();
    let answers = done(
        &host,
        &["data::/data:rw"],
        &json!([
            ["read", "/data/up"],
            ["read", "/data/absolute"],
            ["read", "/data/../secret.txt"],
            ["write", "/data/up", "x"],
            ["link", "/data/a.txt", "/data/b.txt"],
            ["read", "/data/inside"],
        ]),
    );
    for answer in &answers.as_array().unwrap()[..5] {
        error(answer);
    }
    assert_eq!(answers[5], "alpha");
    assert_eq!(
        fs::read_to_string(host.dir.path().join("secret.txt")).unwrap(),
        "secret"
    );
}

#[test]
fn a_fifo_or_a_device_is_refused_and_never_waited_for() {
    let host = Host::new();
    let data = data(&host);
    let made = Command::new("mkfifo").arg(data.join("fifo")).status();
    if !made.is_ok_and(|status| status.success()) {
        mcp_tests::skip("a_fifo_or_a_device_is_refused", "no `mkfifo`");
        return;
    }
    let started = Instant::now();
    let answers = done(
        &host,
        &["data::/data:rw"],
        &json!([["read", "/data/fifo"], ["write", "/data/fifo", "x"]]),
    );
    for answer in answers.as_array().unwrap() {
        assert!(error(answer).contains("not permitted"), "{answer}");
    }
    assert!(started.elapsed() < Duration::from_secs(30));
    if Path::new("/dev/zero").exists() {
        let answers = done(&host, &["/dev::/dev"], &json!([["read", "/dev/zero"]]));
        error(&answers[0]);
    }
}

#[test]
fn a_file_that_becomes_a_fifo_while_it_is_opened_does_not_hang_the_run() {
    let host = Host::new();
    let data = data(&host);
    let made = Command::new("mkfifo")
        .arg(host.dir.path().join("fifo"))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        mcp_tests::skip("a_file_that_becomes_a_fifo", "no `mkfifo`");
        return;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = {
        let (stop, from, data) = (Arc::clone(&stop), host.dir.path().to_owned(), data);
        thread::spawn(move || {
            let swaps = ["fifo", "secret.txt"].into_iter().cycle();
            for source in swaps.take_while(|_| !stop.load(Ordering::Relaxed)) {
                fs::hard_link(from.join(source), data.join("next")).unwrap();
                fs::rename(data.join("next"), data.join("x")).unwrap();
                // `rename` of two links to one file leaves both.
                let _ = fs::remove_file(data.join("next"));
            }
        })
    };
    let started = Instant::now();
    let input = json!({ "files": vec![json!(["read", "/data/x"]); 20_000] }).to_string();
    let input = host.file("input.json", input);
    let ran = host.run(&[
        "run",
        &guest("command"),
        "--input",
        &format!("@{}", input.display()),
        "--dir",
        "data::/data",
        "--timeout",
        "4s",
        "--fuel",
        "200000000000",
    ]);
    stop.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(40),
        "{}",
        ran.stderr
    );
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
}

#[test]
fn files_and_directories_have_the_bounds_of_the_contract() {
    let host = Host::new();
    let data = data(&host);
    let large = fs::File::create(data.join("large")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    let many = data.join("many");
    fs::create_dir(&many).unwrap();
    for n in 0..10_001 {
        fs::write(many.join(n.to_string()), "").unwrap();
    }
    let answers = done(
        &host,
        &["data::/data:rw"],
        &json!([
            ["read", "/data/large"],
            ["list", "/data/many"],
            ["write-bytes", "/data/big", (16 << 20) + 1],
            ["write-bytes", "/data/fits", 16 << 20],
            ["set-size", "/data/a.txt", 1u64 << 40],
        ]),
    );
    for at in [0, 1, 2, 4] {
        error(&answers[at]);
    }
    assert_eq!(answers[3], "written");
    assert!(fs::metadata(data.join("big")).unwrap().len() <= 16 << 20);
    assert_eq!(fs::metadata(data.join("a.txt")).unwrap().len(), 5);
}

#[test]
fn a_recording_of_a_program_with_grants_is_refused() {
    let host = Host::new();
    data(&host);
    host.run(&[
        "run",
        &guest("command"),
        "--dir",
        "data::/data",
        "--record",
        "run.json",
    ])
    .fails_with(2, &["`--record` and `--dir` exclude each other"]);
}
