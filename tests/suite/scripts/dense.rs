//! What reading the text of a script takes: measured from outside, for texts that are as dense as a text can be.

use std::time::Duration;

use mcp_tests::measured;

use super::host;

/// Bytes of a text, just below the most that is read.
const LENGTH: usize = 255 << 10;

/// What `mcp_script::memory` says of a text in which each byte is a token.
const MOST: u64 = (2 << 20) + (LENGTH as u64) * 1_000;

fn text(prefix: &str, unit: &str, suffix: &str) -> String {
    let count = (LENGTH - prefix.len() - suffix.len()) / unit.len();
    format!("{prefix}{}{suffix}", unit.repeat(count))
}

#[test]
fn reading_the_densest_texts_takes_less_than_it_is_estimated_at() {
    let peak = |script: &str| {
        let host = host(script);
        let run = measured(
            &mut host.command(&["inspect", "script.ts"]),
            Duration::from_secs(120),
        );
        assert!(matches!(run.code, Some(0 | 5)), "{}", run.stderr);
        run.peak
    };
    let before = peak("export default 1;");
    for (prefix, unit, suffix) in [
        // Each name is declared again, which is an error each, and the scopes of all are kept.
        ("let {", "a,", "}=b"),
        ("enum A{", "b,", "}"),
        ("", "class a{}", ""),
        ("export default [", "a=>a,", "0]"),
        ("", "mcp.a();", ""),
        ("", ";", ""),
        ("a:", "{}", ""),
    ] {
        let text = text(prefix, unit, suffix);
        let took = peak(&text).saturating_sub(before);
        assert!(took <= MOST, "{prefix}{unit}: {took} bytes, at most {MOST}");
    }
}

#[test]
fn a_text_that_may_not_fit_in_the_memory_of_its_run_is_not_read() {
    let host = host(&text("export default [", "1,", "0].length;"));
    let says = [
        "script.ts:1:1  reading the source can take 252 MiB, and the run has 64 MiB of memory",
        "give the run more `memory`",
    ];
    host.run(&["run", "script.ts", "--memory", "64MiB"])
        .fails_with(5, &says);
    host.run(&["describe", "script.ts", "--memory", "64MiB"])
        .fails_with(5, &says);
    let ran = host.run(&["run", "script.ts", "--memory", "512MiB"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
