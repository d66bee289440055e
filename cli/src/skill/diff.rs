//! `mcp-host skill diff`: what differs between two versions.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use mcp_skills::{Loaded, Named, SkillPath};
use serde_json::{Value, json};
use similar::TextDiff;

use crate::exit::{Exit, Failure};
use crate::{out, saved};

/// How long two texts may be compared for the smallest difference.
const PATIENCE: Duration = Duration::from_millis(200);

/// Bytes of a file whose lines are compared.
const LONGEST: usize = 256 << 10;

pub(super) async fn run((a, b): (&Named, &Named), json: bool) -> Result<Exit, Failure> {
    let store = saved::store()?;
    let load = |named: &Named| {
        let loaded = store.load(&named.name, named.version);
        loaded.map_err(saved::failed)
    };
    let (a, b) = (load(a)?, load(b)?);
    let paths: BTreeSet<&SkillPath> = a.files.keys().chain(b.files.keys()).collect();
    let changes: Vec<Change> = paths
        .into_iter()
        .filter_map(|path| Change::of(path, &a, &b))
        .collect();
    if json {
        let entries: Vec<Value> = changes.iter().map(Change::entry).collect();
        out::json(&entries).await?;
        return Ok(Exit::Finished);
    }
    let mut text = String::new();
    for change in &changes {
        let _ = writeln!(text, "{}  {}", change.what, change.path);
        for line in change.lines.lines() {
            let _ = writeln!(text, "  {}", mcp_bridge::text::line(line));
        }
    }
    if changes.is_empty() {
        text.push_str("the same files\n");
    }
    out::page(&text).await?;
    Ok(Exit::Finished)
}

/// A file that is not the same in both.
struct Change {
    path: String,
    /// `added`, `removed` or `changed`.
    what: &'static str,
    /// A unified difference; empty for what is no text, or too long.
    lines: String,
}

impl Change {
    fn of(path: &SkillPath, a: &Loaded, b: &Loaded) -> Option<Self> {
        let (old, new) = (a.files.get(path), b.files.get(path));
        if old == new {
            return None;
        }
        let what = match (old, new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let text = |bytes: Option<&Vec<u8>>| {
            let bytes = bytes.map_or(&[][..], Vec::as_slice);
            let is_short = bytes.len() <= LONGEST;
            str::from_utf8(bytes)
                .ok()
                .filter(|_| is_short)
                .map(str::to_owned)
        };
        let lines = match (text(old), text(new)) {
            (Some(old), Some(new)) => TextDiff::configure()
                .timeout(PATIENCE)
                .diff_lines(old.as_str(), new.as_str())
                .unified_diff()
                .context_radius(2)
                .to_string(),
            _ => String::new(),
        };
        Some(Self {
            path: path.to_string(),
            what,
            lines,
        })
    }

    fn entry(&self) -> Value {
        json!({ "path": self.path, "change": self.what, "diff": self.lines })
    }
}
