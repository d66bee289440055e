//! Many clients at once: the short form of the manual `serve-load`.

use std::process::Command;

use crate::cli::Host;

#[test]
fn no_answer_goes_to_another_client_and_idle_clients_are_kept() {
    let host = Host::new();
    let mut load = Command::new(env!("CARGO_BIN_EXE_serve-load"));
    load.args(["64", "640", "200"]);
    // The engine is compiled once for all tests.
    for (name, value) in host.command(&[]).get_envs() {
        load.envs(value.map(|value| (name, value)));
    }
    let load = load.output().unwrap();
    let figures = String::from_utf8(load.stderr).unwrap();
    assert!(load.status.success(), "{figures}");
    assert!(
        figures.starts_with("640 requests of 64 clients in "),
        "{figures}"
    );
    for part in ["misrouted: 0", "200 idle clients after ", "cut off: 0"] {
        assert!(figures.contains(part), "no `{part}` in:\n{figures}");
    }
}
