//! What a user of search sees: look-up, ranking, pages, and answers where nothing was found.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_search::{Entry, Found, Index, Kind, Parameter, Query, ServerCount};

const TOOLS: [(&str, &str, &str); 9] = [
    ("github", "list_issues", "Lists the issues of a repository."),
    ("github", "get_issue", "Gets one issue by its number."),
    ("github", "create_issue", "Opens an issue in a repository."),
    ("gitlab", "get_issue", "Gets one issue of a project."),
    (
        "files",
        "create_directory",
        "Makes a directory and its parents.",
    ),
    ("files", "read_file", "Reads a file as text."),
    ("files", "delete_file", "Deletes one file."),
    ("notes", "makeMindMap", "Draws a mindmap of a note."),
    (
        "搜索",
        "bing_search",
        "使用必应搜索指定的关键词，并返回搜索结果列表",
    ),
];

fn index() -> Index {
    let tools = TOOLS.iter().map(|(server, name, description)| Entry {
        server,
        name,
        description,
        ..Entry::default()
    });
    let skill = Entry {
        server: "skills",
        name: "weekly-digest",
        description: "Writes what happened in a week.",
        kind: Kind::Skill,
        parameters: vec![Parameter {
            name: "audience",
            values: vec!["engineers", "managers"],
            ..Parameter::default()
        }],
        ..Entry::default()
    };
    Index::build(tools.chain([skill]))
}

fn names(found: &Found<'_>) -> Vec<String> {
    found
        .hits
        .iter()
        .map(|hit| format!("{}.{}", hit.server, hit.name))
        .collect()
}

fn first(text: &str) -> String {
    let index = index();
    let found = index.search(&Query::new(text));
    names(&found).first().cloned().unwrap_or_default()
}

#[test]
fn an_exact_name_is_a_look_up_alone() {
    let index = index();
    for text in [
        "github.get_issue",
        "github/get_issue",
        "mcp__github__get_issue",
    ] {
        let found = index.search(&Query::new(text));
        assert!(found.hits[0].exact, "{text}");
        assert_eq!(
            (found.hits[0].at, found.hits[0].server),
            (1, "github"),
            "{text}"
        );
        assert_eq!((found.hits.len(), found.total), (1, 1), "{text}");
    }
    let found = index.search(&Query::new("get_issue"));
    let exact: Vec<&str> = found.hits.iter().map(|hit| hit.server).collect();
    assert_eq!(exact, ["github", "gitlab"]);
}

#[test]
fn a_name_in_words_comes_first_and_hides_nothing() {
    let index = index();
    let found = index.search(&Query::new("get issue"));
    assert!(found.hits[0].exact && found.total > 2, "{found:?}");
    assert!(!found.hits[2].exact, "{found:?}");
}

#[test]
fn other_words_for_the_same_thing_find_the_tool() {
    assert_eq!(first("make a new folder"), "files.create_directory");
    assert_eq!(first("remove a document"), "files.delete_file");
    assert_eq!(first("mind map"), "notes.makeMindMap");
    assert_eq!(first("show /home/me/letter.txt"), "files.read_file");
    assert_eq!(first("搜索结果"), "搜索.bing_search");
}

#[test]
fn plurals_parameters_values_and_skills_are_found() {
    assert_eq!(first("weekly digests"), "skills.weekly-digest");
    assert_eq!(first("audience"), "skills.weekly-digest");
    assert_eq!(first("for managers"), "skills.weekly-digest");
    let index = index();
    let found = index.search(&Query::new("digest"));
    assert_eq!(found.hits[0].kind, Kind::Skill);
}

#[test]
fn a_typing_error_finds_the_tool() {
    assert_eq!(first("direcotry"), "files.create_directory");
    assert_eq!(first("repositry issues"), "github.list_issues");
}

#[test]
fn the_action_of_a_request_decides_between_tools_of_one_thing() {
    assert_eq!(first("delete file"), "files.delete_file");
    assert_eq!(first("view the file"), "files.read_file");
    assert_eq!(first("open a new issue"), "github.create_issue");
}

