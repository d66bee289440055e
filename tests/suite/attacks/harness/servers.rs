//! Hostile servers: the modes and tools of the scripted server.

use std::time::Duration;

use serde_json::json;

use super::{Bounds, LATE, PATIENCE, Taken, UNOPTIMISED, alone, is_chosen, judge};
use crate::attacks::{MIB, attack};
use crate::cli::Host;

/// A mode of the server, and the tool that is called with these arguments; without one, the server is only checked.
type Case = (&'static str, Option<(&'static str, &'static str)>);

fn all() -> Vec<Case> {
    vec![
        ("exit-at-start", None),
        ("never-answers", None),
        ("exits-with-escapee", None),
        ("escapee", None),
        ("stubborn", None),
        ("noise", None),
        ("strict", None),
        ("silent", None),
        ("future", None),
        ("no-tools", None),
        ("cyclic", None),
        ("bad-tool", None),
        ("million", None),
        ("million-pages", None),
        ("leaky-list", None),
        ("ok", Some(("progress", "{}"))),
        ("ok", Some(("drip", "{}"))),
        ("ok", Some(("malformed", "{}"))),
        ("ok", Some(("not-utf8", "{}"))),
        ("ok", Some(("wrong-id", "{}"))),
        ("ok", Some(("text-id", "{}"))),
        ("ok", Some(("number-as-text", "{}"))),
        ("ok", Some(("duplicate-id", "{}"))),
        ("ok", Some(("no-id", "{}"))),
        ("ok", Some(("long-ids", "{}"))),
        ("ok", Some(("longest-ids", "{}"))),
        ("ok", Some(("endless", "{}"))),
        ("ok", Some(("flat", "{}"))),
        ("ok", Some(("flood", "{}"))),
        ("ok", Some(("flood-stderr", "{}"))),
        ("ok", Some(("log", "{}"))),
        ("ok", Some(("die", "{}"))),
        ("ok", Some(("large", "{}"))),
        ("ok", Some(("large-then-die", "{}"))),
        ("ok", Some(("deep", "{}"))),
        ("ok", Some(("strange", "{}"))),
        ("ok", Some(("asks-forever", "{}"))),
        ("ok", Some(("task-endless", "{}"))),
        ("ok", Some(("quit-output", "{}"))),
        ("ok", Some(("repeat", r#"{"unit":"0,","count":8000000}"#))),
        ("ok", Some(("repeat", r#"{"unit":"[],","count":5000000}"#))),
        ("ok", Some(("repeat", r#"{"unit":"{},","count":5000000}"#))),
        (
            "ok",
            Some(("repeat", r#"{"unit":"\"\",","count":5000000}"#)),
        ),
        (
            "ok",
            Some(("repeat", r#"{"unit":"{\"a\":[]},","count":1500000}"#)),
        ),
    ]
}

/// `max_message_bytes`, and what one message may take beside that.
const PEAK: u64 = 16 * MIB + 16 * MIB;

/// Start, call, and the end of a server that does not go by itself.
const DEADLINES: Duration = Duration::from_millis(3000 + 2000 + 700);

#[test]
fn hostile_servers_take_no_more_than_a_message_and_end_within_their_deadlines() {
    let _alone = alone();
    let run = |(mode, call): Case| {
        let host = Host::new();
        host.config(&json!({
            "command": mcp_tests::binary("examples/scripted-server"),
            "args": [mode],
            "env": {
                "SCRIPTED_PIDS": host.dir.path().join("pids"),
                "SCRIPTED_BROKEN": host.dir.path().join("broken"),
                "API_TOKEN": "tok_S3CR3T_of_the_hostile_server",
            },
            "startup_timeout_sec": 3,
            "tool_timeout_sec": 2,
        }));
        let check = ["server", "check", "scripted"];
        let ran = match call {
            Some((tool, arguments)) => {
                let call = ["call", "--unchecked", "scripted", tool, arguments];
                attack(&host, &call, PATIENCE)
            }
            None => attack(&host, &check, PATIENCE),
        };
        assert_ne!(
            ran.code,
            Some(2),
            "nothing reached the server: {}",
            ran.stderr
        );
        ran
    };
    let harmless = run(("ok", Some(("echo", "{}"))));
    assert_eq!(harmless.code, Some(0), "{}", harmless.stderr);
    let bounds = Bounds {
        peak: PEAK,
        run: None,
        wall: DEADLINES + LATE + 2 * UNOPTIMISED,
        // The host reads as fast as the server writes, for as long as that is allowed.
        cpu: DEADLINES + LATE + 2 * UNOPTIMISED,
    };
    let mut excess = Vec::new();
    for case @ (mode, call) in all() {
        let name = match call {
            Some((tool, arguments)) => format!("{mode}: {tool} {arguments}"),
            None => mode.to_owned(),
        };
        if is_chosen(&name) {
            excess.extend(judge(&name, &bounds, || Taken::of(&run(case), &harmless)));
        }
    }
    assert!(excess.is_empty(), "{}", excess.join("\n"));
}
