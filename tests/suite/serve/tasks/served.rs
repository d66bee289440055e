//! The tasks through `mcp-host serve`, as an agent does them: one search, one description, one script each.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::list::TASKS;
use super::shop::{POLICY, Shop, script};
use crate::serve::{Answer, PATIENCE, Session};

/// The session in which all tasks were done. All texts are of a shop in its usual place.
pub(super) struct Served {
    pub(super) instructions: String,
    /// The tools of `tools/list`.
    pub(super) surface: Vec<Value>,
    /// In the order of [`TASKS`].
    pub(super) done: Vec<Done>,
    /// What `close-month` wrote: the report, and the graph.
    pub(super) written: [String; 2],
}

/// What the agent sent for one task, and what it read.
pub(super) struct Done {
    pub(super) search: Exchange,
    pub(super) describe: Exchange,
    pub(super) run: Exchange,
}

pub(super) struct Exchange {
    /// The arguments.
    pub(super) sent: String,
    pub(super) answer: Answer,
}

/// Does all tasks, once per test process. `None` if the servers cannot be installed.
pub(super) fn served(test: &str) -> Option<&'static Served> {
    static SERVED: OnceLock<Option<Served>> = OnceLock::new();
    SERVED.get_or_init(|| serve(test)).as_ref()
}

fn serve(test: &str) -> Option<Served> {
    let shop = Shop::open(test)?;
    shop.host.settings(POLICY);
    let mut session = Session::open(&shop.host);
    let instructions = session.instructions().to_owned();
    let listed = session.request("tools/list", &json!({}));
    let surface = listed["result"]["tools"].as_array().unwrap().clone();
    all_up(&mut session);
    let mut exchange = |tool: &str, sent: Value| {
        let answer = session.call(tool, &sent);
        Exchange {
            sent: shop.usual(&sent.to_string()),
            answer: Answer {
                text: shop.usual(&answer.text),
                ..answer
            },
        }
    };
    // All tools are described before the first call: what is learned from answers is not counted.
    let read: Vec<_> = TASKS
        .iter()
        .map(|task| {
            let search = json!({ "query": task.query, "limit": task.limit });
            let search = exchange("search_tools", search);
            let describe = exchange("describe_tools", json!({ "names": task.tools }));
            (search, describe)
        })
        .collect();
    let done = TASKS.iter().zip(read).map(|(task, (search, describe))| {
        let code = std::fs::read_to_string(script(task.name)).unwrap();
        let run = exchange("run_script", json!({ "code": code, "input": shop.input() }));
        Done {
            search,
            describe,
            run,
        }
    });
    let done = done.collect();
    drop(session);
    let written = ["files/reports/2026-05.md", "graph.jsonl"].map(|name| shop.read(name));
    Some(Served {
        instructions,
        surface,
        done,
        written,
    })
}

/// Waits until all servers have started: a search is over those that have.
fn all_up(session: &mut Session) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let servers = session.call("search_tools", &json!({}));
        if servers
            .text
            .lines()
            .filter(|line| line.ends_with(" tools"))
            .count()
            == 6
        {
            return;
        }
        assert!(Instant::now() < deadline, "{}", servers.text);
        std::thread::sleep(Duration::from_millis(100));
    }
}
