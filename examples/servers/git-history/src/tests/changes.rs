//! `get_commit`: the files that a commit changed.

use super::*;

#[tokio::test]
async fn files_of_a_commit_have_status_and_counts() {
    let mut fixture = Fixture::new();
    let old: String = (0..20).map(|line| format!("line {line}\n")).collect();
    std::fs::write(fixture.path().join("tab\tand ü"), "x\n").unwrap();
    std::fs::write(fixture.path().join("gone"), "x\ny\n").unwrap();
    let root = fixture.commit("old", &old, "root");
    std::fs::remove_file(fixture.path().join("gone")).unwrap();
    std::fs::write(fixture.path().join("tab\tand ü"), "y\nz\n").unwrap();
    std::fs::write(fixture.path().join("binary"), [0, 1, 2]).unwrap();
    std::fs::rename(fixture.path().join("old"), fixture.path().join("new")).unwrap();
    let second = fixture.commit("new", old.replace("line 7\n", ""), "second");
    let repository = fixture.open().await;

    let details_of_root = details(&repository, &root).await;
    assert_eq!(
        details_of_root.files,
        [
            file("gone", FileStatus::Added, 2, 0),
            file("old", FileStatus::Added, 20, 0),
            file("tab\tand ü", FileStatus::Added, 1, 0),
        ]
    );
    assert_eq!((details_of_root.added, details_of_root.deleted), (23, 0));

    let details = details(&repository, &second).await;
    assert_eq!(
        details.files,
        [
            ChangedFile {
                added: None,
                deleted: None,
                ..file("binary", FileStatus::Added, 0, 0)
            },
            file("gone", FileStatus::Deleted, 0, 2),
            ChangedFile {
                previous_path: Some("old".to_owned()),
                ..file("new", FileStatus::Renamed, 0, 1)
            },
            file("tab\tand ü", FileStatus::Modified, 2, 1),
        ]
    );
    assert_eq!((details.added, details.deleted), (2, 4));
}

#[tokio::test]
async fn merge_is_compared_with_its_first_parent() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1\n", "base");
    fixture.git(&["checkout", "--quiet", "-b", "side"]);
    fixture.commit("b", "1\n", "side");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.commit("c", "1\n", "main");
    fixture.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let repository = fixture.open().await;

    let merge = details(&repository, "HEAD").await;
    assert_eq!(merge.parents.len(), 2);
    assert_eq!(merge.files, [file("b", FileStatus::Added, 1, 0)]);
    assert_eq!(
        subjects(&repository, &ListCommits::default()).await.len(),
        4
    );
}

#[tokio::test]
async fn empty_commit_changes_no_file() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1\n", "base");
    fixture.commit_staged("empty");
    let details = details(&fixture.open().await, "HEAD").await;
    assert!(details.files.is_empty());
    assert_eq!(
        (details.subject.as_str(), details.body.as_str()),
        ("empty", "")
    );
}
