//! `list_commits`: one page of the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::git::{GitError, Repository, is_id, records};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// One page of commits that match `query`, newest first.
pub(crate) async fn list(
    repository: &Repository,
    query: &ListCommits,
) -> Result<CommitPage, GitError> {
    let limit = limit(query.limit)?;
    let Some(cursor) = start(repository, query).await? else {
        return Ok(CommitPage {
            commits: Vec::new(),
            next_cursor: None,
        });
    };

    let mut args = vec![
        "log".to_owned(),
        "-z".to_owned(),
        "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%aI%x00%s".to_owned(),
        format!("--skip={}", cursor.skip),
        // One more than asked for shows whether another page follows.
        format!("--max-count={}", limit + 1),
        // A filter is text to look for, so a regular expression in it means nothing.
        "--fixed-strings".to_owned(),
        "--regexp-ignore-case".to_owned(),
    ];
    args.extend(
        query
            .author
            .iter()
            .map(|author| format!("--author={author}")),
    );
    args.extend(query.grep.iter().map(|text| format!("--grep={text}")));
    args.push("--end-of-options".to_owned());
    args.push(cursor.tip.clone());
    if let Some(since) = &query.since {
        args.push(format!("^{}", repository.resolve(since).await?));
    }
    args.push("--".to_owned());
    args.extend(query.path.clone());

    let output = repository.run(&args).await?;
    let mut commits: Vec<Commit> = records::<6>(&output)?
        .into_iter()
        .map(Commit::parse)
        .collect();
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = (commits.len() > page).then(|| cursor.advance(limit).to_string());
    commits.truncate(page);
    Ok(CommitPage {
        commits,
        next_cursor,
    })
}

/// The start of the page, or `None` if the repository has no commits.
async fn start(repository: &Repository, query: &ListCommits) -> Result<Option<Cursor>, GitError> {
    if let Some(cursor) = &query.cursor {
        return Cursor::parse(cursor).map(Some);
    }
    let tip = match &query.until {
        Some(until) => Some(repository.resolve(until).await?),
        None => repository.head().await?,
    };
    Ok(tip.map(|tip| Cursor { tip, skip: 0 }))
}

fn limit(limit: Option<u32>) -> Result<u32, GitError> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        value => Err(GitError::OutOfRange {
            name: "limit",
            value,
            max: MAX_LIMIT,
        }),
    }
}

/// A place in the log: pages stay the same when commits arrive, because the tip is an id.
struct Cursor {
    tip: String,
    skip: u32,
}

impl Cursor {
    fn parse(cursor: &str) -> Result<Self, GitError> {
        cursor
            .split_once('+')
            .filter(|(tip, _)| is_id(tip))
            .and_then(|(tip, skip)| {
                Some(Self {
                    tip: tip.to_owned(),
                    skip: skip.parse().ok()?,
                })
            })
            .ok_or_else(|| GitError::BadCursor {
                cursor: cursor.to_owned(),
            })
    }

    fn advance(&self, by: u32) -> Self {
        Self {
            tip: self.tip.clone(),
            skip: self.skip.saturating_add(by),
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}+{}", self.tip, self.skip)
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListCommits {
    /// Only commits that are not reachable from this revision: an id, branch or tag. The revision
    /// itself is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) since: Option<String>,
    /// The newest commit to list: an id, branch or tag. Default: HEAD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) until: Option<String>,
    /// Only commits whose author name or e-mail contains this text, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) author: Option<String>,
    /// Only commits that changed this file or directory. A path, not a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) path: Option<String>,
    /// Only commits whose message contains this text, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) grep: Option<String>,
    /// The most commits to return. Default: 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 200))]
    pub(crate) limit: Option<u32>,
    /// `nextCursor` of the page before. The other arguments must be the same as for that page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommitPage {
    /// The commits, newest first.
    pub(crate) commits: Vec<Commit>,
    /// Pass it as `cursor` to get the next page. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) next_cursor: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Commit {
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
}

impl Commit {
    pub(crate) fn parse([id, parents, author, email, date, subject]: [&str; 6]) -> Self {
        Self {
            id: id.to_owned(),
            parents: parents
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
            author: author.to_owned(),
            email: email.to_owned(),
            date: date.to_owned(),
            subject: subject.to_owned(),
        }
    }
}
