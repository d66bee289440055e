//! `get_commit`: one commit with its message and the files it changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::git::{GitError, Repository, records};
use crate::log::Commit;

/// The commit that `query` names.
pub(crate) async fn get(
    repository: &Repository,
    query: &GetCommit,
) -> Result<CommitDetails, GitError> {
    let id = repository.resolve(&query.id).await?;
    let format = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%aI%x00%s%x00%b";
    let output = repository
        .run(["log", "-z", "--max-count=1", format, &id, "--"])
        .await?;
    let [[id, parents, author, email, date, subject, body]] = records::<7>(&output)?[..] else {
        return Err(GitError::Unexpected {
            what: "not exactly one commit".to_owned(),
        });
    };
    let commit = Commit::parse([id, parents, author, email, date, subject]);
    let files = changed_files(repository, &commit).await?;
    Ok(CommitDetails {
        added: files.iter().filter_map(|file| file.added).sum(),
        deleted: files.iter().filter_map(|file| file.deleted).sum(),
        files,
        body: body.trim_end().to_owned(),
        id: commit.id,
        parents: commit.parents,
        author: commit.author,
        email: commit.email,
        date: commit.date,
        subject: commit.subject,
    })
}

async fn changed_files(
    repository: &Repository,
    commit: &Commit,
) -> Result<Vec<ChangedFile>, GitError> {
    let mut args = vec![
        "diff-tree",
        "-r",
        "-z",
        "-M",
        "--raw",
        "--numstat",
        "--no-commit-id",
    ];
    args.extend(["--no-ext-diff", "--no-textconv"]);
    match commit.parents.first() {
        Some(parent) => args.extend([parent.as_str(), commit.id.as_str()]),
        None => args.extend(["--root", commit.id.as_str()]),
    }
    parse_diff(&repository.run(args).await?)
}

/// Reads `--raw --numstat -z`: first every file's status, then every file's line counts, in the
/// same order.
fn parse_diff(output: &str) -> Result<Vec<ChangedFile>, GitError> {
    let unexpected = |what: &str| GitError::Unexpected {
        what: format!("a diff with {what}"),
    };
    let mut fields = output.split_terminator('\0').peekable();
    let mut files = Vec::new();
    while let Some(raw) = fields.next_if(|field| field.starts_with(':')) {
        let letter = raw
            .rsplit(' ')
            .next()
            .and_then(|status| status.chars().next());
        let status = match letter {
            Some('A') => FileStatus::Added,
            Some('M') => FileStatus::Modified,
            Some('D') => FileStatus::Deleted,
            Some('R') => FileStatus::Renamed,
            Some('T') => FileStatus::TypeChanged,
            _ => return Err(unexpected(&format!("status `{raw}`"))),
        };
        let first = fields
            .next()
            .ok_or_else(|| unexpected("a status without a path"))?
            .to_owned();
        let (path, previous_path) = match status {
            FileStatus::Renamed => {
                let new = fields
                    .next()
                    .ok_or_else(|| unexpected("a rename without a target"))?;
                (new.to_owned(), Some(first))
            }
            _ => (first, None),
        };
        files.push(ChangedFile {
            path,
            previous_path,
            status,
            added: None,
            deleted: None,
        });
    }
    for file in &mut files {
        let counts = fields
            .next()
            .ok_or_else(|| unexpected("too few line counts"))?;
        let mut columns = counts.split('\t');
        let mut count = || {
            columns
                .next()
                .ok_or_else(|| unexpected("a short line count"))
        };
        // A binary file has `-` in both columns, and no line counts.
        file.added = count()?.parse().ok();
        file.deleted = count()?.parse().ok();
        if file.status == FileStatus::Renamed {
            // The two paths of a rename follow as fields of their own; the raw part contained them.
            fields.nth(1);
        }
    }
    Ok(files)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GetCommit {
    /// The commit: an id, whole or shortened, a branch or a tag.
    pub(crate) id: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitDetails {
    /// The commit's id in hexadecimal digits.
    pub(crate) id: String,
    /// The ids of its parents: none for a root commit, two or more for a merge.
    pub(crate) parents: Vec<String>,
    /// The author's name.
    pub(crate) author: String,
    /// The author's e-mail address.
    pub(crate) email: String,
    /// When it was written, as RFC 3339.
    pub(crate) date: String,
    /// The first line of the message.
    pub(crate) subject: String,
    /// The rest of the message; empty where there is none.
    pub(crate) body: String,
    /// The files it changed.
    pub(crate) files: Vec<ChangedFile>,
    /// Lines added in all text files.
    pub(crate) added: u64,
    /// Lines deleted in all text files.
    pub(crate) deleted: u64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangedFile {
    /// The path, relative to the root of the repository.
    pub(crate) path: String,
    /// The path before, where the file was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) previous_path: Option<String>,
    /// What happened to the file.
    pub(crate) status: FileStatus,
    /// Lines added. Absent for a binary file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub(crate) added: Option<u64>,
    /// Lines deleted. Absent for a binary file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    pub(crate) deleted: Option<u64>,
}

// Documented variants would become a `oneOf` of constants; a plain `enum` is what clients expect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum FileStatus {
    Added,
    Modified,
    Deleted,
    Renamed,
    TypeChanged,
}
