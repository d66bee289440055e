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
