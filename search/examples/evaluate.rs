//! Prints how well search finds the right tool, over the queries of `shared/search-eval`: over all of them, and over
//! each half. `docs/search.md` has its output.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints figures or fails"
)]

#[path = "../tests/measures/mod.rs"]
mod measures;

fn main() {
    let Some(dir) = measures::dir() else {
        println!("no queries: `../shared/search-eval` does not exist");
        return;
    };
    println!(
        "| Queries | steps recall@1 | recall@5 | MRR | questions recall@10 | reference recall@5 | MRR | nDCG@10 |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    println!("| all {}", measures::measure(&dir, |_| true));
    println!("| even {}", measures::measure(&dir, |at| at % 2 == 0));
    println!("| odd {}", measures::measure(&dir, |at| at % 2 == 1));
}
