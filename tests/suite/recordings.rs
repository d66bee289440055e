//! A recorded run replays without its servers, files and state: to the same result and the same fuel, or not at all.

mod answers;
mod differences;
mod fixed;
mod order;
mod usage;

use std::future::pending;
use std::path::Path;
use std::sync::Arc;

use mcp_host::{
    Determinism, Environment, Linked, Recording, RecordingError, ReplayError, Report, Request,
    Skill, link, record, replay,
};
use mcp_tests::{Setup, cache, engine, guest};
use serde_json::Value;

/// A recorded run: its report, and its file.
struct Recorded {
    report: Report,
    dir: tempfile::TempDir,
}

/// Runs a guest and records it.
async fn recorded(setup: Setup, skill: &str, input: &str) -> Recorded {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(dir.path().join("recording")).unwrap();
    let limits = setup.its_limits();
    let linked = setup.linked(&guest(skill)).unwrap();
    let report = record(
        &linked,
        &Request::Input(input),
        &limits,
        Determinism::default(),
        file,
        pending(),
    )
    .await
    .unwrap();
    Recorded { report, dir }
}

impl Recorded {
    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("recording")
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn calls(&self) -> Vec<Value> {
        let mut lines = self.lines();
        lines.retain(|line| line.get("n").is_some());
        lines
    }

    fn open(&self) -> Result<Recording, RecordingError> {
        Recording::open(&self.path())
    }

    async fn replay(&self, skill: &str) -> Result<Report, ReplayError> {
        replay_component(self.open().unwrap(), &std::fs::read(guest(skill)).unwrap()).await
    }

    /// Replays and expects the recorded run again.
    async fn repeats(&self, skill: &str) {
        let again = self.replay(skill).await.unwrap();
        assert_eq!(again.outcome, self.report.outcome);
        assert_eq!(again.result, self.report.result);
        assert_eq!(again.fuel, self.report.fuel);
        assert_eq!(again.calls(), self.report.calls());
    }

    /// Changes the lines, and seals the file again as if they had been recorded.
    fn edit(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut lines = self.lines();
        change(&mut lines);
        let mut end = lines.pop().unwrap();
        let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        end["blake3"] = blake3::hash(text.as_bytes()).to_hex().to_string().into();
        text.push_str(&format!("{end}\n"));
        std::fs::write(self.path(), text).unwrap();
    }
}

async fn replay_component(recording: Recording, bytes: &[u8]) -> Result<Report, ReplayError> {
    let linked = linked_to(&recording, bytes);
    let recording = Arc::new(recording);
    replay(&linked, &recording, recording.limits(), recording.fixed()).await
}

fn linked_to(recording: &Recording, bytes: &[u8]) -> Linked {
    let skill = Arc::new(Skill::load(engine(), bytes, Some(cache())).unwrap());
    let environment = Environment {
        catalog: recording.catalog(&skill).unwrap(),
        ..Environment::default()
    };
    link(&skill, &environment).unwrap()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
