//! No resource grows over many runs: the short form of the manual `soak`.

use std::process::Command;

#[test]
fn a_thousand_runs_a_fifth_of_them_hostile_leave_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let soak = Command::new(env!("CARGO_BIN_EXE_soak"))
        .arg("1000")
        .env("TMPDIR", temporary.path())
        .output()
        .unwrap();
    let figures = String::from_utf8(soak.stderr).unwrap();
    assert!(soak.status.success(), "{figures}");
    assert!(figures.starts_with("1000 runs in "), "{figures}");
    for what in [
        "memory",
        "descriptors",
        "threads",
        "children",
        "temporaries",
    ] {
        assert!(figures.contains(what), "{figures}");
    }
}
