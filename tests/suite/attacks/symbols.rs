//! Names and backtraces are data of an attacker.

use std::time::Duration;

use mcp_tests::Measured;

use super::{Host, MIB, attack};

/// A component whose function `f` is named so in its name section, and does this.
fn named(name: &str, body: &str) -> Vec<u8> {
    wat::parse_str(format!(
        "(component
            (core module $m (func $\"{name}\" (export \"f\") {body}))
            (core instance $i (instantiate $m))
            (func (export \"f\") (canon lift (core func $i \"f\"))))"
    ))
    .unwrap()
}

/// A name of C++ in which each type is a pair of the one before, twice: 2 to the power of `levels` types.
fn doubling(levels: usize) -> String {
    let substitution = |n: usize| match n {
        0 => "S_".to_owned(),
        n => {
            let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
            format!("S{}_", char::from(digits[n - 1]))
        }
    };
    let mut name = "_Z1f4pairI1aS0_E".to_owned();
    for level in 0..levels {
        let last = substitution(level + 1);
        name.push_str(&format!("S_I{last}{last}E"));
    }
    name
}

/// Runs `f`, which traps, and expects a short report within a second and the strict profile's memory.
fn traps(component: &[u8], format: &str) -> Measured {
    let host = Host::new();
    let skill = host.file("a.wasm", component);
    let run = |timeout: &str| {
        let args = [
            "run",
            skill.to_str().unwrap(),
            "--profile",
            "strict",
            "--timeout",
            timeout,
            "--format",
            format,
            "--invoke",
            "f()",
        ];
        attack(&host, &args, Duration::from_secs(30))
    };
    // The first run compiles it.
    run("1s");
    let ran = run("1s");
    assert!(!ran.killed, "it was killed after {:?}", ran.wall);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.written < 20_000, "{} bytes", ran.written);
    assert!(ran.peak < 140 * MIB + idle(), "{} bytes", ran.peak);
    assert!(ran.cpu < Duration::from_millis(1_500), "{:?}", ran.cpu);
    ran
}

/// The memory of a process that loads an engine and runs next to nothing.
fn idle() -> u64 {
    super::instances::idle()
}

#[test]
fn a_name_that_a_demangler_would_expand_is_shown_as_it_is() {
    let name = doubling(22);
    for format in ["text", "json"] {
        let ran = traps(&named(&name, "unreachable"), format);
        let shown = if format == "text" {
            &ran.stderr
        } else {
            &ran.stdout
        };
        assert!(shown.contains("_Z1f4pairI1aS0_E"), "{shown}");
    }
}

#[test]
fn a_name_that_would_be_expanded_in_every_frame_is_not_expanded_in_any() {
    let ran = traps(
        &named(&doubling(20), "(call 0) (drop (i32.const 1))"),
        "text",
    );
    assert!(
        ran.stderr.contains("call stack exhausted"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_name_of_100_000_bytes_is_cut_in_each_frame() {
    let ran = traps(
        &named(&"n".repeat(99_000), "(call 0) (drop (i32.const 1))"),
        "json",
    );
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let message = report["message"].as_str().unwrap();
    assert_eq!(message.matches("m!nnnn").count(), 20, "{message}");
}

#[test]
fn control_characters_of_a_name_do_not_reach_the_terminal() {
    let ran = traps(&named("\\1b[31m\\nerror: forged", "unreachable"), "text");
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    assert!(!ran.stderr.contains("\nerror: forged"), "{}", ran.stderr);
}

#[test]
fn long_names_of_imports_and_exports_are_cut_where_they_are_named() {
    let long = "n".repeat(60_000);
    let host = Host::new();
    let component = |imports: &str| {
        wat::parse_str(format!(
            "(component {imports}
                (core module $m (func (export \"f\")))
                (core instance $i (instantiate $m))
                (func (export \"{long}\") (canon lift (core func $i \"f\"))))"
        ))
        .unwrap()
    };
    let imports: String = (0..20)
        .map(|n| format!("(import \"a:b/{long}-x{n}\" (instance (export \"f\" (func))))"))
        .collect();
    let plain = host.file("plain.wasm", component(""));
    let unlinked = host.file("unlinked.wasm", component(&imports));
    let (plain, unlinked) = (plain.to_str().unwrap(), unlinked.to_str().unwrap());
    for (args, code, names) in [
        (vec!["run", plain, "--invoke", "none()"], 2, 1),
        (vec!["run", plain], 2, 1),
        (
            vec!["run", unlinked, "--invoke", &format!("{long}()")],
            5,
            20,
        ),
    ] {
        let ran = attack(&host, &args, Duration::from_secs(30));
        let shown = &ran.stderr[..ran.stderr.len().min(2_000)];
        assert_eq!(ran.code, Some(code), "{shown}");
        assert!(ran.stderr.contains('…'), "{shown}");
        assert!(
            ran.written < 1_000 + names * 10_000,
            "{} bytes: {shown}",
            ran.written
        );
    }
}

#[test]
fn the_names_of_a_part_are_shown_as_they_are_too() {
    let host = Host::new();
    let part = wat::parse_str(format!(
        "(component
            (core module $m (func $\"{}\" (export \"f\") unreachable))
            (core instance $i (instantiate $m))
            (func $g (canon lift (core func $i \"f\")))
            (instance $api (export \"g\" (func $g)))
            (export \"a:b/api\" (instance $api)))",
        doubling(22)
    ))
    .unwrap();
    let main = wat::parse_str(
        "(component
            (import \"a:b/api\" (instance $api (export \"g\" (func))))
            (core func $g (canon lower (func $api \"g\")))
            (core module $m (import \"\" \"g\" (func $g)) (func (export \"f\") (call $g)))
            (core instance $i (instantiate $m (with \"\" (instance (export \"g\" (func $g))))))
            (func (export \"f\") (canon lift (core func $i \"f\"))))",
    )
    .unwrap();
    let (part, main) = (host.file("part.wasm", part), host.file("main.wasm", main));
    let args = [
        "run",
        main.to_str().unwrap(),
        "--with",
        part.to_str().unwrap(),
        "--invoke",
        "f()",
    ];
    let ran = attack(&host, &args, Duration::from_secs(30));
    assert_eq!(
        ran.code,
        Some(1),
        "{}",
        &ran.stderr[..ran.stderr.len().min(2_000)]
    );
    assert!(ran.written < 20_000, "{} bytes", ran.written);
    assert!(ran.peak < 140 * MIB + idle(), "{} bytes", ran.peak);
}

/// A skill whose `describe` is named so and traps.
fn describing(name: &str) -> Vec<u8> {
    wat::parse_str(format!(
        "(component
            (import \"a:b/types\" (instance $types
                (type $u (record
                    (field \"name\" string) (field \"description\" string)
                    (field \"input-schema\" (option string)) (field \"output-schema\" (option string))))
                (export \"description\" (type (eq $u)))))
            (alias export $types \"description\" (type $d))
            (core module $m
                (memory (export \"memory\") 1)
                (func $\"{name}\" (export \"describe\") (result i32) unreachable)
                (func (export \"run\")))
            (core instance $i (instantiate $m))
            (func (export \"describe\") (result $d)
                (canon lift (core func $i \"describe\") (memory (core memory $i \"memory\"))))
            (func (export \"run\") (canon lift (core func $i \"run\"))))"
    ))
    .unwrap()
}

#[test]
fn the_names_of_a_skill_that_traps_in_describe_are_shown_as_they_are_too() {
    let host = Host::new();
    let skill = host.file("a.wasm", describing(&doubling(22)));
    let ran = attack(
        &host,
        &["describe", skill.to_str().unwrap()],
        Duration::from_secs(30),
    );
    let shown = &ran.stderr[..ran.stderr.len().min(2_000)];
    assert_eq!(ran.code, Some(1), "{shown}");
    assert!(
        shown.contains("unreachable") && shown.contains("_Z1f4pair"),
        "{shown}"
    );
    assert!(ran.written < 20_000, "{} bytes", ran.written);
    assert!(ran.peak < 140 * MIB + idle(), "{} bytes", ran.peak);
}
