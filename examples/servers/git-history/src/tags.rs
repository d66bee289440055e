//! `list_tags`: the tags that point to commits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::git::{GitError, Repository, records};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// The newest tags.
pub(crate) async fn list(repository: &Repository, query: &ListTags) -> Result<TagList, GitError> {
    let limit = match query.limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => usize::try_from(limit).unwrap_or(usize::MAX),
        value => {
            return Err(GitError::OutOfRange {
                name: "limit",
                value,
                max: MAX_LIMIT,
            });
        }
    };
    // An annotated tag is an object of its own; `*` looks through it at what it tags.
    let format = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00\
                  %(*objectname)%00%(creatordate:iso-strict)%00%(contents:subject)%00\
                  %(contents:body)%00";
    let output = repository
        .run(["for-each-ref", "--sort=-creatordate", format, "refs/tags"])
        .await?;
    let tags = records::<8>(output.trim_end_matches('\n'))?
        .into_iter()
        .filter_map(Tag::parse)
        .take(limit)
        .collect();
    Ok(TagList { tags })
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListTags {
    /// The most tags to return. Default: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagList {
    /// The tags, newest first.
    pub(crate) tags: Vec<Tag>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tag {
    /// The tag's name, without `refs/tags/`.
    pub(crate) name: String,
    /// The id of the commit that it points to.
    pub(crate) commit: String,
    /// When it was made, as RFC 3339; for a lightweight tag, the date of its commit.
    pub(crate) date: String,
    /// The message of an annotated tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) message: Option<String>,
}

impl Tag {
    /// `None` for a tag of a tree or a file, which no tool here could show.
    fn parse(
        [name, kind, id, target_kind, target, date, subject, body]: [&str; 8],
    ) -> Option<Self> {
        let (commit, message) = match (kind, target_kind) {
            // Lines after the first record start with the newline that ended the one before.
            ("commit", _) => (id, None),
            ("tag", "commit") => (
                target,
                Some(format!("{subject}\n\n{body}").trim().to_owned()),
            ),
            _ => return None,
        };
        Some(Self {
            name: name.trim_start_matches('\n').to_owned(),
            commit: commit.to_owned(),
            date: date.to_owned(),
            message,
        })
    }
}
