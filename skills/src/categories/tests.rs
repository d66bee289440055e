//! Tools of small, real and hostile servers under their headings.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mcp_codegen::Catalog;
use serde_json::json;

use super::*;

#[path = "../../../tests/support/shared.rs"]
mod shared;

fn tools(names: &[&str]) -> Vec<Tool> {
    let tools: Vec<_> = names
        .iter()
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .collect();
    Catalog::parse(&json!({"tools": tools}).to_string())
        .unwrap()
        .tools
}

fn shown(tools: &[Tool], categories: &[Category]) -> Vec<String> {
    let line = |category: &Category| {
        let names: Vec<&str> = category.tools.iter().map(|at| &*tools[*at].name).collect();
        format!(
            "{} [{}]: {}",
            category.title,
            category.keywords.join(" "),
            names.join(" ")
        )
    };
    categories.iter().map(line).collect()
}

#[test]
fn tools_are_sorted_by_what_their_names_are_about() {
    let tools = tools(&[
        "list_issues",
        "get_issue",
        "search_code",
        "create_pull_request",
        "merge_pull_request",
        "ping",
    ]);
    assert_eq!(
        shown(&tools, &categories(&tools)),
        [
            "Pull requests and reviews [merge]: create_pull_request merge_pull_request",
            "Issues []: list_issues get_issue",
            "Search [code]: search_code",
            "Other tools [ping]: ping",
        ]
    );
}

#[test]
fn tools_that_the_table_does_not_know_are_sorted_by_words_they_share() {
    let names = [
        "acme_get_widget",
        "acme_list_widgets",
        "acme_paint_widget",
        "acme_zorp",
        "acme_blub",
    ];
    let tools = tools(&names);
    assert_eq!(
        shown(&tools, &categories(&tools)),
        [
            "Widget [paint]: acme_get_widget acme_list_widgets acme_paint_widget",
            "Other tools [blub zorp]: acme_zorp acme_blub",
        ]
    );
}

#[test]
fn categories_of_a_file_keep_its_order_and_say_what_fits_nothing() {
    let tools = tools(&["b_one", "a_one", "a_two", "c"]);
    let given = Given::parse(
        "[[category]]\ntitle = \"A\"\ntools = [\"a_*\", \"z_*\"]\nkeywords = [\"first\"]\n\n[[category]]\ntitle = \"All \
         ones\"\ntools = [\"*_one\"]\n",
    );
    let (categories, unused) = given.unwrap().sort(&tools);
    assert_eq!(
        shown(&tools, &categories),
        [
            "A [first]: a_one a_two",
            "All ones []: b_one",
            "Other tools []: c"
        ]
    );
    assert_eq!(unused, ["z_*"]);
}

#[test]
fn every_tool_of_real_servers_has_one_category_and_few_have_none() {
    let (mut all, mut other, mut largest) = (0, 0, 0);
    for path in shared::shared("schemas") {
        let text = std::fs::read_to_string(&path).unwrap();
        let tools = Catalog::parse(&text).unwrap().tools;
        let found = categories(&tools);
        let mut places: Vec<usize> = found
            .iter()
            .flat_map(|category| category.tools.clone())
            .collect();
        places.sort_unstable();
        assert_eq!(places, Vec::from_iter(0..tools.len()), "{}", path.display());
        all += tools.len();
        for category in &found {
            largest = largest.max(category.tools.len());
            if category.title == OTHER {
                other += category.tools.len();
            }
        }
        if std::env::var_os("SHOW_CATEGORIES").is_some() {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            #[allow(clippy::print_stdout, reason = "a person asked for it")]
            for line in shown(&tools, &found) {
                println!("{file}: {line}");
            }
        }
    }
    assert!(
        other * 10 <= all,
        "{other} of {all} tools are under no heading"
    );
    assert!(largest <= 53, "{largest}");
}

#[test]
fn hostile_catalogs_are_sorted_in_bounded_time() {
    let names: Vec<String> = (0..20_000)
        .map(|at| format!("w{at}_x{}_{}", at % 97, "y".repeat(at % 300)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let tools = tools(&names);
    let started = std::time::Instant::now();
    let found = categories(&tools);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    let count: usize = found.iter().map(|category| category.tools.len()).sum();
    assert_eq!(count, tools.len());
}
