//! The help texts, whole. `BLESS=1 cargo test -p mcp-cli` rewrites them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_help_texts_are_these() {
    for (name, args) in [
        ("mcp-host", ["--help"].as_slice()),
        ("run", ["run", "--help"].as_slice()),
        ("build", ["build", "--help"].as_slice()),
        ("replay", ["replay", "--help"].as_slice()),
        ("compile", ["compile", "--help"].as_slice()),
        ("cache", ["cache", "--help"].as_slice()),
        ("describe", ["describe", "--help"].as_slice()),
        ("call", ["call", "--help"].as_slice()),
        ("server", ["server", "--help"].as_slice()),
        ("server-list", ["server", "list", "--help"].as_slice()),
        ("server-check", ["server", "check", "--help"].as_slice()),
        ("server-inspect", ["server", "inspect", "--help"].as_slice()),
        ("server-add", ["server", "add", "--help"].as_slice()),
        ("server-remove", ["server", "remove", "--help"].as_slice()),
        ("server-pin", ["server", "pin", "--help"].as_slice()),
        ("server-diff", ["server", "diff", "--help"].as_slice()),
        ("inspect", ["inspect", "--help"].as_slice()),
        ("limits", ["limits", "--help"].as_slice()),
        ("state", ["state", "--help"].as_slice()),
        ("state-show", ["state", "show", "--help"].as_slice()),
        ("state-clear", ["state", "clear", "--help"].as_slice()),
        ("completions", ["completions", "--help"].as_slice()),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mcp-host"))
            .args(args)
            // The help is as wide as the terminal.
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        assert!(output.status.success());
        let help = String::from_utf8(output.stdout).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/help/{name}.txt"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &help).unwrap();
        }
        assert_eq!(help, std::fs::read_to_string(&path).unwrap(), "{name}");
    }
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
    for (name, program) in [
        ("mcp-host", env!("CARGO_BIN_EXE_mcp-host")),
        ("mcp-codegen", env!("CARGO_BIN_EXE_mcp-codegen")),
    ] {
        sections.extend(sections_of(name, program, &mut Vec::new()));
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

/// The help of a command, and of those below it.
fn sections_of(name: &str, program: &str, command: &mut Vec<String>) -> Vec<String> {
    let output = Command::new(program)
        .args(&*command)
        .arg("--help")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    let title = [&[name.to_owned()], command.as_slice()].concat().join(" ");
    let mut sections = vec![format!(
        "### `{title}`\n\n```text\n{}\n```\n",
        lines.join("\n")
    )];
    let below = lines
        .iter()
        .skip_while(|line| **line != "Commands:")
        .skip(1);
    for line in below.take_while(|line| !line.is_empty()) {
        let word = line
            .strip_prefix("  ")
            .filter(|line| !line.starts_with(' '));
        let Some(word) = word.and_then(|line| line.split_whitespace().next()) else {
            continue;
        };
        if word != "help" {
            command.push(word.to_owned());
            sections.extend(sections_of(name, program, command));
            command.pop();
        }
    }
    sections
}
