//! Appending to the log: its files, several writers, writers that are killed, and disks that are full.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::files::HEAD;
use crate::verify::{Verified, verify};

const KEPT: Kept = Kept {
    size: 1 << 20,
    files: 8,
};

struct Sample {
    dir: tempfile::TempDir,
}

impl Sample {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    fn path(&self, file: &str) -> PathBuf {
        self.log().join(file)
    }

    /// A process that writes these entries, one after the other.
    fn writer(&self, kept: Kept, runs: &[&str]) {
        let mut appender = Appender::new(self.log(), kept);
        for run in runs {
            appender.append(&[entry(run)], 0).unwrap();
        }
    }

    fn whole(&self) -> Verified {
        verify(&self.log(), None).unwrap().unwrap()
    }

    /// The runs that the log has, in order.
    fn runs(&self) -> Vec<String> {
        let mut runs = Vec::new();
        let mut snapshot = crate::Snapshot::take(&self.log()).unwrap().unwrap();
        let done = snapshot.lines(|line| {
            let entry: Entry = serde_json::from_slice(line.text).unwrap_or_default();
            runs.extend(entry.run);
            std::ops::ControlFlow::<()>::Continue(())
        });
        assert!(done.unwrap().is_continue());
        runs
    }
}

fn entry(run: &str) -> Vec<u8> {
    let run = Some(run.to_owned());
    Entry {
        run,
        ..Entry::new("run")
    }
    .body()
}

#[test]
fn files_are_of_this_user_alone() {
    let sample = Sample::new();
    sample.writer(KEPT, &["a"]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(sample.log()), 0o700);
    assert_eq!(mode(sample.path(NOW)), 0o600);
    assert_eq!(mode(sample.path(HEAD)), 0o600);
    // A file that another user can write is no log.
    fs::set_permissions(sample.path(NOW), fs::Permissions::from_mode(0o622)).unwrap();
    let error = Appender::new(sample.log(), KEPT).append(&[entry("b")], 0);
    assert!(
        matches!(error, Err(AuditError::NotPrivate { .. })),
        "{error:?}"
    );
}

/// Every state in which a writer that is killed can leave the file: cut after each byte of what it wrote, with the head
/// of before; and whole, with either head.
#[test]
fn the_next_writer_goes_on_wherever_one_was_killed() {
    let sample = Sample::new();
    sample.writer(KEPT, &["a"]);
    let (before, head) = (
        fs::read(sample.path(NOW)).unwrap(),
        fs::read(sample.path(HEAD)).unwrap(),
    );
    let mut appender = Appender::new(sample.log(), KEPT);
    appender.append(&[entry("b"), entry("c")], 0).unwrap();
    let after = fs::read(sample.path(NOW)).unwrap();
    let first_end = before.len()
        + 1
        + after[before.len()..]
            .iter()
            .position(|b| *b == b'\n')
            .unwrap();
    for cut in before.len()..=after.len() {
        for empty_head in [false, true] {
            fs::write(sample.path(NOW), &after[..cut]).unwrap();
            fs::write(sample.path(HEAD), if empty_head { &[][..] } else { &head }).unwrap();
            // A line of which only the newline is missing is not torn.
            let ends = [
                before.len(),
                first_end - 1,
                first_end,
                after.len() - 1,
                after.len(),
            ];
            let is_torn = !ends.contains(&cut);
            let found = sample.whole();
            assert_eq!(found.unfinished_lines, u64::from(is_torn), "cut at {cut}");
            sample.writer(KEPT, &["d", "e"]);
            let found = sample.whole();
            assert_eq!(found.unfinished_lines, u64::from(is_torn), "cut at {cut}");
            let mut expected = vec!["a", "b", "c", "d", "e"];
            if cut < after.len() - 1 {
                expected.remove(2);
            }
            if cut < first_end - 1 {
                expected.remove(1);
            }
            assert_eq!(sample.runs(), expected, "cut at {cut}");
        }
    }
}

#[test]
fn the_next_writer_goes_on_where_one_was_killed_between_two_files() {
    let small = Kept {
        size: 2_000,
        files: 8,
    };
    let sample = Sample::new();
    sample.writer(small, &["a", "b"]);
    let heads = fs::read(sample.path(HEAD)).unwrap();
    // After the rename.
    fs::rename(sample.path(NOW), sample.path("audit-000001.jsonl")).unwrap();
    sample.whole();
    sample.writer(small, &["c"]);
    assert_eq!(sample.whole().files, 2);
    // After the first lines of the new file, with the head of before.
    fs::write(sample.path(HEAD), heads).unwrap();
    sample.whole();
    sample.writer(small, &["d"]);
    sample.whole();
    assert_eq!(sample.runs(), ["a", "b", "c", "d"]);
}

