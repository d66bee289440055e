//! `close-month.ts`: the invoices that are not paid, in a file and in the graph.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mcp_guest_sdk::{Error, try_join, try_join_all};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::filesystem::{self, ReadTextFileParams, SearchFilesParams, WriteFileParams};
use crate::memory::{self, CreateEntitiesParams, Entity};
use crate::sql::rows;

#[derive(Deserialize)]
struct Invoice {
    number: String,
    customer: String,
    due: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    quantity: u64,
    cents: u64,
}

struct Open {
    number: String,
    customer: String,
    due: String,
    cents: u64,
}

pub(crate) async fn run(shop: &str) -> Result<Value, Error> {
    let (invoices, paid) = try_join!(invoices(shop), payments())?;
    let mut open: Vec<Open> = invoices
        .iter()
        .filter_map(|invoice| open(invoice, &paid))
        .collect();
    open.sort_by(|a, b| a.number.cmp(&b.number));

    let path = format!("{shop}/files/reports/2026-05.md");
    filesystem::write_file(WriteFileParams::new(&path, report(&open)?)).await?;
    let entities = open.iter().map(
        |Open {
             number,
             customer,
             cents,
             ..
         }| {
            let owes = format!("customer {customer} owes {}", euros(*cents));
            Entity::new(number, "open invoice", vec![owes])
        },
    );
    memory::create_entities(CreateEntitiesParams::new(entities.collect::<Vec<_>>())).await?;

    Ok(json!({
        "invoices": invoices.len(),
        "open": open.iter().map(|open| &open.number).collect::<Vec<_>>(),
        "owed": euros(open.iter().map(|open| open.cents).sum()),
        "report": path,
    }))
}

/// What was paid, by invoice.
async fn payments() -> Result<BTreeMap<String, u64>, Error> {
    let columns = "json_array(invoice, cents, paid_at, reference)";
    let all: Vec<(String, u64, String, String)> = rows(columns, "payments").await?;
    let mut paid = BTreeMap::new();
    for (invoice, cents, _, _) in all {
        *paid.entry(invoice).or_default() += cents;
    }
    Ok(paid)
}

async fn invoices(shop: &str) -> Result<Vec<Invoice>, Error> {
    let params = SearchFilesParams::new(format!("{shop}/files/invoices"), "**/*.json");
    let found = filesystem::search_files(params).await?.content;
    let mut paths: Vec<&str> = found.lines().collect();
    paths.sort_unstable();
    let texts = paths
        .into_iter()
        .map(|path| filesystem::read_text_file(ReadTextFileParams::new(path)));
    let mut all: Vec<Invoice> = Vec::new();
    for text in try_join_all(texts).await? {
        all.append(&mut serde_json::from_str(&text.content)?);
    }
    Ok(all)
}

fn open(invoice: &Invoice, paid: &BTreeMap<String, u64>) -> Option<Open> {
    let total: u64 = invoice
        .lines
        .iter()
        .map(|line| line.quantity * line.cents)
        .sum();
    let cents = total.saturating_sub(paid.get(&invoice.number).copied().unwrap_or_default());
    (cents > 0).then(|| Open {
        number: invoice.number.clone(),
        customer: invoice.customer.clone(),
        due: invoice.due.clone(),
        cents,
    })
}

fn report(open: &[Open]) -> Result<String, Error> {
    let mut text =
        "# Open invoices of May 2026\n\n| Invoice | Customer | Due | Open |\n|---|---|---|---:|\n"
            .to_owned();
    for Open {
        number,
        customer,
        due,
        cents,
    } in open
    {
        writeln!(
            text,
            "| {number} | {customer} | {due} | {} |",
            euros(*cents)
        )?;
    }
    Ok(text)
}

fn euros(cents: u64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}
