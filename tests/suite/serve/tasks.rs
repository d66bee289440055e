//! Eight tasks with known answers over six real servers: as scripts through `serve`, as scripts through `run`, and as a
//! Rust component. The scripts are `examples/tasks`.

mod component;
mod fixture;
mod ledger;
mod list;
mod served;
mod shop;
mod table;

use std::io::Write as _;

use mcp_tests::root;
use serde_json::Value;

use self::ledger::{Call, Ran, scripts};
use self::list::TASKS;
use self::served::served;
use self::shop::{POLICY, Shop, script};
use super::Session;

#[test]
fn each_script_finds_the_facts_through_serve() {
    let Some(served) = served("each_script_finds_the_facts_through_serve") else {
        return;
    };
    for (task, done) in TASKS.iter().zip(&served.done) {
        let answer = &done.run.answer;
        assert!(!answer.is_error, "{}: {}", task.name, answer.text);
        let (_, result) = answer.text.split_once('\n').unwrap();
        assert_eq!(json(result), json(task.facts), "{}", task.name);
    }
    let [report, graph] = &served.written;
    let row = "| INV-26-0077 | C-00539 | 2026-05-16 | 1.00 EUR |\n";
    assert!(report.contains(row), "{report}");
    assert_eq!(graph.matches("\"open invoice\"").count(), 11);
}

#[test]
fn one_search_finds_the_tools_of_a_script_and_one_description_has_them() {
    let test = "one_search_finds_the_tools_of_a_script_and_one_description_has_them";
    let Some(served) = served(test) else { return };
    for (task, done) in TASKS.iter().zip(&served.done) {
        let (found, declared) = (&done.search.answer.text, &done.describe.answer.text);
        for tool in task.tools {
            let (server, name) = tool.split_once('.').unwrap();
            let hit = format!("{server}.{}(", name.replace('-', "_"));
            assert!(found.contains(&hit), "{}: {tool}: {found}", task.name);
            let ways = [format!(" {name}("), format!("\"{name}\"")];
            assert!(ways.iter().any(|way| declared.contains(way)), "{declared}");
        }
    }
}

#[test]
fn a_model_reads_at_most_a_hundredth_of_what_the_tools_return() {
    let test = "a_model_reads_at_most_a_hundredth_of_what_the_tools_return";
    let (Some(served), Some(scripts)) = (served(test), scripts(test)) else {
        return;
    };
    for ((task, done), ran) in TASKS.iter().zip(&served.done).zip(scripts) {
        let (read, returned) = (table::read(done), table::returned(ran));
        let name = task.name;
        assert!(read * 100 <= returned, "{name}: {read} of {returned} bytes");
    }
}

#[tokio::test]
async fn a_script_and_a_component_make_the_same_calls_and_find_the_same() {
    let test = "a_script_and_a_component_make_the_same_calls_and_find_the_same";
    let Some(scripts) = scripts(test) else { return };
    let shop = Shop::open(test).unwrap();
    // In order, calls that overlap too: both start them in the order in which they are written.
    let calls = |ran: &Ran| -> Vec<String> {
        let line = |call: &Call| format!("{} {}", call.tool, sorted(&call.arguments));
        ran.calls.iter().map(line).collect()
    };
    for ((task, script), component) in TASKS.iter().zip(scripts).zip(component::ran(&shop).await) {
        assert_eq!(script.result, json(task.facts), "{}", task.name);
        assert_eq!(component.result, json(task.facts), "{}", task.name);
        assert_eq!(calls(script), calls(&component), "{}", task.name);
    }
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A JSON text whose keys are in order: a component gives its arguments in the order of the schema.
fn sorted(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

#[test]
fn a_script_that_writes_asks_until_the_policy_allows_it() {
    let test = "a_script_that_writes_asks_until_the_policy_allows_it";
    let Some(shop) = Shop::open(test) else { return };
    let code = std::fs::read_to_string(script("close-month")).unwrap();
    let run = serde_json::json!({ "code": code, "input": shop.input() });
    let mut session = Session::open(&shop.host);
    let asks = session.call("run_script", &run);
    assert!(asks.text.starts_with("paused  "), "{}", asks.text);
    drop(session);

    shop.host.settings(POLICY);
    let mut session = Session::open(&shop.host);
    let answer = session.call("run_script", &run);
    assert!(!answer.is_error, "{}", answer.text);
}

const BEGIN: &str = "<!-- tasks -->\n";
const END: &str = "<!-- end of tasks: `BLESS=1 cargo test --workspace the_table_of_the_tasks` writes what is between -->";

#[tokio::test]
async fn the_table_of_the_tasks_is_what_is_counted() {
    let test = "the_table_of_the_tasks_is_what_is_counted";
    let (Some(served), Some(scripts)) = (served(test), scripts(test)) else {
        return;
    };
    let table = table::table(served, scripts, &Shop::open(test).unwrap()).await;
    // Not `println`, whose output the test harness hides if the test passes.
    writeln!(std::io::stdout(), "{table}").unwrap();
    let file = root().join("docs/serve.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    if std::env::var_os("BLESS").is_some() {
        let written = format!("{before}{BEGIN}\n{table}\n{END}{after}");
        std::fs::write(&file, written).unwrap();
        return;
    }
    assert_eq!(shown.trim(), table.trim());
}