#[test]
fn a_line_that_was_removed_stays_missed_after_the_next_writer() {
    let sample = Sample::new();
    sample.writer(KEPT, &["a", "b", "c"]);
    let text = fs::read_to_string(sample.path(NOW)).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    fs::write(sample.path(NOW), lines[..3].concat()).unwrap();
    sample.writer(KEPT, &["d"]);
    let error = verify(&sample.log(), None).unwrap_err().to_string();
    assert_eq!(
        error,
        "the audit log is broken: `audit.jsonl` line 4: line 4 of the log is missing before it"
    );
    // The same where the whole file is gone.
    fs::remove_file(sample.path(NOW)).unwrap();
    sample.writer(KEPT, &["e"]);
    assert!(verify(&sample.log(), None).is_err());
}

#[test]
fn a_log_without_its_head_goes_on_in_its_chain() {
    let small = Kept {
        size: 400,
        files: 8,
    };
    let sample = Sample::new();
    sample.writer(small, &["a", "b", "c"]);
    for damage in [true, false] {
        match damage {
            true => fs::write(sample.path(HEAD), "x").unwrap(),
            false => fs::remove_file(sample.path(HEAD)).unwrap(),
        }
        sample.writer(small, &["d"]);
        sample.whole();
    }
    // And where the file that is written is gone too, but not those before.
    fs::rename(sample.path(NOW), sample.path("audit-000009.jsonl")).unwrap();
    fs::remove_file(sample.path(HEAD)).unwrap();
    sample.writer(small, &["e"]);
    let text = fs::read_to_string(sample.path(NOW)).unwrap();
    assert!(text.contains("\"file\":10,"), "{text}");
}

#[test]
fn lines_that_could_not_be_written_are_counted_in_the_log() {
    let sample = Sample::new();
    let mut appender = Appender::new(sample.log(), KEPT);
    appender.append(&[entry("a")], 0).unwrap();
    appender.append(&[entry("b")], 7).unwrap();
    assert_eq!(sample.whole().lost, 7);
}

#[test]
fn a_directory_that_is_removed_is_made_again() {
    let sample = Sample::new();
    let mut appender = Appender::new(sample.log(), KEPT);
    appender.append(&[entry("a")], 0).unwrap();
    fs::remove_dir_all(sample.log()).unwrap();
    appender.append(&[entry("b")], 0).unwrap();
    assert_eq!(sample.runs(), ["b"]);
    sample.whole();
}

#[test]
fn writers_that_take_turns_make_one_chain() {
    let sample = Sample::new();
    let small = Kept {
        size: 2_000,
        files: 100,
    };
    let [mut one, mut other] = [0, 1].map(|_| Appender::new(sample.log(), small));
    for _ in 0..50 {
        one.append(&[entry("one"), entry("one")], 0).unwrap();
        other.append(&[entry("other")], 0).unwrap();
    }
    assert_eq!(sample.whole().lines, 150 + sample.whole().files as u64);
}

#[test]
fn writers_of_several_threads_make_one_chain() {
    let sample = Sample::new();
    let small = Kept {
        size: 20_000,
        files: 1_000,
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut appender = Appender::new(sample.log(), small);
                for _ in 0..250 {
                    appender.append(&[entry("x")], 0).unwrap();
                }
            });
        }
    });
    assert_eq!(sample.runs().len(), 1_000);
    assert_eq!(sample.whole().unfinished_lines, 0);
}

/// A file system of 64 KiB, for root; `None` elsewhere.
struct Full(PathBuf);

impl Full {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs"])
            .arg(at)
            .output();
        mount
            .is_ok_and(|done| done.status.success())
            .then(|| Self(at.to_owned()))
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_lines_and_not_the_chain() {
    let sample = Sample::new();
    let Some(_full) = Full::mount(&sample.log()) else {
        let _ = io::stderr().write_all(b"SKIPPED a full disk: no tmpfs can be mounted here\n");
        return;
    };
    let mut appender = Appender::new(sample.log(), KEPT);
    let mut failed = None;
    for _ in 0..1_000 {
        if let Err(error) = appender.append(&[entry("a"), entry("b"), entry("c")], 0) {
            failed = Some(error);
            break;
        }
    }
    assert!(matches!(failed, Some(AuditError::Io { .. })), "{failed:?}");
    let before = sample.whole();
    assert!(
        before.lines > 100 && before.unfinished_lines == 0,
        "{before:?}"
    );
    assert!(appender.append(&[entry("d")], 3).is_err() || sample.whole().lost == 3);
    // Where there is room again, the log goes on.
    let remounted = std::process::Command::new("mount")
        .args(["-o", "remount,size=1m"])
        .arg(sample.log())
        .status();
    assert!(remounted.unwrap().success());
    appender.append(&[entry("e")], 3).unwrap();
    let after = sample.whole();
    assert!(after.lost >= 3 && after.unfinished_lines == 0, "{after:?}");
    assert_eq!(sample.runs().last().map(String::as_str), Some("e"));
}