#[test]
fn an_empty_query_enumerates_servers_or_the_tools_of_one() {
    let index = index();
    let found = index.search(&Query {
        limit: 2,
        offset: 1,
        ..Query::new("  ")
    });
    assert_eq!(found.total, 6);
    assert!(found.hits.is_empty() && found.nearest.is_empty());
    assert_eq!(
        found.servers,
        [
            ServerCount {
                server: "gitlab",
                tools: 1,
                skills: 0
            },
            ServerCount {
                server: "files",
                tools: 3,
                skills: 0
            }
        ]
    );
    let found = index.search(&Query {
        server: Some("Files"),
        ..Query::new("")
    });
    assert_eq!(
        names(&found),
        [
            "files.create_directory",
            "files.read_file",
            "files.delete_file"
        ]
    );
}

#[test]
fn a_server_narrows_the_search() {
    let index = index();
    let found = index.search(&Query {
        server: Some("gitlab"),
        ..Query::new("github issue")
    });
    assert_eq!(names(&found), ["gitlab.get_issue"]);
    let found = index.search(&Query {
        server: Some("gitlub"),
        ..Query::new("issue")
    });
    assert_eq!((found.total, found.nearest[0].as_str()), (0, "gitlab"));
}

#[test]
fn pages_follow_each_other_and_keep_the_total() {
    let index = index();
    let whole = index.search(&Query {
        limit: 100,
        ..Query::new("issue of a repository")
    });
    let mut paged = Vec::new();
    for offset in (0..whole.total).step_by(2) {
        let page = index.search(&Query {
            limit: 2,
            offset,
            ..Query::new("issue of a repository")
        });
        assert_eq!(page.total, whole.total);
        paged.extend(page.hits);
    }
    assert!(whole.total > 2);
    assert_eq!(paged, whole.hits);
    let after = index.search(&Query {
        offset: 1_000,
        ..Query::new("issue")
    });
    assert!(after.hits.is_empty() && after.total > 0 && after.nearest.is_empty());
}

#[test]
fn nothing_found_gives_the_nearest_names() {
    let index = index();
    let found = index.search(&Query::new("gtisue"));
    assert_eq!(found.total, 0);
    assert!(
        found.nearest.contains(&"github.get_issue".to_owned()),
        "{:?}",
        found.nearest
    );
    assert_eq!(found.nearest.len(), 5);
    let empty = Index::build([]);
    let found = empty.search(&Query::new("x"));
    assert_eq!((found.total, found.nearest.len()), (0, 0));
}

#[test]
fn a_query_of_any_length_and_content_has_an_answer() {
    let index = index();
    for text in [
        "\u{0}",
        "....",
        "\u{202e}",
        &"issue ".repeat(100_000),
        &"😀".repeat(10_000),
        &"x".repeat(1 << 20),
    ] {
        let found = index.search(&Query::new(text));
        assert!(found.total > 0 || !found.nearest.is_empty());
    }
}

#[test]
fn a_property_of_a_result_is_found() {
    let entry = |name, result| Entry {
        server: "shop",
        name,
        description: "Shows one.",
        results: vec![Parameter {
            name: result,
            ..Parameter::default()
        }],
        ..Entry::default()
    };
    let index = Index::build([
        entry("get_order", "trackingNumber"),
        entry("get_item", "weight"),
    ]);
    let found = index.search(&Query::new("tracking number"));
    assert_eq!(names(&found), ["shop.get_order"]);
}

#[test]
fn the_nearest_names_are_written_as_a_script_calls_them() {
    let index = Index::build([Entry {
        server: "git-history",
        name: "get-commit",
        ..Entry::default()
    }]);
    let found = index.search(&Query::new("zzz"));
    assert!(found.hits.is_empty());
    assert_eq!(found.nearest, ["git_history.get_commit"]);
}

#[test]
fn of_two_that_match_alike_the_one_that_ran_well_more_often_comes_first() {
    let entry = |name, uses| Entry {
        server: "skills",
        name,
        description: "Finds issues without an answer.",
        kind: Kind::Skill,
        uses,
        ..Entry::default()
    };
    let index = Index::build([entry("first", 0), entry("second", 3), entry("third", 1)]);
    let found = index.search(&Query::new("issues without an answer"));
    let names: Vec<_> = found.hits.iter().map(|hit| hit.name).collect();
    assert_eq!(names, ["second", "third", "first"]);
    // What is named is what was asked for, however often another one ran.
    let named = index.search(&Query::new("first"));
    assert_eq!(named.hits[0].name, "first");
}
