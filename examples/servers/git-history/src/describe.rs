//! `describe_repository`: a few lines of text for people.

use crate::git::{GitError, Repository};

/// Branch, head, number of commits, first and last date.
pub(crate) async fn describe(repository: &Repository) -> Result<String, GitError> {
    let branch = branch(repository).await?;
    let Some(head) = repository.head().await? else {
        return Ok(format!(
            "branch: {branch}\nhead: none, there are no commits yet\ncommits: 0"
        ));
    };
    let count = repository.run(["rev-list", "--count", &head, "--"]).await?;
    // Dates may run backwards along the history, so the range is taken over all of them.
    let dates = repository
        .run(["log", "--format=tformat:%at %aI", &head, "--"])
        .await?;
    let mut dates: Vec<(i64, &str)> = dates
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(seconds, date)| Some((seconds.parse().ok()?, date)))
        .collect();
    dates.sort_unstable();
    let [first, last] = [dates.first(), dates.last()].map(|date| date.map_or("unknown", |it| it.1));
    let shallow = repository
        .run(["rev-parse", "--is-shallow-repository"])
        .await?;
    let note = if shallow.trim_end() == "true" {
        " (a shallow clone: older ones are missing)"
    } else {
        ""
    };
    Ok(format!(
        "branch: {branch}\nhead: {head}\ncommits: {}{note}\nfirst: {first}\nlast: {last}",
        count.trim_end(),
    ))
}

async fn branch(repository: &Repository) -> Result<String, GitError> {
    match repository
        .run(["symbolic-ref", "--quiet", "--short", "HEAD"])
        .await
    {
        Ok(name) => Ok(name.trim_end().to_owned()),
        // In quiet mode, it fails without a message exactly if HEAD is a commit and not a branch.
        Err(GitError::Failed { .. }) => Ok("none, HEAD is detached".to_owned()),
        Err(error) => Err(error),
    }
}
