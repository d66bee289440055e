//! `list_commits`: filters, pages and bad arguments.

use super::*;

#[tokio::test]
async fn filters_narrow_the_list() {
    let mut fixture = Fixture::new();
    let one = fixture.commit("a", "1", "One (a.b)");
    fixture.commit("b", "1", "Two axb");
    fixture.git(&["tag", "v2"]);
    fixture.commit("a", "3", "Three");
    let repository = fixture.open().await;
    let with = async |query| subjects(&repository, &query).await;
    let text = |text: &str| Some(text.to_owned());

    assert_eq!(
        with(ListCommits {
            since: Some(one),
            ..Default::default()
        })
        .await,
        ["Three", "Two axb"]
    );
    assert_eq!(
        with(ListCommits {
            until: text("v2"),
            ..Default::default()
        })
        .await,
        ["Two axb", "One (a.b)"]
    );
    assert_eq!(
        with(ListCommits {
            since: text("v2"),
            until: text("v2~1"),
            ..Default::default()
        })
        .await,
        [""; 0]
    );
    assert_eq!(
        with(ListCommits {
            path: text("a"),
            ..Default::default()
        })
        .await,
        ["Three", "One (a.b)"]
    );
    assert_eq!(
        with(ListCommits {
            path: text("*"),
            ..Default::default()
        })
        .await,
        [""; 0],
        "a name, no pattern"
    );
    assert_eq!(
        with(ListCommits {
            grep: text("A.B"),
            ..Default::default()
        })
        .await,
        ["One (a.b)"],
        "text, no regex"
    );
    assert_eq!(
        with(ListCommits {
            author: text("ADA"),
            ..Default::default()
        })
        .await
        .len(),
        3
    );
    assert_eq!(
        with(ListCommits {
            author: text("bo@example"),
            ..Default::default()
        })
        .await,
        [""; 0]
    );
}

#[tokio::test]
async fn pages_join_to_the_whole_list_although_commits_arrive() {
    let mut fixture = Fixture::new();
    for number in 1..=5 {
        fixture.commit("a", number.to_string(), &number.to_string());
    }
    let repository = fixture.open().await;
    let mut query = ListCommits {
        limit: Some(2),
        ..Default::default()
    };
    let mut pages = Vec::new();
    loop {
        let page = page(&repository, &query).await;
        pages.push(
            page.commits
                .into_iter()
                .map(|commit| commit.subject)
                .collect::<Vec<_>>(),
        );
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
        fixture.commit("a", "late", "late");
    }
    assert_eq!(pages, [vec!["5", "4"], vec!["3", "2"], vec!["1"]]);
}

#[tokio::test]
async fn last_page_that_is_full_has_no_cursor() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1", "1");
    fixture.commit("a", "2", "2");
    let query = ListCommits {
        limit: Some(2),
        ..Default::default()
    };
    assert_eq!(page(&fixture.open().await, &query).await.next_cursor, None);
}

#[tokio::test]
async fn bad_arguments_are_named() {
    let mut fixture = Fixture::new();
    fixture.commit("a", "1", "1");
    let repository = fixture.open().await;
    let error = async |query| {
        log::list(&repository, &query)
            .await
            .unwrap_err()
            .to_string()
    };

    let unknown = "`nope` names no commit: use an id, a branch, a tag, or a form such as `HEAD~3`";
    let nope = Some("nope".to_owned());
    assert_eq!(
        error(ListCommits {
            until: nope.clone(),
            ..Default::default()
        })
        .await,
        unknown
    );
    assert_eq!(
        error(ListCommits {
            since: nope,
            ..Default::default()
        })
        .await,
        unknown
    );
    assert_eq!(
        error(ListCommits {
            limit: Some(201),
            ..Default::default()
        })
        .await,
        "`limit` is 201, but must be between 1 and 200"
    );
    for cursor in [
        "x",
        "",
        "HEAD+0",
        "--output=x+0",
        "0123456789012345678901234567890123456789+x",
    ] {
        assert_eq!(
            error(ListCommits {
                cursor: Some(cursor.to_owned()),
                ..Default::default()
            })
            .await,
            format!("`{cursor}` is not a cursor: pass `nextCursor` of the page before, unchanged")
        );
    }
    let outside = ListCommits {
        path: Some("../x".to_owned()),
        ..Default::default()
    };
    assert!(error(outside).await.contains("is outside repository"));
}
