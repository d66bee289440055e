//! Each tool on small repositories made by `git` itself.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::commit::{ChangedFile, CommitDetails, FileStatus, GetCommit};
use crate::git::{GitError, Repository};
use crate::log::{CommitPage, ListCommits};
use crate::tags::{ListTags, Tag};
use crate::{commit, describe, log, tags};

mod changes;
mod fixture;
mod paging;

use fixture::Fixture;

async fn page(repository: &Repository, query: &ListCommits) -> CommitPage {
    log::list(repository, query).await.unwrap()
}

async fn subjects(repository: &Repository, query: &ListCommits) -> Vec<String> {
    page(repository, query)
        .await
        .commits
        .into_iter()
        .map(|commit| commit.subject)
        .collect()
}

async fn details(repository: &Repository, id: &str) -> CommitDetails {
    commit::get(repository, &GetCommit { id: id.to_owned() })
        .await
        .unwrap()
}

fn file(path: &str, status: FileStatus, added: u64, deleted: u64) -> ChangedFile {
    let (added, deleted) = (Some(added), Some(deleted));
    ChangedFile {
        path: path.to_owned(),
        previous_path: None,
        status,
        added,
        deleted,
    }
}

#[tokio::test]
async fn commit_has_all_its_fields() {
    let mut fixture = Fixture::new();
    let first = fixture.commit("a", "1\n", "First: ü\n\nBody,\nin two lines.\n\n");
    let second = fixture.commit("a", "2\n", "Second");
    let repository = fixture.open().await;

    let page = page(&repository, &ListCommits::default()).await;
    assert_eq!(page.next_cursor, None);
    let [newest, oldest] = &page.commits[..] else {
        panic!("{page:?}")
    };
    assert_eq!(
        (&newest.id, &newest.subject),
        (&second, &"Second".to_owned())
    );
    assert_eq!(newest.parents, [first.as_str()]);
    assert_eq!(
        (&oldest.id, &oldest.subject),
        (&first, &"First: ü".to_owned())
    );
    assert!(oldest.parents.is_empty());
    assert_eq!(
        (oldest.author.as_str(), oldest.email.as_str()),
        ("Ada Ångström", "ada@example.org")
    );
    assert_eq!(oldest.date, "2024-05-01T10:00:01+02:00");

    let details = details(&repository, &first[..8]).await;
    assert_eq!(
        (&details.id, details.subject.as_str()),
        (&first, "First: ü")
    );
    assert_eq!(details.body, "Body,\nin two lines.");
}

#[tokio::test]
async fn hostile_text_is_never_an_option() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1", "1");
    let repository = fixture.open().await;
    for revision in [
        "--output=planted",
        "-n0",
        "",
        "HEAD..HEAD",
        "^HEAD",
        "HEAD\n",
        "HEAD\0",
        "--all",
    ] {
        let error = repository.resolve(revision).await.unwrap_err();
        assert!(
            matches!(error, GitError::UnknownRevision { .. }),
            "{revision:?}: {error}"
        );
    }
    let planted = || Some("--output=planted".to_owned());
    let query = ListCommits {
        author: planted(),
        grep: planted(),
        path: planted(),
        ..Default::default()
    };
    assert_eq!(subjects(&repository, &query).await, [""; 0]);
    assert!(!fixture.path().join("planted").exists());
}

#[tokio::test]
async fn tags_come_newest_first_and_only_those_of_commits() {
    let mut fixture = Fixture::new();
    let first = fixture.commit("a", "1", "first");
    fixture.git(&["tag", "light"]);
    let second = fixture.commit("a", "2", "second");
    fixture.git(&["tag", "--annotate", "v1", "-m", "Version 1\n\nTwo\nlines"]);
    fixture.git(&["tag", "tree", "HEAD^{tree}"]);
    let repository = fixture.open().await;

    let tags = tags::list(&repository, &ListTags::default())
        .await
        .unwrap()
        .tags;
    let tag = |name: &str, commit: &str, second: u32, message: Option<&str>| Tag {
        name: name.to_owned(),
        commit: commit.to_owned(),
        date: format!("2024-05-01T10:00:{second:02}+02:00"),
        message: message.map(str::to_owned),
    };
    assert_eq!(
        tags,
        [
            tag("v1", &second, 2, Some("Version 1\n\nTwo\nlines")),
            tag("light", &first, 1, None),
        ]
    );
    let one = tags::list(&repository, &ListTags { limit: Some(1) })
        .await
        .unwrap()
        .tags;
    assert_eq!(one[..], tags[..1]);
    let none = tags::list(&repository, &ListTags { limit: Some(0) })
        .await
        .unwrap_err();
    assert_eq!(
        none.to_string(),
        "`limit` is 0, but must be between 1 and 1000"
    );
}

#[tokio::test]
async fn repository_is_described() {
    let mut fixture = Fixture::new();
    let describe =
        async |fixture: &Fixture| describe::describe(&fixture.open().await).await.unwrap();
    assert_eq!(
        describe(&fixture).await,
        "branch: main\nhead: none, there are no commits yet\ncommits: 0"
    );
    fixture.commit("a", "1", "1");
    let head = fixture.commit("a", "2", "2");
    let rest = format!(
        "head: {head}\ncommits: 2\nfirst: 2024-05-01T10:00:01+02:00\nlast: 2024-05-01T10:00:02+02:00"
    );
    assert_eq!(describe(&fixture).await, format!("branch: main\n{rest}"));
    fixture.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(
        describe(&fixture).await,
        format!("branch: none, HEAD is detached\n{rest}")
    );
}

#[tokio::test]
async fn empty_repository_has_no_commits_and_no_tags() {
    let fixture = Fixture::new();
    let repository = fixture.open().await;
    assert_eq!(
        subjects(&repository, &ListCommits::default()).await,
        [""; 0]
    );
    assert!(
        tags::list(&repository, &ListTags::default())
            .await
            .unwrap()
            .tags
            .is_empty()
    );
    let error = commit::get(
        &repository,
        &GetCommit {
            id: "HEAD".to_owned(),
        },
    )
    .await
    .unwrap_err();
    assert!(matches!(error, GitError::UnknownRevision { .. }), "{error}");
}

#[tokio::test]
async fn shallow_clone_ends_where_it_was_cut() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1\n", "1");
    fixture.commit("a", "2\n", "2");
    let clone = tempfile::tempdir().unwrap();
    let source = format!("file://{}", fixture.path().display());
    let target = clone.path().join("clone");
    fixture.git(&[
        "clone",
        "--quiet",
        "--depth=1",
        &source,
        target.to_str().unwrap(),
    ]);
    let repository = Repository::open(&target).await.unwrap();

    assert_eq!(subjects(&repository, &ListCommits::default()).await, ["2"]);
    assert_eq!(
        details(&repository, "HEAD").await.files,
        [file("a", FileStatus::Added, 1, 0)]
    );
    let text = describe::describe(&repository).await.unwrap();
    assert!(
        text.contains("commits: 1 (a shallow clone: older ones are missing)"),
        "{text}"
    );
}

#[tokio::test]
async fn a_directory_without_a_repository_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let error = Repository::open(directory.path())
        .await
        .unwrap_err()
        .to_string();
    let path = directory.path().display();
    assert_eq!(
        error,
        format!("`{path}` is not inside a git repository: pass `--repo DIR`")
    );
    let error = Repository::open(&directory.path().join("x"))
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(error, format!("`{path}/x` is not a directory"));
}
