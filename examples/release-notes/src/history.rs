//! Chooses the range and reads its commits. The only file that calls tools.

use mcp_guest_sdk::{Error, ToolError, log};

use crate::git_history::{
    self, Commit, GetCommitParams, GetCommitResult, ListCommitsParams, ListTagsParams, Tag,
};

/// The commits of one range.
pub(crate) struct History {
    /// The revision before the first commit; none: from the beginning.
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// Newest first, without merges: what they bring in is in the others.
    pub(crate) commits: Vec<GetCommitResult>,
    pub(crate) merges: usize,
    /// Whether the range has more commits than the skill read.
    pub(crate) truncated: bool,
}

pub(crate) fn read(
    from: Option<String>,
    to: Option<String>,
    most: usize,
) -> Result<History, Error> {
    let (from, to) = match (from, to) {
        (Some(from), to) => (Some(from), to.unwrap_or_else(|| "HEAD".to_owned())),
        (None, to) => choose_range(to)?,
    };
    let (listed, truncated) = list(from.as_deref(), &to, most)?;
    log::info!(commits = listed.len(), "listed the commits up to `{to}`");

    let mut commits = Vec::with_capacity(listed.len());
    let mut merges = 0;
    for commit in listed {
        if commit.parents.len() > 1 {
            merges += 1;
            continue;
        }
        commits.push(git_history::get_commit(&GetCommitParams::new(commit.id))?);
        if commits.len() % 100 == 0 {
            log::debug!(commits = commits.len(), "reading the details");
        }
    }
    Ok(History {
        from,
        to,
        commits,
        merges,
        truncated,
    })
}

/// The range if the caller gave no `from`: since the tag before `to`, else the whole history.
fn choose_range(to: Option<String>) -> Result<(Option<String>, String), ToolError> {
    let tags = git_history::list_tags(ListTagsParams { limit: Some(1000) })?.tags;
    if let Some(to) = to {
        let from = tag_before(&tags, &to).map(|tag| tag.name.clone());
        return Ok((from, to));
    }
    let Some(last) = tags.first() else {
        return Ok((None, "HEAD".to_owned()));
    };
    let (since_last, _) = list(Some(&last.name), "HEAD", 1)?;
    if since_last.is_empty() {
        // A release was made a moment ago, and it is what the notes are wanted for.
        return Ok((
            tag_before(&tags, &last.name).map(|tag| tag.name.clone()),
            last.name.clone(),
        ));
    }
    Ok((Some(last.name.clone()), "HEAD".to_owned()))
}

/// The tag before `revision`, or the last one if `revision` is not a tag. A commit may have several tags.
fn tag_before<'a>(tags: &'a [Tag], revision: &str) -> Option<&'a Tag> {
    match tags.iter().position(|tag| tag.name == revision) {
        Some(at) => tags[at + 1..]
            .iter()
            .find(|tag| tag.commit != tags[at].commit),
        None => tags.first(),
    }
}

/// The newest commits of the range, and whether there are more than `most`.
fn list(from: Option<&str>, to: &str, most: usize) -> Result<(Vec<Commit>, bool), ToolError> {
    const PAGE: u8 = 200;
    let mut commits = Vec::new();
    let mut cursor = None;
    while commits.len() <= most {
        // One more than requested, to see whether there are more.
        let missing = most + 1 - commits.len();
        let page = git_history::list_commits(&ListCommitsParams {
            since: from.map(str::to_owned),
            until: Some(to.to_owned()),
            limit: Some(u8::try_from(missing).unwrap_or(PAGE).min(PAGE)),
            cursor,
            ..ListCommitsParams::default()
        })?;
        commits.extend(page.commits);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let truncated = commits.len() > most;
    commits.truncate(most);
    Ok((commits, truncated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_before_a_revision_is_on_another_commit() {
        let tags = [
            Tag::new("v2", "c3", ""),
            Tag::new("v2-rc1", "c3", ""),
            Tag::new("v1", "c1", ""),
        ];
        let before = |revision| tag_before(&tags, revision).map(|tag| tag.name.as_str());
        assert_eq!(before("v2"), Some("v1"));
        assert_eq!(before("v1"), None);
        assert_eq!(before("main"), Some("v2"));
    }
}
