//! Reads the measurements of Criterion. All of them must come from one run of the benches: measurements of different
//! days, or under different loads of the machine, do not belong in one table.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The median times of some benches, in nanoseconds, with their 95 % confidence intervals.
#[derive(Debug)]
pub struct Figures {
    dir: PathBuf,
    oldest: SystemTime,
    newest: SystemTime,
}

/// One measured time, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The median.
    pub median: f64,
    /// The lower end of its 95 % confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// All benches together take a few minutes.
const ONE_RUN: Duration = Duration::from_secs(30 * 60);

impl Figures {
    /// The figures below Criterion's directory, usually `target/criterion`.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            oldest: SystemTime::now(),
            newest: SystemTime::UNIX_EPOCH,
        }
    }

    /// Whether that bench was measured in this run.
    #[must_use]
    pub fn has(&self, bench: &str) -> bool {
        let written = find(&self.dir, bench)
            .and_then(|dir| dir.join("estimates.json").metadata().ok()?.modified().ok());
        written.is_some_and(|written| {
            self.newest.duration_since(written).unwrap_or_default() <= ONE_RUN
        })
    }

    /// The measurement of one bench: `GROUP/NAME`.
    ///
    /// # Errors
    ///
    /// When the bench was not run, or not together with the benches read before.
    pub fn read(&mut self, bench: &str) -> Result<Figure, String> {
        let path = find(&self.dir, bench)
            .ok_or_else(|| {
                format!("`{bench}` was not measured; run `cargo bench -p mcp-benches` first")
            })?
            .join("estimates.json");
        let unread = |error: &dyn std::fmt::Display| {
            format!(
                "failed to read `{}`: {error}; run `cargo bench -p mcp-benches` first",
                path.display()
            )
        };
        let written = std::fs::metadata(&path)
            .and_then(|metadata| metadata.modified())
            .map_err(|error| unread(&error))?;
        self.oldest = self.oldest.min(written);
        self.newest = self.newest.max(written);
        if self.newest.duration_since(self.oldest).unwrap_or_default() > ONE_RUN {
            return Err(format!(
                "`{bench}` was measured more than {} minutes apart from others; run `cargo bench -p mcp-benches` again",
                ONE_RUN.as_secs() / 60
            ));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unread(&error))?;
        let estimates: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| unread(&error))?;
        let median = &estimates["median"];
        let interval = &median["confidence_interval"];
        match (
            median["point_estimate"].as_f64(),
            interval["lower_bound"].as_f64(),
            interval["upper_bound"].as_f64(),
        ) {
            (Some(median), Some(low), Some(high)) => Ok(Figure { median, low, high }),
            _ => Err(unread(&"it has no median")),
        }
    }
}

/// Criterion chooses its own directory names; a file beside the measurements holds the name of a bench.
fn find(dir: &Path, bench: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if path.ends_with("new") {
            let text = std::fs::read_to_string(path.join("benchmark.json")).ok()?;
            let about: serde_json::Value = serde_json::from_str(&text).ok()?;
            return (about["full_id"] == bench).then_some(path);
        }
        if let Some(found) = find(&path, bench) {
            return Some(found);
        }
    }
    None
}
