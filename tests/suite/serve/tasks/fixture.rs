//! The data of the eight tasks: a small shop with files, a git repository, a database and a knowledge graph. The same
//! bytes at every place and time. Facts that a task has to find are constants here, planted into much that is alike.

mod database;
mod files;
mod graph;
mod repository;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes the shop in an empty directory.
pub(super) fn build(shop: &Path) {
    files::write(&shop.join("files"));
    repository::make(&shop.join("repo"));
    database::make(&shop.join("shop.db"));
    std::fs::write(shop.join("graph.jsonl"), graph::lines()).unwrap();
}

/// The programs of the shop, as logs, commits and the graph name them.
const COMPONENTS: [&str; 12] = [
    "cart", "search", "payments", "mail", "stock", "login", "admin", "api", "tax", "images",
    "reviews", "shipping",
];

/// The people who commit. The graph has them, and more.
const AUTHORS: [&str; 5] = [
    "Ada Alder",
    "Grace Birch",
    "Edsger Cedar",
    "Barbara Elm",
    "Niklaus Fir",
];

/// What the `i`th product costs, in cents.
fn price(i: u32) -> u32 {
    500 + (i * 37) % 9000
}

/// The `i`th invoice: its lines as (product, quantity).
fn invoice_lines(i: u32) -> [(u32, u32); 3] {
    [0, 1, 2].map(|line| ((i * 11 + line * 701) % 7200, 1 + (i + line) % 4))
}

fn invoice_total(i: u32) -> u32 {
    let cents = |(product, quantity)| price(product) * quantity;
    invoice_lines(i).map(cents).iter().sum()
}

/// How many invoices there are, from number 1 on.
const INVOICES: u32 = 1800;

/// Runs a command that reads this text and has to succeed.
fn fed(command: &mut Command, text: &[u8]) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    assert!(child.wait().unwrap().success(), "{command:?} failed");
}
