//! Makes the table of figures from the last `cargo bench -p mcp-benches`, prints it, and writes it between the markers
//! of `docs/performance.md`, and of the README if it has them. Measures nothing.
#![allow(clippy::print_stdout, reason = "the table is what this prints")]

mod rows;

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use mcp_benches::figures::{Figure, Figures};

use self::rows::{Against, README, ROWS, Row, SCRIPTS};

const BEGIN: &str = "<!-- performance -->\n";
const END: &str =
    "<!-- end of performance: `cargo run -p mcp-benches --bin table` writes what is between -->";

fn main() -> ExitCode {
    match write() {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<String, String> {
    let root = mcp_tests::root();
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), std::path::PathBuf::from);
    let mut figures = Figures::in_dir(&target.join("criterion"));
    let machine = machine(&root);
    let all = format!("{machine}\n{}", table(&mut figures)?);
    let short = format!("{machine}\n{}", short(&mut figures)?);
    put(&root.join("docs/performance.md"), &all, true)?;
    put(&root.join("README.md"), &short, false)?;
    Ok(all)
}

fn table(figures: &mut Figures) -> Result<String, String> {
    let mut table =
        String::from("| What | Median | 95 % interval | Ratio |\n|---|---:|---:|---|\n");
    for row in ROWS.iter().chain(&SCRIPTS) {
        if row.optional && !figures.has(row.bench) {
            eprintln!("`{}` was not measured, and is left out", row.bench);
            continue;
        }
        let (figure, ratio) = compared(row, figures)?;
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {} to {} | {ratio} |",
            row.what,
            time(figure.median),
            time(figure.low),
            time(figure.high),
        );
    }
    Ok(table)
}

/// The table of the README: ratios first, because only they hold on another machine.
fn short(figures: &mut Figures) -> Result<String, String> {
    let mut table = String::from("| What | Compared with | Ratio | Time |\n|---|---|---:|---:|\n");
    for short in &README {
        let row = ROWS.iter().find(|row| row.bench == short.bench);
        let row = row.ok_or_else(|| format!("`{}` is no row", short.bench))?;
        let (figure, ratio) = compared(row, figures)?;
        let (what, with, time) = (short.what, short.with, time(figure.median));
        let _ = writeln!(table, "| {what} | {with} | {ratio} | {time} |");
    }
    Ok(table)
}

/// The measurement of a row, and its ratio to the baseline.
fn compared(row: &Row, figures: &mut Figures) -> Result<(Figure, String), String> {
    let figure = figures.read(row.bench)?;
    let ratio = match row.against {
        Against::Itself => "1".to_owned(),
        Against::Bench(other) => ratio(figure, figures.read(other)?.median),
        Against::BenchAnd(other, more) => ratio(figure, figures.read(other)?.median + more),
        Against::Published(other) => ratio(figure, other),
    };
    Ok((figure, ratio))
}

fn ratio(figure: Figure, other: f64) -> String {
    let ratio = figure.median / other;
    if ratio < 0.1 {
        format!("{ratio:.3}")
    } else if ratio < 10.0 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.0}")
    }
}

/// Nanoseconds with three digits, in the unit that people would use.
fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// The machine that the figures depend on.
fn machine(root: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| "unknown CPU".to_owned(), |(_, name)| name.to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let wasmtime = lock
        .split_once("name = \"wasmtime\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("?", |(version, _)| version);
    format!(
        "mcp-host {}, Wasmtime {wasmtime}, Linux {}, {cores} cores of {cpu}:\n",
        env!("CARGO_PKG_VERSION"),
        kernel.trim()
    )
}

/// Replaces what is between the markers.
fn put(path: &Path, table: &str, required: bool) -> Result<(), String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(_) if !required => return Ok(()),
        Err(error) => return Err(format!("failed to read `{}`: {error}", path.display())),
    };
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        return match required {
            true => Err(format!(
                "`{}` has no place for the table; put these two lines there:\n{BEGIN}{END}",
                path.display()
            )),
            false => Ok(()),
        };
    };
    std::fs::write(path, format!("{before}{BEGIN}\n{table}\n{END}{after}"))
        .map_err(|error| format!("failed to write `{}`: {error}", path.display()))
}
