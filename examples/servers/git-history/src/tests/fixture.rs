//! Temporary repositories.

use std::path::Path;
use std::process::Command;

use crate::git::Repository;

pub(crate) struct Fixture {
    pub(crate) directory: tempfile::TempDir,
    clock: u32,
}

impl Fixture {
    /// An empty repository on branch `main`.
    pub(crate) fn new() -> Self {
        let fixture = Self {
            directory: tempfile::tempdir().unwrap(),
            clock: 0,
        };
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn open(&self) -> Repository {
        Repository::open(self.path()).await.unwrap()
    }

    /// Writes `file` and commits it, one second after the commit before.
    pub(crate) fn commit(
        &mut self,
        file: &str,
        content: impl AsRef<[u8]>,
        message: &str,
    ) -> String {
        std::fs::write(self.path().join(file), content).unwrap();
        self.git(&["add", "--all"]);
        self.commit_staged(message)
    }

    pub(crate) fn commit_staged(&mut self, message: &str) -> String {
        self.clock += 1;
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let date = format!("2024-05-01T10:00:{:02}+02:00", self.clock);
        let output = Command::new("git")
            .current_dir(self.path())
            .args(args)
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .envs([
                ("GIT_AUTHOR_NAME", "Ada Ångström"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "Bo"),
                ("GIT_COMMITTER_EMAIL", "bo@example.org"),
            ])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned()
    }
}
