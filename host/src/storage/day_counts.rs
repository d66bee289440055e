//! Calls of a day, for rules with `per-day`: one file for each rule and day in a directory of this user, with one byte
//! for each call. All runs and processes append to it, and one that is killed loses none. Waits for no lock: a call is
//! decided on a thread that other runs need too. Keeps no argument and no name of a tool.

use std::fs::{self, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mcp_bridge::named_file;
use mcp_bridge::private_dir::{Others, ensure};

use crate::rules::policy::DayCounts;

/// Counts in the files of a directory.
#[derive(Debug)]
pub struct DayFiles {
    dir: PathBuf,
}

/// Letters of `2026-11-30`.
const DAY: usize = 10;

impl DayFiles {
    /// In this directory, which is made when a call is counted.
    #[must_use]
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn taken(&self, rule: &str, most: u32, now: SystemTime) -> io::Result<bool> {
        ensure(&self.dir, Others::Nothing).map_err(io::Error::other)?;
        let today = day(now);
        let path = self.path(rule, &today);
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let mut file = named_file::open_with(&path, &options).map_err(io::Error::other)?;
        if is_new {
            remove_before(&self.dir, &today);
        }
        // A file that is full does not grow.
        if file.metadata()?.len() >= u64::from(most) {
            return Ok(false);
        }
        // The OS appends the bytes of all processes one after the other, and says where this one came.
        file.write_all(b".")?;
        Ok(file.stream_position()? <= u64::from(most))
    }

    /// Whether a call is left, as far as that is known without taking it.
    fn is_left(&self, rule: &str, most: u32, now: SystemTime) -> bool {
        let calls = fs::metadata(self.path(rule, &day(now)));
        !calls.is_ok_and(|file| file.len() >= u64::from(most))
    }

    fn path(&self, rule: &str, today: &str) -> PathBuf {
        let name = blake3::hash(rule.as_bytes()).to_hex();
        self.dir.join(format!("{today}.{}", &name[..32]))
    }
}

impl DayCounts for DayFiles {
    fn take(&self, rule: &str, most: u32) -> bool {
        let taken = self.taken(rule, most, SystemTime::now());
        taken.unwrap_or_else(|error| {
            let dir = self.dir.display();
            tracing::warn!(%error, "the calls of the day are not counted in `{dir}`: rules with `per-day` allow none");
            false
        })
    }

    fn has(&self, rule: &str, most: u32) -> bool {
        self.is_left(rule, most, SystemTime::now())
    }
}

/// `2026-11-30`, in UTC.
fn day(now: SystemTime) -> String {
    let mut text = humantime::format_rfc3339_seconds(now).to_string();
    text.truncate(DAY);
    text
}

/// Removes the files of earlier days. One that stays costs some bytes.
fn remove_before(dir: &Path, today: &str) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_earlier = name.to_str().and_then(|name| name.split_once('.'));
        if is_earlier.is_some_and(|(day, _)| day.len() == DAY && day < today) {
            // Another process may have removed it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn files() -> (tempfile::TempDir, DayFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files = DayFiles::at(dir.path().join("calls"));
        (dir, files)
    }

    fn names(files: &DayFiles) -> Vec<String> {
        let entries = fs::read_dir(&files.dir).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn all_processes_together_take_the_calls_of_a_rule() {
        let (_dir, files) = files();
        // As processes do, each thread opens the file for itself.
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let other = DayFiles::at(files.dir.clone());
                    scope.spawn(move || (0..50).filter(|_| other.take("rule", 120)).count())
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(taken, 120);
        assert!(files.take("another rule", 1) && !files.take("another rule", 1));
        for name in names(&files) {
            let mode = fs::metadata(files.dir.join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc_and_ends_the_one_before() {
        let (_dir, files) = files();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let midnight = 1_796_083_200;
        assert_eq!(day(at(midnight)), "2026-12-01");
        assert!(files.taken("rule", 1, at(midnight - 1)).unwrap());
        assert!(!files.taken("rule", 1, at(midnight - 1)).unwrap());
        assert!(files.taken("rule", 1, at(midnight)).unwrap());
        assert!(!files.taken("rule", 1, at(midnight + 86_399)).unwrap());
        assert_eq!(names(&files).len(), 1);
    }

    #[test]
    fn a_file_that_another_process_holds_is_not_waited_for() {
        let (_dir, files) = files();
        assert!(files.take("rule", 2));
        let path = files.dir.join(&names(&files)[0]);
        let held = fs::File::open(&path).unwrap();
        held.lock().unwrap();
        assert!(files.has("rule", 2) && files.take("rule", 2));
        assert!(!files.has("rule", 2) && !files.take("rule", 2));
    }

    #[test]
    fn a_file_that_cannot_be_counted_in_allows_nothing() {
        let (dir, files) = files();
        assert!(files.take("rule", 9));
        let path = files.dir.join(&names(&files)[0]);
        fs::remove_file(&path).unwrap();
        symlink("/dev/null", &path).unwrap();
        assert!(!files.take("rule", 9), "it is a device");
        let no_dir = DayFiles::at(dir.path().join("file"));
        fs::write(&no_dir.dir, "").unwrap();
        assert!(!no_dir.take("rule", 9));
    }
}
