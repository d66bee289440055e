//! The help texts, whole. `BLESS=1 cargo test -p mcp-cli` rewrites them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Both programs, and where cargo built them.
const PROGRAMS: [(&str, &str); 2] = [
    ("mcp-host", env!("CARGO_BIN_EXE_mcp-host")),
    ("mcp-codegen", env!("CARGO_BIN_EXE_mcp-codegen")),
];

#[test]
fn the_help_texts_are_these() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let bless = std::env::var_os("BLESS").is_some();
    let mut names = BTreeSet::new();
    for (program, command, help) in every_help("100") {
        // Those of `mcp-host` stand under the name of the command alone.
        let name = match (program, command.as_slice()) {
            (program, []) => program.to_owned(),
            ("mcp-host", command) => command.join("-"),
            (program, command) => format!("{program}-{}", command.join("-")),
        };
        let path = dir.join(format!("{name}.txt"));
        if bless {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(&path, &help).unwrap();
        }
        let expected = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("`{}` is missing: use `BLESS=1`", path.display()));
        assert_eq!(help, expected, "{name}");
        names.insert(format!("{name}.txt"));
    }
    let files = std::fs::read_dir(&dir).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), names);
}

#[test]
fn no_help_text_is_wider_than_110_columns() {
    for (program, command, help) in every_help("300") {
        for line in help.lines() {
            let columns = line.chars().count();
            assert!(columns <= 110, "{program} {command:?} {columns}: {line}");
        }
    }
}

#[test]
fn the_exit_codes_of_both_programs_are_those_of_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| Exit code |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for (column, (program, path)) in PROGRAMS.into_iter().enumerate() {
        let of_page = rows.iter().filter(|row| !row[2 + column].is_empty());
        let of_page: Vec<&str> = of_page.map(|row| row[0]).collect();
        let help = help(path, &[], "100");
        let (_, codes) = help.split_once("Exit codes:\n").unwrap();
        let codes = codes
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        assert_eq!(codes.collect::<Vec<_>>(), of_page, "{program}");
    }
}

#[test]
fn options_of_both_programs_mean_the_same() {
    let described = |path| {
        let help = help(path, &[], "300");
        let options = help.split_once("Options:\n").unwrap().1.to_owned();
        let option = |name: &str| {
            let mut lines = options.lines();
            let line = lines.find(|line| line.contains(name)).unwrap();
            line.split_once("  --")
                .or(line.split_once(", --"))
                .unwrap()
                .1
                .to_owned()
        };
        (option("--verbose"), option("--log-format"))
    };
    let [(host, host_format), (codegen, codegen_format)] =
        PROGRAMS.map(|(_, path)| described(path));
    assert!(codegen.starts_with(&host), "{host}\n{codegen}");
    assert_eq!(host_format, codegen_format);
}

/// `docs/cli.md` has the help of every command of both programs. `BLESS=1` writes it.
#[test]
fn the_page_of_the_commands_has_their_help() {
    const BEGIN: &str = "<!-- commands -->\n";
    const END: &str = "<!-- end of commands -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (commands, after) = rest.split_once(END).unwrap();
    let mut sections = Vec::new();
    for (program, command, help) in every_help("100") {
        let title = [&[program.to_owned()], command.as_slice()]
            .concat()
            .join(" ");
        let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
        sections.push(format!(
            "### `{title}`\n\n```text\n{}\n```\n",
            lines.join("\n")
        ));
    }
    let written = format!("\n{}\n", sections.join("\n"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{written}{END}{after}")).unwrap();
        return;
    }
    assert!(
        commands == written,
        "docs/cli.md is not as the help texts are: run this test with `BLESS=1`"
    );
}

/// The help of each command of both programs, on a terminal of so many columns.
fn every_help(columns: &str) -> Vec<(&'static str, Vec<String>, String)> {
    let mut found = Vec::new();
    for (program, path) in PROGRAMS {
        below(path, Vec::new(), columns, &mut |command, help| {
            found.push((program, command, help));
        });
    }
    found
}

/// The help of a command, and of those below it.
fn below(
    path: &str,
    command: Vec<String>,
    columns: &str,
    found: &mut impl FnMut(Vec<String>, String),
) {
    let help = help(path, &command, columns);
    let commands: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.strip_prefix("  ")
                .filter(|line| !line.starts_with(' '))
        })
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .map(|word| [command.as_slice(), &[word.to_owned()]].concat())
        .collect();
    found(command, help);
    for command in commands {
        below(path, command, columns, found);
    }
}

fn help(path: &str, command: &[String], columns: &str) -> String {
    let output = Command::new(path)
        .args(command)
        .arg("--help")
        // The help is as wide as the terminal, up to a bound.
        .env("COLUMNS", columns)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
