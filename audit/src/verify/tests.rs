//! Logs that were changed, cut, mixed or removed, and the place that verification names.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::append::Appender;
use crate::files::Kept;

/// A log of so many entries, in files of this size.
struct Sample {
    dir: tempfile::TempDir,
}

impl Sample {
    fn of(entries: usize, size: u64, files: u64) -> Self {
        Self::named("tool", entries, size, files)
    }

    fn named(name: &str, entries: usize, size: u64, files: u64) -> Self {
        let sample = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let mut appender = Appender::new(sample.log(), Kept { size, files });
        for at in 0..entries {
            let entry = Entry {
                tool: Some(format!("{name}-{at}")),
                ..Entry::new("call")
            };
            appender.append(&[entry.body()], 0).unwrap();
        }
        sample
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    fn path(&self, file: &str) -> PathBuf {
        self.log().join(file)
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(file)).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn broken(&self) -> String {
        match verify(&self.log(), None) {
            Err(VerifyError::Broken(broken)) => broken.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn whole(&self) -> Verified {
        verify(&self.log(), None).unwrap().unwrap()
    }
}

#[test]
fn a_log_that_was_not_touched_is_whole() {
    assert_eq!(verify(&Sample::of(0, 1, 1).log(), None).unwrap(), None);
    let sample = Sample::of(5, 1 << 20, 8);
    let found = sample.whole();
    // The first line is that of the file.
    assert_eq!((found.lines, found.files, found.first), (6, 1, 1));
    let head = Snapshot::take(&sample.log())
        .unwrap()
        .unwrap()
        .head()
        .unwrap();
    assert_eq!(found.last, Some((6, head.hash())));
}

#[test]
fn one_changed_byte_is_found_and_its_line_is_named() {
    let sample = Sample::of(4, 1 << 20, 8);
    let path = sample.path(NOW);
    let bytes = fs::read(&path).unwrap();
    let (mut line, mut named) = (1, 0);
    for at in 0..bytes.len() {
        for change in [0x01, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            fs::write(&path, &changed).unwrap();
            let broken = sample.broken();
            // A newline that is another byte makes one line of two, and a byte that is a newline two of one.
            let here = format!("`{NOW}` line {line}: ");
            assert!(
                broken.starts_with(&here),
                "byte {at} in line {line}: {broken}"
            );
            named += 1;
        }
        line += u64::from(bytes[at] == b'\n');
    }
    assert_eq!(named, bytes.len() * 3);
    fs::write(&path, &bytes).unwrap();
    sample.whole();
}

#[test]
fn one_changed_byte_of_the_head_is_found() {
    let sample = Sample::of(3, 1 << 20, 8);
    let path = sample.path(HEAD);
    let bytes = fs::read(&path).unwrap();
    let digits = bytes
        .windows(8)
        .position(|some| some == b"\"hash\":\"")
        .unwrap()
        + 8;
    for at in digits..digits + 64 {
        let mut changed = bytes.clone();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        fs::write(&path, &changed).unwrap();
        assert_eq!(
            sample.broken(),
            format!("`{NOW}` line 4: `{HEAD}` has another hash for it")
        );
    }
    fs::write(&path, &bytes[..100]).unwrap();
    assert_eq!(
        sample.broken(),
        format!("`{HEAD}`: it holds no end of a log")
    );
    fs::remove_file(&path).unwrap();
    assert_eq!(sample.broken(), format!("`{HEAD}`: the file is missing"));
}

#[test]
fn a_line_that_is_removed_is_found() {
    let sample = Sample::of(4, 1 << 20, 8);
    let lines = sample.lines(NOW);
    for gone in 0..lines.len() {
        let mut left = lines.clone();
        left.remove(gone);
        fs::write(sample.path(NOW), left.concat()).unwrap();
        let expected = match gone {
            0 => format!("`{NOW}` line 1: it is not the first line of a file"),
            4 => format!("`{NOW}`: line 5 of the log is missing at the end"),
            gone => format!(
                "`{NOW}` line {}: line {} of the log is missing before it",
                gone + 1,
                gone + 1
            ),
        };
        assert_eq!(sample.broken(), expected);
    }
}

#[test]
fn lines_that_are_swapped_or_copied_are_found() {
    let sample = Sample::of(4, 1 << 20, 8);
    let lines = sample.lines(NOW);
    for (first, second) in [(1, 2), (1, 4), (3, 4)] {
        let mut swapped = lines.clone();
        swapped.swap(first, second);
        fs::write(sample.path(NOW), swapped.concat()).unwrap();
        let broken = sample.broken();
        let here = format!("`{NOW}` line {}: ", first + 1);
        assert!(broken.starts_with(&here), "{first} and {second}: {broken}");
    }
    for copied in 1..lines.len() {
        let mut twice = lines.clone();
        twice.insert(copied, lines[copied].clone());
        fs::write(sample.path(NOW), twice.concat()).unwrap();
        assert_eq!(
            sample.broken(),
            format!(
                "`{NOW}` line {}: it is line {} of the log, and follows line {}: it was moved or copied",
                copied + 2,
                copied + 1,
                copied + 1
            )
        );
    }
}

#[test]
fn a_line_of_another_log_is_found() {
    let (sample, other) = (
        Sample::of(4, 1 << 20, 8),
        Sample::named("other", 4, 1 << 20, 8),
    );
    let mut lines = sample.lines(NOW);
    lines[2] = other.lines(NOW).remove(2);
    fs::write(sample.path(NOW), lines.concat()).unwrap();
    assert_eq!(
        sample.broken(),
        format!("`{NOW}` line 3: line 2 of the log before it is another one")
    );
}

#[test]
fn a_file_that_is_removed_or_renamed_is_found() {
    // Each file has two entries, and the line of the file before them.
    let files = |sample: &Sample| crate::files::numbers(&sample.log()).unwrap();
    let sample = Sample::of(9, 500, 8);
    let numbers = files(&sample);
    assert!(numbers.len() >= 3, "{numbers:?}");
    for number in numbers {
        let sample = Sample::of(9, 500, 8);
        let name = crate::files::name(number);
        fs::remove_file(sample.path(&name)).unwrap();
        assert_eq!(sample.broken(), format!("`{name}`: the file is missing"));
    }
    let sample = Sample::of(9, 500, 8);
    fs::remove_file(sample.path(NOW)).unwrap();
    let broken = sample.broken();
    assert!(broken.starts_with(&format!("`{NOW}`: line")), "{broken}");
    assert!(
        broken.ends_with(" of the log are missing at the end"),
        "{broken}"
    );
    let sample = Sample::of(9, 500, 8);
    let [first, second, third] = [1, 2, 9].map(|number| sample.path(&crate::files::name(number)));
    fs::rename(&first, &third).unwrap();
    fs::rename(&second, &first).unwrap();
    fs::rename(&third, &second).unwrap();
    assert_eq!(
        sample.broken(),
        "`audit-000001.jsonl` line 1: the name of the file is of number 1, and this line of number 2"
    );
}

#[test]
fn files_that_the_settings_drop_are_no_break() {
    let sample = Sample::of(30, 500, 3);
    let found = sample.whole();
    assert_eq!(found.files, 3);
    assert!(found.first > 1 && found.lines < 45, "{found:?}");
    assert_eq!(found.last.unwrap().0, found.first + found.lines - 1);
    // One more that is missing is one.
    let oldest = crate::files::numbers(&sample.log()).unwrap()[0];
    let name = crate::files::name(oldest);
    fs::remove_file(sample.path(&name)).unwrap();
    assert_eq!(sample.broken(), format!("`{name}`: the file is missing"));
}

#[test]
fn a_hash_that_is_kept_elsewhere_shows_a_log_that_was_written_again() {
    let (sample, other) = (
        Sample::of(4, 1 << 20, 8),
        Sample::named("other", 4, 1 << 20, 8),
    );
    let hash = sample.whole().last.unwrap().1;
    assert!(verify(&sample.log(), Some(hash)).is_ok());
    // It may be that of an earlier line.
    let mut appender = Appender::new(sample.log(), Kept::default());
    appender.append(&[Entry::new("call").body()], 0).unwrap();
    assert!(verify(&sample.log(), Some(hash)).is_ok());
    let error = verify(&other.log(), Some(hash)).unwrap_err().to_string();
    assert!(
        error.contains("no line of the log has the expected hash"),
        "{error}"
    );
}

#[test]
fn text_that_is_no_line_is_found_wherever_it_is() {
    let sample = Sample::of(3, 1 << 20, 8);
    let lines = sample.lines(NOW);
    for (text, what) in [
        ("x\n".to_owned(), "it has no `hash` at its end"),
        ("\n".to_owned(), "it has no `hash` at its end"),
        (
            "y".repeat(100_000) + "\n",
            "it is longer than any line of the log",
        ),
    ] {
        for at in 0..=lines.len() {
            let mut more = lines.clone();
            more.insert(at, text.clone());
            fs::write(sample.path(NOW), more.concat()).unwrap();
            assert_eq!(sample.broken(), format!("`{NOW}` line {}: {what}", at + 1));
        }
    }
}

#[test]
fn a_log_that_was_removed_has_no_line_with_the_expected_hash() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("audit");
    assert_eq!(verify(&log, None).unwrap(), None);
    let expected = Some(blake3::hash(b"a line"));
    let error = verify(&log, expected).unwrap_err();
    assert!(error.to_string().contains("there is no log"), "{error}");
}
