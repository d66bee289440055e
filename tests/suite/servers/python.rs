//! The PyPI servers, in this process.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{pinned, run};
use crate::install::done;

#[tokio::test]
async fn time_gives_nested_records_and_survives_an_unknown_zone() {
    let Some(server) = pinned::time("time") else {
        return;
    };
    let input = json!({ "at": "12:30", "zones": ["Asia/Tokyo", "Mars/Olympus", "Asia/Kolkata"] });
    let ran = run("time", &server, &input).await;
    let expected = json!({
        "now": { "timezone": "UTC", "isDst": false, "offset": "+00:00" },
        "meetings": [
            {
                "zone": "Asia/Tokyo", "at": "21:30:00+09:00", "difference": "+9.0h",
                "sameDay": true, "isDst": false,
            },
            {
                "zone": "Mars/Olympus",
                "error": "Error executing tool convert_time: Invalid timezone: \
                          'No time zone found with key Mars/Olympus'",
            },
            {
                "zone": "Asia/Kolkata", "at": "18:00:00+05:30", "difference": "+5.5h",
                "sameDay": true, "isDst": false,
            },
        ],
    });
    ran.is(
        &expected,
        &[("time/convert_time", 3, 1), ("time/get_current_time", 1, 0)],
    );
}

#[tokio::test]
async fn git_commits_what_a_skill_tells_it() {
    let temp = tempfile::tempdir().unwrap();
    let repository = temp.path().canonicalize().unwrap();
    let Some(server) = pinned::git("git", &repository) else {
        return;
    };
    changed_repository(&repository);
    let input = json!({ "repository": repository, "files": ["README.md"] });
    let ran = run("git", &server, &input).await;
    ran.is(
        &committed(),
        &[
            ("git/git_add", 1, 0),
            ("git/git_branch", 1, 0),
            ("git/git_commit", 1, 0),
            ("git/git_create_branch", 1, 0),
            ("git/git_diff_staged", 1, 0),
            ("git/git_diff_unstaged", 1, 0),
            ("git/git_log", 3, 0),
            ("git/git_show", 2, 1),
            ("git/git_status", 1, 0),
        ],
    );
}

/// The result of the skill `git` for [`changed_repository`].
pub(super) fn committed() -> Value {
    json!({
        "unstaged": ["@@ -2 +2 @@", "-hello", "+goodbye"],
        "staged": ["@@ -1,2 +1,2 @@", " # Greeting", "-hello", "+goodbye"],
        "status": ["Repository status:", "On branch main", "nothing to commit, working tree clean"],
        "branches": ["* main", "  next"],
        "readme": "# Greeting\ngoodbye\n",
        "lastTwo": ["Say goodbye", "Add a file"],
        "before2025": ["Begin"],
        "authors": { "Ada": 2, "Grace": 1 },
        "unknown": "Error executing tool git_show: Ref 'no-such-revision' did not resolve to an object",
    })
}

/// A repository of two commits, with a change of its README that is not staged.
pub(super) fn changed_repository(dir: &Path) {
    let git = |args: &[&str], author: &str, date: &str| {
        let mut command = Command::new("git");
        // Within a git hook, the environment names another repository.
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", author),
                ("GIT_AUTHOR_DATE", date),
                ("GIT_COMMITTER_DATE", date),
            ]);
        done(command.args(args).current_dir(dir));
    };
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    let (first, second) = ("2024-05-01T12:00:00Z", "2025-05-01T12:00:00Z");

    git(&["init", "--quiet", "--initial-branch=main"], "", first);
    git(&["config", "user.name", "Ada"], "", first);
    git(&["config", "user.email", "ada@example.org"], "", first);
    write("README.md", "# Greeting\nhello\n");
    git(&["add", "."], "Ada", first);
    git(&["commit", "--quiet", "--message=Begin"], "Ada", first);
    write("more.txt", "more\n");
    git(&["add", "."], "Grace", second);
    git(
        &["commit", "--quiet", "--message=Add a file"],
        "Grace",
        second,
    );
    write("README.md", "# Greeting\ngoodbye\n");
}
