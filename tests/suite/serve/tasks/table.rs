//! How many tokens (o200k) each task takes: by direct calls of the tools, and through `serve`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mcp_bridge::Tool;
use serde_json::{Value, json};
use tiktoken_rs::CoreBPE;

use super::component::connected;
use super::ledger::Ran;
use super::list::{TASKS, Task};
use super::served::{Done, Served};
use super::shop::Shop;

/// The table of `docs/serve.md`. Any shop has the same definitions.
pub(super) async fn table(served: &Served, scripts: &[Ran], shop: &Shop) -> String {
    let counter = Counter(tiktoken_rs::o200k_base().unwrap());
    let definitions = definitions(&counter, shop).await;
    let surface = counter.definitions(&served.surface) + counter.count(&served.instructions);
    let mut table =
        "| Task | Calls | Tools returned | Model read | Direct calls | `serve` | Ratio |\n\
        |---|---:|---:|---:|---:|---:|---:|\n"
            .to_owned();
    let (mut directly, mut through) = (0, 0);
    for ((task, done), ran) in TASKS.iter().zip(&served.done).zip(scripts) {
        let direct: usize = task.servers.iter().map(|server| definitions[server]).sum();
        let direct = direct + calls(&counter, ran);
        let serve = surface + counter.exchanges(done);
        let row = Row {
            task,
            calls: ran.calls.len(),
            returned: returned(ran),
            read: read(done),
            direct,
            serve,
        };
        row.write(&mut table);
        (directly, through) = (directly + direct, through + serve);
    }
    writeln!(
        table,
        "| together | | | | {} | {} | {} |",
        thousands(directly),
        thousands(through),
        directly / through
    )
    .unwrap();
    table
}

struct Row<'a> {
    task: &'a Task,
    calls: usize,
    returned: usize,
    read: usize,
    direct: usize,
    serve: usize,
}

impl Row<'_> {
    fn write(&self, table: &mut String) {
        let Self {
            task,
            calls,
            returned,
            read,
            direct,
            serve,
        } = self;
        let name = task.name;
        writeln!(
            table,
            "| [`{name}`](../examples/tasks/{name}.ts) | {calls} | {} kB | {}.{} kB | {} | {} | {} |",
            returned / 1000,
            read / 1000,
            read / 100 % 10,
            thousands(*direct),
            thousands(*serve),
            direct / serve,
        )
        .unwrap();
    }
}

/// The bytes of text that the tools returned.
pub(super) fn returned(ran: &Ran) -> usize {
    ran.answers.iter().map(String::len).sum()
}

/// The bytes that the model reads.
pub(super) fn read(done: &Done) -> usize {
    texts(done).iter().map(String::len).sum()
}

/// What the search, the description and the run answer.
fn texts(done: &Done) -> [String; 3] {
    let [search, describe, run] =
        [&done.search, &done.describe, &done.run].map(|exchange| exchange.answer.text.clone());
    let (_, result) = run.split_once('\n').unwrap();
    // Each run has another id and another time.
    let run = format!("ok  run r_7f3k2m9q  12 calls  400 ms\n{result}");
    [search, describe, run]
}

struct Counter(CoreBPE);

impl Counter {
    fn count(&self, text: &str) -> usize {
        self.0.encode_ordinary(text).len()
    }

    /// Tools as a client gives them to a model.
    fn definitions(&self, tools: &[Value]) -> usize {
        let shown = tools.iter().map(|tool| {
            json!({
                "name": tool["name"],
                "description": tool["description"],
                "parameters": tool["inputSchema"],
            })
        });
        shown.map(|tool| self.count(&tool.to_string())).sum()
    }

    /// What the agent sends and reads for one task.
    fn exchanges(&self, done: &Done) -> usize {
        let sent =
            [&done.search, &done.describe, &done.run].map(|exchange| self.count(&exchange.sent));
        let read = texts(done).map(|text| self.count(&text));
        sent.iter().chain(&read).sum()
    }
}

/// The tokens of the tools of each server.
async fn definitions(counter: &Counter, shop: &Shop) -> BTreeMap<&'static str, usize> {
    let mut all = BTreeMap::new();
    for client in connected(shop).await {
        let json = |tool: &Tool| serde_json::to_value(tool).unwrap();
        let tools: Vec<Value> = client.listed().iter().map(json).collect();
        let servers = TASKS.iter().flat_map(|task| task.servers);
        let name = servers
            .copied()
            .find(|name| *name == client.name())
            .unwrap();
        all.insert(name, counter.definitions(&tools));
        client.close().await;
    }
    all
}

/// The arguments and the answers of all calls, if the model made them itself.
fn calls(counter: &Counter, ran: &Ran) -> usize {
    let calls = ran.calls.iter().zip(&ran.answers).map(|(call, answer)| {
        let arguments = call.arguments.to_string();
        let read = if call.tool.starts_with("time/") {
            counter.count(&on_a_monday(answer))
        } else {
            counter.count(answer)
        };
        counter.count(&call.tool) + counter.count(&arguments) + read
    });
    calls.sum()
}

/// The server `time` converts a time of today, and names the day.
fn on_a_monday(answer: &str) -> String {
    let days = [
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    days.iter()
        .fold(answer.to_owned(), |text, day| text.replace(day, "Monday"))
}

/// `12,345`
fn thousands(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}
